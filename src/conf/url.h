/*
 * url: the URLs that a configuration holds, taken apart: of a Redis, and of the
 * app's hook. Who connects reads them by this as well.
 */
#ifndef CONF_URL_H
#define CONF_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum { URL_REDIS_DATABASE_MAX = INT32_MAX };

/* The slices point into the text, and are as they are written there. */
struct url {
	struct address address; /* where it leads; the port is never 0 */
	struct slice user;      /* percent-encoded; ptr NULL: none */
	struct slice password;  /* percent-encoded; ptr NULL: none */
	struct slice authority; /* host and port; empty of a unix socket */
	struct slice path;      /* from the '/' on; may be empty */
};

/*
 * Read redis://[[user]:password@]host[:port][/db], the same with rediss://, or
 * unix:///path. User and password can be decoded, and hold no NUL. Returns 0,
 * or -EINVAL with e, which never quotes the URL.
 */
int url_parse_redis(struct url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* As url_parse_redis for http[s]://host[:port]/path, which has no user. */
int url_parse_http(struct url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* The same, which may hold a query; http:// of this machine only. */
int url_parse_jwks(struct url *u, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* A schema_row's checks: whether it could be parsed. */
int url_check_redis(const char *text, struct err *e);
int url_check_http(const char *text, struct err *e);
int url_check_jwks(const char *text, struct err *e);

/* Whether the URL of a Redis is one through TLS. */
bool url_is_tls(const char *text);

/* Whether the URL of an app is. */
bool url_is_https(const char *text);

/* Whether it has a password that is not empty. */
bool url_has_password(const char *text);

/* Append the URL of a Redis with *** for the password, if it has one. */
void url_print_masked(const char *text, struct buf *out);

/* Append a URL with *** for its query, if it has one. */
void url_print_without_query(const char *text, struct buf *out);

#endif
