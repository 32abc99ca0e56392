/*
 * jwt_keys: the keys that may have signed a token, from files or a server.
 *
 * A file of public keys is PEM (one key or certificate), a JWK, or a JWK set. A
 * file of secrets is the raw secret on its one line (file_one_line), or a JWK
 * or JWK set of kty oct; what begins with '{' must be the latter, and PEM is
 * refused. A secret of arbitrary bytes goes into a JWK. During a rotation
 * several files stand side by side.
 *
 * Filled at boot or reload by one thread, then never changed: all workers
 * read the same keys.
 */
#ifndef PROTO_JWT_KEYS_H
#define PROTO_JWT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/signature.h"
#include "base/slice.h"

enum {
	JWT_KEYS_MAX = 64,
	JWT_KEYS_TRIED = 4, /* signatures checked for one token, at most */
	JWT_KEY_FILE_MAX = 64 * 1024,
};

enum jwt_key_role { JWT_KEY_SECRET, JWT_KEY_PUBLIC };

struct jwt_keys;

/* An empty set for these algorithms (SIGNATURE_BIT of each), one reference. */
struct jwt_keys *jwt_keys_new(unsigned algorithms);
/* Any thread; unref of NULL is fine. */
struct jwt_keys *jwt_keys_ref(struct jwt_keys *keys);
void jwt_keys_unref(struct jwt_keys *keys);

/*
 * Add the keys of one text. A set may hold keys for other purposes, which are
 * passed over, but one at least must fit the algorithms. Refused are a secret
 * among public keys and the other way round, a secret too short for one of
 * the algorithms, a kid twice for one algorithm, and more keys without a kid
 * than a token may try. Returns 0, or -EINVAL with e filled, with nothing of
 * the text in it; then keys may hold a part of them and is good for freeing.
 */
int jwt_keys_add(struct jwt_keys *keys, enum jwt_key_role role,
    struct slice text, struct err *e) __attribute__((warn_unused_result));

/* As jwt_keys_add, from a file, whose name begins the text of an error. */
int jwt_keys_add_file(struct jwt_keys *keys, enum jwt_key_role role,
    const char *path, struct err *e) __attribute__((warn_unused_result));

/*
 * Make the keys of an authenticator: all files, and at least one key for each
 * of the algorithms. Returns 0 with *keys owned by the caller, or a negative
 * errno with e filled.
 */
int jwt_keys_load(unsigned algorithms, char *const *secret_files,
    size_t secret_count, char *const *public_files, size_t public_count,
    struct jwt_keys **keys, struct err *e) __attribute__((warn_unused_result));

/*
 * Make the keys of a text that a server has sent: public ones, in a JWK or a
 * set, one of which fits the algorithms at least; those of a set that cannot be
 * used are passed over, and so are those without a kid that no token would try,
 * as jwt_keys_left_out says; not more than JWT_KEYS_MAX. 0 with *keys, or a
 * negative errno with e, as jwt_keys_add.
 */
int jwt_keys_read(unsigned algorithms, struct slice text,
    struct jwt_keys **keys, struct err *e) __attribute__((warn_unused_result));

/*
 * How many of a server's set have no kid and stand behind so many others for
 * one of their algorithms that no token would try them.
 */
size_t jwt_keys_left_out(const struct jwt_keys *keys);

/* How many there are; whether two sets have the same names, in this order. */
size_t jwt_keys_count(const struct jwt_keys *keys);
bool jwt_keys_have_same_names(
    const struct jwt_keys *a, const struct jwt_keys *b);

unsigned jwt_keys_algorithms(const struct jwt_keys *keys);

/* Whether one for the algorithm has this kid. Any thread. */
bool jwt_keys_have_kid(const struct jwt_keys *keys,
    enum signature_algorithm algorithm, struct slice kid);

/*
 * The keys to try for a token, up to JWT_KEYS_TRIED: with a kid the one that
 * has it, then those that have none; without (kid is NULL) any, in the order
 * of the files. Returns how many. Any thread.
 */
size_t jwt_keys_select(const struct jwt_keys *keys,
    enum signature_algorithm algorithm, const struct slice *kid,
    const struct signature_key *found[JWT_KEYS_TRIED]);

#endif
