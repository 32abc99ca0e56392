/*
 * ticket_keys: the keys under which a TLS server hands clients the state of
 * their session, as a ticket (RFC 5077), to take it back later; and the file
 * that instances share, so that each takes what another has handed out.
 *
 * The file has a key a line: 64 hexadecimal digits, with LF or CR LF behind
 * them, and maybe a byte order mark in front of all. From these 256 bits comes
 * what a ticket needs, by HKDF with SHA-256.
 */
#ifndef PROTO_TICKET_KEYS_H
#define PROTO_TICKET_KEYS_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"

enum {
	TICKET_KEYS_MAX = 16,
	TICKET_SECRET_BYTES = 32,
	TICKET_NAME_BYTES = 16,
};

/* All but the name is secret. The name stands in front of each ticket. */
struct ticket_key {
	unsigned char name[TICKET_NAME_BYTES];
	unsigned char cipher[32]; /* of AES-256 */
	unsigned char mac[32];    /* of HMAC-SHA256 */
};

/* The first makes tickets; all open them. Embedded; ends with the wiping. */
struct ticket_keys {
	size_t count;
	struct ticket_key items[TICKET_KEYS_MAX];
};

/* The key that comes from this secret; it is the same everywhere. */
void ticket_key_of(
    const unsigned char secret[TICKET_SECRET_BYTES], struct ticket_key *key);

/*
 * Read text as such a file: 1 to TICKET_KEYS_MAX keys, no two alike. 0; or
 * -EINVAL with e, which names the line and says how to mend it, and quotes
 * nothing: out is wiped then.
 */
int ticket_keys_parse(struct slice text, struct ticket_keys *out, struct err *e)
    __attribute__((warn_unused_result));

/*
 * The same of a file, which stands in front of e: a negative errno when it
 * cannot be read. Boot and reload.
 */
int ticket_keys_read(const char *file, struct ticket_keys *out, struct err *e)
    __attribute__((warn_unused_result));

/* Whether ticket_keys_read would take file. A schema_row's check. */
int ticket_keys_check(const char *file, struct err *e)
    __attribute__((warn_unused_result));

/* Overwrite all of them: there are none then. */
void ticket_keys_wipe(struct ticket_keys *keys);

/* The key with this name, borrowed from keys; or NULL. */
const struct ticket_key *ticket_keys_find(const struct ticket_keys *keys,
    const unsigned char name[TICKET_NAME_BYTES]);

#endif
