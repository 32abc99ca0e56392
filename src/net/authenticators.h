/*
 * authenticators: the named ones of the configuration, ready to be asked. A
 * token is checked on the spot, with keys that all workers share; the app's
 * hook is asked through connections that each worker has of its own.
 */
#ifndef NET_AUTHENTICATORS_H
#define NET_AUTHENTICATORS_H

#include <stddef.h>

#include "base/err.h"
#include "conf/conf.h"
#include "core/metrics.h"
#include "net/auth_keys.h"
#include "net/hook.h"
#include "net/identity.h"
#include "net/verdict.h"
#include "proto/http.h"

struct authenticators;
struct event_base;

/* Read all keys. NULL with problems when some cannot be used. Boot. */
struct authenticators *authenticators_new(
    const struct conf *conf, struct mistakes *problems);
/* NULL is fine. */
void authenticators_free(struct authenticators *a);

/* Check tokens by these keys from now on; takes them. Main thread. */
void authenticators_use(struct authenticators *a, struct auth_keys **fresh);

/*
 * Check the token of a request for an authenticator of type jwt. When it goes
 * on *id is filled. Any worker.
 */
struct verdict authenticators_check_token(struct authenticators *a,
    const struct conf_auth *auth, const struct http_head *head,
    const char *bytes, struct identity *id);

/*
 * One worker's hooks: those of type http, each with its share of the
 * connections; hooks_find gives the one of an authenticator.
 */
struct hooks;
struct hooks *hooks_new(struct event_base *base, const struct conf *conf,
    unsigned workers, struct metrics *metrics, struct err *e);
/* NULL is fine. */
void hooks_free(struct hooks *h);
struct hook *hooks_find(const struct hooks *h, const struct conf_auth *auth);

#endif
