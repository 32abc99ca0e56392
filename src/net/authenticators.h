/*
 * authenticators: the named ones of the configuration that check tokens on the
 * spot, with keys that all workers share. Those that ask the app are net/hooks.
 */
#ifndef NET_AUTHENTICATORS_H
#define NET_AUTHENTICATORS_H

#include "net/verdict.h"

struct auth_keys;
struct authenticators;
struct conf;
struct conf_auth;
struct http_head;
struct identity;
struct mistakes;

/* Read all keys. NULL with problems when some cannot be used. Boot. */
struct authenticators *authenticators_new(
    const struct conf *conf, struct mistakes *problems);
/* NULL is fine. */
void authenticators_free(struct authenticators *a);

/* Check tokens by these keys, which are taken, from now on. Main thread. */
void authenticators_use(struct authenticators *a, struct auth_keys **fresh);

/*
 * Check the token of a request for an authenticator of type jwt. When it goes
 * on *id is filled. Any worker.
 */
struct verdict authenticators_check_token(struct authenticators *a,
    const struct conf_auth *auth, const struct http_head *head,
    const char *bytes, struct identity *id);

#endif
