/*
 * redis_login: as whom a connection to Redis comes.
 */
#ifndef BACKEND_REDIS_LOGIN_H
#define BACKEND_REDIS_LOGIN_H

#include "base/err.h"

struct conf_redis;

struct redis_login {
	const char *username;      /* borrowed; NULL for the default user */
	const char *password;      /* borrowed; NULL for no AUTH */
	const char *password_file; /* borrowed; before password; or NULL */
	const char *key;           /* of that file; a literal */
};

/* As the keys of a server say, without what its url says. */
struct redis_login redis_login_of(const struct conf_redis *conf);

/*
 * The password as it is now: a file is read each time, as it may have been
 * changed. Returns 0 with *password owned by the caller (free with
 * secret_free), NULL for no AUTH; or a negative errno with e, which names the
 * key and the file.
 */
int redis_login_password(const struct redis_login *l, char **password,
    struct err *e) __attribute__((warn_unused_result));

#endif
