/*
 * redis_url: redis.url taken apart.
 */
#ifndef BACKEND_REDIS_URL_H
#define BACKEND_REDIS_URL_H

#include <stdint.h>

#include "base/err.h"

struct redis_url {
	char *host; /* owned; NULL for a unix socket; no brackets */
	uint16_t port;
	char *path;     /* owned; of a unix socket, else NULL */
	char *username; /* owned; NULL when not given */
	char *password; /* owned; NULL when not given */
	char *shown;    /* owned; host:port or unix:path, for the log */
};

/*
 * Parse redis://[user[:password]@]host[:port][/db] or unix:///path. User and
 * password are percent-decoded. The number of a database is accepted and
 * ignored: channels are not part of one. Returns 0, or -EINVAL with e filled
 * (never with a password) and u empty.
 */
int redis_url_parse(struct redis_url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* Free what it holds; u is empty afterwards. */
void redis_url_fini(struct redis_url *u);

#endif
