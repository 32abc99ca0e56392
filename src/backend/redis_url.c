/*
 * redis_url: see the header. conf has checked the outside of the text; this
 * does not rely on it.
 */
#include "backend/redis_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/slice.h"
#include "proto/http.h"

enum { DEFAULT_PORT = 6379 };

/* Cut s in two at the first of the bytes in stops; what follows, stop first. */
static struct slice cut_at(struct slice *s, const char *stops)
{
	struct slice rest;
	size_t len = 0;

	while (len < s->len && !strchr(stops, s->ptr[len]))
		len++;
	rest = slice_after(*s, len);
	s->len = len;
	return rest;
}

/* A decoded copy in *out, NULL for nothing. */
static int decode(struct slice raw, char **out)
{
	char *text;
	long len;

	if (raw.len == 0)
		return 0;
	text = xmalloc(raw.len + 1);
	len = http_percent_decode(raw, false, text);
	if (len < 0 || memchr(text, '\0', (size_t)len)) {
		free(text);
		return -EINVAL;
	}
	text[len] = '\0';
	*out = text;
	return 0;
}

/* user[:password] */
static int parse_user(struct redis_url *u, struct slice user, struct err *e)
{
	struct slice password = cut_at(&user, ":");

	if (password.len > 0)
		password = slice_after(password, 1);
	if (decode(user, &u->username) < 0 ||
	    decode(password, &u->password) < 0)
		return err_set(e, -EINVAL,
		    "the user or password is not percent-encoded rightly");
	return 0;
}

/* The digits behind ':', or nothing. */
static int parse_port(struct redis_url *u, struct slice port, struct err *e)
{
	unsigned long number = 0;

	u->port = DEFAULT_PORT;
	if (port.len == 0)
		return 0;
	for (size_t i = 1; i < port.len && number <= UINT16_MAX; i++) {
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return err_set(e, -EINVAL, "the port is not a number");
		number = number * 10 + (unsigned long)(port.ptr[i] - '0');
	}
	if (number == 0 || number > UINT16_MAX)
		return err_set(e, -EINVAL, "the port is not from 1 to 65535");
	u->port = (uint16_t)number;
	return 0;
}

/* host[:port] or [v6][:port] */
static int parse_host(struct redis_url *u, struct slice host, struct err *e)
{
	struct slice port;

	if (host.len > 0 && host.ptr[0] == '[') {
		host = slice_after(host, 1);
		port = cut_at(&host, "]");
		if (port.len == 0 || (port.len > 1 && port.ptr[1] != ':'))
			return err_set(e, -EINVAL, "the brackets do not match");
		port = slice_after(port, 1);
	} else {
		port = cut_at(&host, ":");
	}
	if (host.len == 0)
		return err_set(e, -EINVAL, "no host");
	u->host = xstrndup(host.ptr, host.len);
	return parse_port(u, port, e);
}

/* Nothing, "/", or "/" and digits. */
static int check_database(struct slice path, struct err *e)
{
	for (size_t i = 0; i < path.len; i++)
		if (i == 0 ? path.ptr[i] != '/'
			   : path.ptr[i] < '0' || path.ptr[i] > '9')
			return err_set(e, -EINVAL,
			    "only the number of a database may follow the host");
	return 0;
}

static int parse_tcp(struct redis_url *u, struct slice rest, struct err *e)
{
	struct slice authority = rest, host, path;
	const char *at;
	int rc;

	path = cut_at(&authority, "/?#");
	/* The last '@' ends the user: a password may hold one, unencoded. */
	at = authority.len ? memrchr(authority.ptr, '@', authority.len) : NULL;
	host = authority;
	if (at) {
		size_t len = (size_t)(at - authority.ptr);

		host = slice_after(authority, len + 1);
		rc = parse_user(u, slice_of(authority.ptr, len), e);
		if (rc < 0)
			return rc;
	}
	rc = check_database(path, e);
	return rc < 0 ? rc : parse_host(u, host, e);
}

static int parse_unix(struct redis_url *u, struct slice path, struct err *e)
{
	if (path.len == 0 || path.ptr[0] != '/')
		return err_set(e, -EINVAL, "a unix:// URL needs a full path");
	if (path.len >= sizeof((struct sockaddr_un *)0)->sun_path)
		return err_set(e, -EINVAL, "the path is longer than 107 bytes");
	u->path = xstrndup(path.ptr, path.len);
	return 0;
}

static char *shown_address(const struct redis_url *u)
{
	struct buf b = { 0 };

	if (u->path)
		buf_printf(&b, "unix:%s", u->path);
	else if (strchr(u->host, ':'))
		buf_printf(&b, "[%s]:%u", u->host, (unsigned)u->port);
	else
		buf_printf(&b, "%s:%u", u->host, (unsigned)u->port);
	buf_putn(&b, "", 1);
	return b.data;
}

int redis_url_parse(struct redis_url *u, const char *text, struct err *e)
{
	static const char tcp[] = "redis://", local[] = "unix://";
	struct slice s = slice_str(text);
	int rc;

	*u = (struct redis_url){ 0 };
	if (slice_starts_with(s, slice_str(tcp)))
		rc = parse_tcp(u, slice_after(s, strlen(tcp)), e);
	else if (slice_starts_with(s, slice_str(local)))
		rc = parse_unix(u, slice_after(s, strlen(local)), e);
	else
		rc = err_set(e, -EINVAL, "neither redis:// nor unix://");
	if (rc < 0) {
		redis_url_fini(u);
		return rc;
	}
	u->shown = shown_address(u);
	return 0;
}

void redis_url_fini(struct redis_url *u)
{
	free(u->host);
	free(u->path);
	free(u->username);
	free(u->password);
	free(u->shown);
	*u = (struct redis_url){ 0 };
}
