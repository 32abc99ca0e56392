/*
 * jwks_source: when the keys of one authenticator are looked for at their URL,
 * and what is said of that. Main thread.
 *
 * At once, then every jwks_refresh, some of it earlier so that instances do not
 * come together; earlier where the answer says so, and when it is told to.
 * After a failure soon again, then ever later. Keys stay until others come.
 */
#ifndef NET_JWKS_SOURCE_H
#define NET_JWKS_SOURCE_H

#include <stddef.h>

#include "base/buf.h"

struct conf_auth;
struct event_base;
struct http_tls;
struct jwks;
struct jwks_source;
struct metrics;

/* A look has ended: whoever waits for one may go on. */
typedef void (*jwks_source_fn)(void *arg);

/*
 * Begin to look for those of auth, with a reference to its conf; to j and tls,
 * which is NULL for http://, one is taken. The first look begins in a later
 * turn. Aborts when memory is out.
 */
struct jwks_source *jwks_source_new(struct event_base *base,
    const struct conf_auth *auth, struct jwks *j, struct http_tls *tls,
    struct metrics *m, jwks_source_fn on_look, void *arg);
/* Nobody looks for j any more. NULL is fine. */
void jwks_source_free(struct jwks_source *s);

/* Go by this from now on: it has the same URL and algorithms. Looks at once. */
void jwks_source_use(
    struct jwks_source *s, const struct conf_auth *auth, struct http_tls *tls);

/* Look now, unless that is being done. */
void jwks_source_look(struct jwks_source *s);

struct jwks *jwks_source_of(const struct jwks_source *s);

/* Append a line why there are no keys; nothing where there are some. */
void jwks_source_put_missing(const struct jwks_source *s, struct buf *out);

/* In metrics its keys are at this place of those by authenticator. */
void jwks_source_show(struct jwks_source *s, size_t place);

#endif
