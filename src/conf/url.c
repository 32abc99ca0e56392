/*
 * url: see url.h. What is ambiguous, such as an '@' in a password, is refused
 * and not guessed at: a guess could send half a password as a host name to a
 * name server.
 */
#include "conf/url.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/slice.h"

enum { REDIS_PORT = 6379, HTTP_PORT = 80, URL_MAX = 2048 };

struct parts {
	struct slice user_info; /* before the '@'; ptr NULL without one */
	struct slice authority; /* host and port */
	const char *path;       /* from the '/' on */
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
static struct parts split(const char *behind_scheme)
{
	struct slice rest = slice_str(behind_scheme);
	struct parts p = { .authority = take_until(&rest, "/?#") };
	const char *at = memrchr(p.authority.ptr, '@', p.authority.len);

	p.path = rest.ptr;
	if (at) {
		size_t len = (size_t)(at - p.authority.ptr);

		p.user_info = slice_of(p.authority.ptr, len);
		p.authority = slice_after(p.authority, len + 1);
	}
	return p;
}

static const char *behind_scheme(const char *url, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncmp(url, scheme, len) ? NULL : url + len;
}

static int check_user_info(struct slice s, struct err *e)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '@')
			return err_set(e, -EINVAL,
			    "an '@' in user or password is written %%40");
		if (s.ptr[i] != '%')
			continue;
		if (s.len - i < 3 || !isxdigit((unsigned char)s.ptr[i + 1]) ||
		    !isxdigit((unsigned char)s.ptr[i + 2]))
			return err_set(e, -EINVAL,
			    "a '%%' in user or password is written %%25");
		if (s.ptr[i + 1] == '0' && s.ptr[i + 2] == '0')
			return err_set(e, -EINVAL,
			    "user and password cannot hold a NUL (%%00)");
	}
	return 0;
}

static int check_database(const char *path, struct err *e)
{
	const char *digits = path + 1;

	if (path[0] == '\0')
		return 0;
	if (path[0] != '/' || digits[strspn(digits, "0123456789")] != '\0')
		return err_set(e, -EINVAL,
		    "only /NUMBER of a database may follow the host");
	return 0;
}

static int check_tcp(const char *text, struct err *e)
{
	struct parts p = split(text);
	struct address a;
	int rc = check_user_info(p.user_info, e);

	if (rc == 0)
		rc = address_parse_tcp(&a, p.authority, REDIS_PORT, e);
	if (rc == 0 && a.port == 0)
		return err_set(e, -EINVAL, "the port must not be 0");
	if (rc == 0 && a.host[0] == '*')
		return err_set(e, -EINVAL, "the host is no address or name");
	return rc ? rc : check_database(p.path, e);
}

static int check_unix(const char *path, struct err *e)
{
	struct address a;

	if (path[0] != '/' && strchr(path, '@'))
		return err_set(e, -EINVAL,
		    "a unix:// URL holds no user; use redis.username and "
		    "redis.password_file");
	if (path[0] != '/')
		return err_set(e, -EINVAL,
		    "a unix socket is written unix:///PATH, with three "
		    "slashes");
	return address_parse_path(&a, slice_str(path), e);
}

int url_check(const char *url, struct err *e)
{
	const char *rest;

	if ((rest = behind_scheme(url, "redis://")))
		return check_tcp(rest, e);
	if ((rest = behind_scheme(url, "unix://")))
		return check_unix(rest, e);
	if (behind_scheme(url, "rediss://"))
		return err_set(
		    e, -EINVAL, "rediss:// (TLS) is not in this version yet");
	return err_set(e, -EINVAL, "must begin with redis:// or unix:///");
}

static int check_http_path(const char *path, struct err *e)
{
	if (path[0] != '/')
		return err_set(
		    e, -EINVAL, "needs a path, if only '/', and no '?' or '#'");
	for (const char *p = path; *p; p++) {
		if (*p == '?' || *p == '#')
			return err_set(e, -EINVAL,
			    "must hold no '?' or '#': the app gets the "
			    "client's own URI in X-Original-URI");
		if (*p == '%' && !(isxdigit((unsigned char)p[1]) &&
				     isxdigit((unsigned char)p[2])))
			return err_set(
			    e, -EINVAL, "a '%%' in the path is written %%25");
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`{|}", *p))
			return err_set(e, -EINVAL,
			    "the path holds a character that a URL spells as "
			    "%%XX");
	}
	return 0;
}

int url_check_http(const char *url, struct err *e)
{
	const char *rest = behind_scheme(url, "http://");
	struct address a;
	struct parts p;

	if (behind_scheme(url, "https://"))
		return err_set(e, -EINVAL,
		    "https:// is not in this version; reach the app over a "
		    "network of your own by http://");
	if (!rest)
		return err_set(e, -EINVAL, "must be http://HOST[:PORT]/PATH");
	if (strlen(url) > URL_MAX)
		return err_set(
		    e, -EINVAL, "must have at most %d bytes", URL_MAX);
	p = split(rest);
	if (p.user_info.ptr)
		return err_set(e, -EINVAL, "must hold no user or password");
	if (address_parse_tcp(&a, p.authority, HTTP_PORT, e) < 0)
		return -EINVAL;
	if (a.port == 0)
		return err_set(e, -EINVAL, "the port must not be 0");
	if (a.host[0] == '*')
		return err_set(e, -EINVAL, "the host is no address or name");
	return check_http_path(p.path, e);
}

/* Where the password stands in url; empty when there is none. */
static struct slice find_password(const char *url)
{
	const char *rest = behind_scheme(url, "redis://");
	struct slice info = rest ? split(rest).user_info : slice_str(NULL);
	const char *colon = info.len ? memchr(info.ptr, ':', info.len) : NULL;

	if (!colon)
		return slice_str(NULL);
	return slice_after(info, (size_t)(colon - info.ptr) + 1);
}

bool url_has_password(const char *url)
{
	return find_password(url).len > 0;
}

void url_print_masked(const char *url, struct buf *out)
{
	struct slice password = find_password(url);

	if (password.len == 0) {
		buf_puts(out, url);
		return;
	}
	buf_putn(out, url, (size_t)(password.ptr - url));
	buf_puts(out, "***");
	buf_puts(out, password.ptr + password.len);
}
