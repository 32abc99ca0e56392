/*
 * auth_keys: the keys of all authenticators of type jwt, as their files were
 * at one moment. A reload makes a new set beside the old one; a worker holds a
 * reference while it checks a token, and the last one frees the set.
 */
#ifndef NET_AUTH_KEYS_H
#define NET_AUTH_KEYS_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/mistakes.h"

struct auth_keys;
struct jwt_keys;

/*
 * Read all files. A set with one reference, owned by the caller; or NULL with
 * everything that is wrong in problems, at its place in the configuration.
 * Boot and main thread.
 */
struct auth_keys *auth_keys_read(const struct conf *conf,
    struct mistakes *problems) __attribute__((warn_unused_result));

/* Any thread; unref of NULL is fine. */
struct auth_keys *auth_keys_ref(struct auth_keys *k);
void auth_keys_unref(struct auth_keys *k);

/* The keys of conf->auth.items[index], which is of type jwt. */
const struct jwt_keys *auth_keys_of(const struct auth_keys *k, size_t index);

#endif
