/*
 * url: see url.h. What is ambiguous, such as an '@' in a password, is refused
 * and not guessed at: a guess could send half a password as a host name to a
 * name server.
 */
#include "conf/url.h"

#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "base/ip.h"

enum {
	REDIS_PORT = 6379,
	HTTP_PORT = 80,
	HTTPS_PORT = 443,
	URL_MAX = 2048,
};

/* What stands before the first of chars (or the end); *s is the rest. */
static struct slice take_until(struct slice *s, const char *chars)
{
	size_t len = 0;

	while (len < s->len && !strchr(chars, s->ptr[len]))
		len++;
	*s = slice_after(*s, len);
	return slice_of(s->ptr - len, len);
}

/* Behind the scheme. Of several '@' the last one ends the user's part. */
static struct url split(const char *behind_scheme)
{
	struct slice rest = slice_str(behind_scheme);
	struct url u = { .authority = take_until(&rest, "/?#") };
	const char *at = memrchr(u.authority.ptr, '@', u.authority.len);

	u.path = rest;
	if (at) {
		struct slice info =
		    slice_of(u.authority.ptr, (size_t)(at - u.authority.ptr));

		u.authority = slice_after(u.authority, info.len + 1);
		u.user = take_until(&info, ":");
		if (info.len > 0)
			u.password = slice_after(info, 1);
	}
	return u;
}

static const char *behind_scheme(const char *url, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncmp(url, scheme, len) ? NULL : url + len;
}

/* Whether the '%' at p has its two digits; a NUL ends the text. */
static bool is_escape(const char *p)
{
	return ascii_hex(p[1]) >= 0 && ascii_hex(p[2]) >= 0;
}

/* A host that can be connected to. */
static int parse_authority(struct url *u, int default_port, struct err *e)
{
	int rc = address_parse_tcp(&u->address, u->authority, default_port, e);

	if (rc == 0 && u->address.port == 0)
		return err_set(e, -EINVAL, "the port must not be 0");
	if (rc == 0 && u->address.host[0] == '*')
		return err_set(e, -EINVAL, "the host is no address or name");
	return rc;
}

/* --- of a Redis --- */

/* User or password. */
static int check_encoded(struct slice s, struct err *e)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '@')
			return err_set(e, -EINVAL,
			    "an '@' in user or password is written %%40");
		if (s.ptr[i] != '%')
			continue;
		if (!is_escape(s.ptr + i))
			return err_set(e, -EINVAL,
			    "a '%%' in user or password is written %%25");
		if (s.ptr[i + 1] == '0' && s.ptr[i + 2] == '0')
			return err_set(e, -EINVAL,
			    "user and password cannot hold a NUL (%%00)");
	}
	return 0;
}

/* Nothing, or '/' and digits. */
static int check_database(struct slice path, struct err *e)
{
	uint64_t ignored;

	for (size_t i = 0; i < path.len; i++)
		if (i == 0 ? path.ptr[0] != '/' : !ascii_is_digit(path.ptr[i]))
			return err_set(e, -EINVAL,
			    "only /NUMBER of a database may follow the host");
	if (path.len > 1 && !ascii_decimal(slice_after(path, 1),
				URL_REDIS_DATABASE_MAX, &ignored))
		return err_set(
		    e, -EINVAL, "the number of the database is too large");
	return 0;
}

static int parse_tcp(struct url *u, const char *rest, struct err *e)
{
	*u = split(rest);
	if (check_encoded(u->user, e) < 0 ||
	    check_encoded(u->password, e) < 0 ||
	    parse_authority(u, REDIS_PORT, e) < 0)
		return -EINVAL;
	return check_database(u->path, e);
}

static int parse_unix(struct url *u, const char *path, struct err *e)
{
	*u = (struct url){ .path = slice_str(path) };
	if (path[0] != '/' && strchr(path, '@'))
		return err_set(e, -EINVAL,
		    "a unix:// URL holds no user; use redis.username and "
		    "redis.password_file");
	if (path[0] != '/')
		return err_set(e, -EINVAL,
		    "a unix socket is written unix:///PATH, with three "
		    "slashes");
	return address_parse_path(&u->address, u->path, e);
}

bool url_is_tls(const char *text)
{
	return behind_scheme(text, "rediss://") != NULL;
}

/* Behind the scheme of a server at an address; NULL: it is another scheme. */
static const char *behind_tcp_scheme(const char *text)
{
	return behind_scheme(text, url_is_tls(text) ? "rediss://" : "redis://");
}

int url_parse_redis(struct url *u, const char *text, struct err *e)
{
	const char *rest;

	if ((rest = behind_tcp_scheme(text)))
		return parse_tcp(u, rest, e);
	if ((rest = behind_scheme(text, "unix://")))
		return parse_unix(u, rest, e);
	return err_set(
	    e, -EINVAL, "must begin with redis://, rediss:// or unix:///");
}

int url_check_redis(const char *text, struct err *e)
{
	struct url ignored;

	return url_parse_redis(&ignored, text, e);
}

/* Where the password stands in text; empty when there is none. */
static struct slice find_password(const char *text)
{
	const char *rest = behind_tcp_scheme(text);

	return rest ? split(rest).password : slice_str(NULL);
}

bool url_has_password(const char *text)
{
	return find_password(text).len > 0;
}

void url_print_masked(const char *text, struct buf *out)
{
	struct slice password = find_password(text);

	if (password.len == 0) {
		buf_puts(out, text);
		return;
	}
	buf_putn(out, text, (size_t)(password.ptr - text));
	buf_puts(out, "***");
	buf_puts(out, password.ptr + password.len);
}

/* --- of a hook --- */

/* Of the path, and of a query. */
static int check_http_chars(const char *text, struct err *e)
{
	for (const char *p = text; *p; p++) {
		if (*p == '%' && !is_escape(p))
			return err_set(
			    e, -EINVAL, "a '%%' in the path is written %%25");
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p))
			return err_set(e, -EINVAL,
			    "the path holds a character that a URL spells as "
			    "%%XX");
	}
	return 0;
}

bool url_is_https(const char *text)
{
	return behind_scheme(text, "https://") != NULL;
}

/* Whatever may follow the host. */
static int parse_http(struct url *u, const char *text, struct err *e)
{
	bool is_https = url_is_https(text);
	const char *rest =
	    behind_scheme(text, is_https ? "https://" : "http://");

	if (!rest)
		return err_set(e, -EINVAL,
		    "must be https://HOST[:PORT]/PATH, or http:// for one "
		    "without TLS");
	if (strlen(text) > URL_MAX)
		return err_set(
		    e, -EINVAL, "must have at most %d bytes", URL_MAX);
	*u = split(rest);
	if (u->user.ptr)
		return err_set(e, -EINVAL, "must hold no user or password");
	return parse_authority(u, is_https ? HTTPS_PORT : HTTP_PORT, e);
}

int url_parse_http(struct url *u, const char *text, struct err *e)
{
	if (parse_http(u, text, e) < 0)
		return -EINVAL;
	if (u->path.ptr[0] != '/')
		return err_set(
		    e, -EINVAL, "needs a path, if only '/', and no '?' or '#'");
	if (strpbrk(u->path.ptr, "?#"))
		return err_set(e, -EINVAL,
		    "must hold no '?' or '#': the app gets the client's own "
		    "URI in X-Original-URI");
	return check_http_chars(u->path.ptr, e);
}

int url_check_http(const char *text, struct err *e)
{
	struct url ignored;

	return url_parse_http(&ignored, text, e);
}

/* --- of keys --- */

static bool is_this_machine(const struct address *a)
{
	struct ip ip;

	if (!strcmp(a->host, "localhost") || !strcmp(a->host, "::1"))
		return true;
	return ip_parse(slice_str(a->host), &ip) && ip_is_v4(&ip) &&
	       ip.bytes[IP_V4_OFFSET] == 127;
}

int url_parse_jwks(struct url *u, const char *text, struct err *e)
{
	if (parse_http(u, text, e) < 0)
		return -EINVAL;
	if (!url_is_https(text) && !is_this_machine(&u->address))
		return err_set(e, -EINVAL,
		    "must begin with https://, unless the host is this machine:"
		    " who could change the keys on their way could sign any "
		    "token");
	if (u->path.ptr[0] != '/' || strchr(u->path.ptr, '#'))
		return err_set(
		    e, -EINVAL, "needs a path, if only '/', and no '#'");
	return check_http_chars(u->path.ptr, e);
}

int url_check_jwks(const char *text, struct err *e)
{
	struct url ignored;

	return url_parse_jwks(&ignored, text, e);
}

/* Servers that hand out keys by a key of their own take it there. */
void url_print_without_query(const char *text, struct buf *out)
{
	size_t len = strcspn(text, "?");

	buf_putn(out, text, len);
	if (text[len])
		buf_puts(out, "?***");
}
