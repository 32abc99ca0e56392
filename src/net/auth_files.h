/*
 * auth_files: what all authenticators have of their files, as those were at one
 * moment: keys, and TLS towards servers; and where keys come from a URL, what
 * has come from there. A reload makes a new set beside the old one; each worker
 * holds a reference to that of its configuration, and the last one frees it.
 */
#ifndef NET_AUTH_FILES_H
#define NET_AUTH_FILES_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/mistakes.h"

struct auth_files;
struct http_tls;
struct jwks;
struct jwt_keys;

/*
 * Read all files. A set with one reference, owned by the caller; or NULL with
 * everything that is wrong in problems, at its place in the configuration. Keys
 * that come from a URL are those of before, NULL for none, where it has such an
 * authenticator. Boot and main thread.
 */
struct auth_files *auth_files_read(const struct conf *conf,
    const struct auth_files *before, struct mistakes *problems)
    __attribute__((warn_unused_result));

/* Any thread; unref of NULL is fine. */
struct auth_files *auth_files_ref(struct auth_files *f);
void auth_files_unref(struct auth_files *f);

/*
 * A reference to the keys of conf->auth.items[index], which is of type jwt;
 * NULL: they come from a URL, and none have come yet.
 */
struct jwt_keys *auth_files_keys(const struct auth_files *f, size_t index);

/* Where they come from a URL. Borrowed; NULL: they do not. */
struct jwks *auth_files_jwks(const struct auth_files *f, size_t index);

/* TLS towards the server of any of them; NULL: no https://. Borrowed. */
struct http_tls *auth_files_tls(const struct auth_files *f, size_t index);

#endif
