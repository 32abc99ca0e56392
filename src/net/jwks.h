/*
 * jwks: the keys of one authenticator that come from a URL, as they were last
 * seen there. The main thread looks (net/jwks_source), workers take what there
 * is, and ask for a look when a token names a key that is not there.
 *
 * Under a lock, which a client's handshake takes and no message. A reload keeps
 * the keys of an authenticator whose URL and algorithms stay what they are.
 */
#ifndef NET_JWKS_H
#define NET_JWKS_H

#include <stdbool.h>
#include <stdint.h>

struct jwks;
struct jwt_keys;

/*
 * Strangers can name any key, so what they ask for is bounded: however many
 * ask, there is so long between two looks of that kind.
 */
enum { JWKS_PAUSE_MS = 5000 };

/* What comes of a key that is not there. */
enum jwks_hope {
	JWKS_ASKED,   /* a look was asked for just now: tell the main thread */
	JWKS_COMING,  /* it was before, or is under way */
	JWKS_KNOWN,   /* one was lately: there is no such key */
	JWKS_UNKNOWN, /* one was lately, and has failed; or nobody looks */
};

/* None yet, with one reference. Main thread. */
struct jwks *jwks_new(const char *name, const char *url, unsigned algorithms);
/* Any thread; unref of NULL is fine. */
struct jwks *jwks_ref(struct jwks *j);
void jwks_unref(struct jwks *j);

/* Whether it is that of such an authenticator. Any thread. */
bool jwks_is_for(const struct jwks *j, const char *name, const char *url,
    unsigned algorithms);
unsigned jwks_algorithms(const struct jwks *j);

/* --- workers --- */

/* A reference to the keys; NULL: there are none yet. Any thread. */
struct jwt_keys *jwks_keys(struct jwks *j);

/* A token names a key that is not there, at now_ms (base/clock). Any thread. */
enum jwks_hope jwks_want(struct jwks *j, int64_t now_ms);

/* Whether a look was asked for, or is under way. */
bool jwks_is_coming(struct jwks *j);

/* Whether the last look has failed: what is not there may well be. */
bool jwks_is_in_doubt(struct jwks *j);

/* --- the main thread --- */

/* Whether a look was asked for, and none has begun since. */
bool jwks_is_wanted(struct jwks *j);

/* A look begins. */
void jwks_begin(struct jwks *j);

/*
 * It is over: with these keys, a reference that is taken, or NULL: it has
 * failed, and what was there stays.
 */
void jwks_end(struct jwks *j, struct jwt_keys *keys, int64_t now_ms);

/* Nobody will look again. */
void jwks_retire(struct jwks *j);

#endif
