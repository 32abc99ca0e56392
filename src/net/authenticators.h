/*
 * authenticators: the named ones of the configuration that check tokens on the
 * spot, with keys that all workers share (net/auth_files). Those that ask the
 * app are net/hooks.
 */
#ifndef NET_AUTHENTICATORS_H
#define NET_AUTHENTICATORS_H

#include "net/verdict.h"

struct conf_auth;
struct http_head;
struct identity;
struct jwt_keys;

/*
 * Check the token of a request for an authenticator of type jwt, which has
 * these keys. When it goes on *id is filled; else there may be in it whose
 * token it was. Any worker.
 */
struct verdict authenticators_check_token(const struct jwt_keys *keys,
    const struct conf_auth *auth, const struct http_head *head,
    const char *bytes, struct identity *id);

#endif
