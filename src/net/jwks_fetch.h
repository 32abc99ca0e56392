/*
 * jwks_fetch: one GET of a set of keys, bounded in time and in bytes, on a
 * connection of its own. No redirect is followed: the configuration says whose
 * keys are believed. Main thread.
 */
#ifndef NET_JWKS_FETCH_H
#define NET_JWKS_FETCH_H

#include <stddef.h>

#include "net/jwks_failure.h"

enum {
	JWKS_FETCH_TIME_MS = 5000, /* for all of it */
	JWKS_FETCH_BODY_MAX = 256 * 1024,
	JWKS_FETCH_FILES = 1, /* descriptors, beside those of a look-up */
};

struct event_base;
struct http_reply;
struct http_tls;
struct jwks_fetch;

/*
 * The outcome: an answer with status 200, borrowed for the call; or NULL, why,
 * and words that say more, NULL for none. The fetch goes on to be there.
 */
typedef void (*jwks_fetch_fn)(void *arg, const struct http_reply *reply,
    enum jwks_failure why, const char *detail);

/*
 * Begin. url can be parsed (conf/url) and outlives the fetch; a reference to
 * tls is taken, NULL for http://. fn is called once, later, from the loop.
 * Aborts when memory is out.
 */
struct jwks_fetch *jwks_fetch_start(struct event_base *base, const char *url,
    struct http_tls *tls, jwks_fetch_fn fn, void *arg);

/* In fn or before: fn is not called any more. NULL is fine. */
void jwks_fetch_free(struct jwks_fetch *f);

#endif
