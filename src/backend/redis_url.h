/*
 * redis_url: redis.url as the backend needs it.
 */
#ifndef BACKEND_REDIS_URL_H
#define BACKEND_REDIS_URL_H

#include <stdint.h>

#include "base/address.h"
#include "base/err.h"

struct redis_url {
	struct address address;       /* host and port, or a unix socket */
	char *username;               /* owned; NULL when not given */
	char *password;               /* owned; NULL when not given */
	uint32_t database;            /* 0 when not given */
	char shown[ADDRESS_TEXT_MAX]; /* the address, for the log */
};

/*
 * Read the URL as the configuration does, and decode user and password.
 * Channels are not part of a database, only what is kept in keys is. Returns 0,
 * or -EINVAL with e filled (never with a password) and u empty.
 */
int redis_url_parse(struct redis_url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* Free what is in it; u is empty afterwards. */
void redis_url_fini(struct redis_url *u);

#endif
