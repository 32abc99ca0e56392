/*
 * conf_origin: see conf_origin.h. The checks are asked only of what has been
 * refused, in the order in which a line is read: the first that finds fault
 * has the word.
 */
#include "conf/conf_origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/ascii.h"
#include "base/ip.h"
#include "base/mem.h"
#include "proto/origin.h"

#define FORM "SCHEME://HOST[:PORT], SCHEME://*.HOST[:PORT], null or *"

enum { ANY_PORT = 1 };

/* --- why an origin is refused --- */

static bool is_websocket(struct slice scheme)
{
	return ascii_eq(scheme, slice_str("ws")) ||
	       ascii_eq(scheme, slice_str("wss"));
}

static int check_scheme(struct slice scheme, struct err *e)
{
	if (scheme.len == 0 || !ascii_is_letter(scheme.ptr[0]))
		return err_set(e, -EINVAL, "must be " FORM);
	for (size_t i = 0; i < scheme.len; i++)
		if (!ascii_is_letter(scheme.ptr[i]) &&
		    !ascii_is_digit(scheme.ptr[i]) &&
		    !strchr("+-.", scheme.ptr[i]))
			return err_set(e, -EINVAL, "must be " FORM);
	if (is_websocket(scheme))
		return err_set(e, -EINVAL,
		    "an origin is that of the page: it begins with https:// "
		    "or http://, not with ws");
	return 0;
}

/* What stands behind the "://" and the "*.": mostly what is too much. */
static int check_authority(const char *text, struct err *e)
{
	if (text[strcspn(text, "/?#\\")] != '\0')
		return err_set(e, -EINVAL,
		    "an origin is only SCHEME://HOST[:PORT]: leave out what "
		    "follows");
	if (strchr(text, '@'))
		return err_set(e, -EINVAL,
		    "an origin has no user: leave out what ends with '@'");
	if (strchr(text, '*'))
		return err_set(e, -EINVAL,
		    "a '*' stands in front of a whole name only, as in "
		    "https://*.example.com");
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x80)
			return err_set(e, -EINVAL,
			    "a host with other letters is written as browsers "
			    "send it: xn--...");
	return 0;
}

/* Names in full, as a browser shows them; a dot too many matches nothing. */
static int check_name(const char *host, bool is_wildcard, struct err *e)
{
	size_t len = strlen(host);

	if (host[0] == '.' || host[len - 1] == '.' || strstr(host, ".."))
		return err_set(e, -EINVAL, "the host has a '.' too many");
	if (is_wildcard && host[strspn(host, "0123456789.")] == '\0')
		return err_set(e, -EINVAL,
		    "a '*' stands in front of a name, not of an address");
	return 0;
}

static int check_v6(const char *host, bool is_wildcard, struct err *e)
{
	struct ip ip;

	if (is_wildcard)
		return err_set(e, -EINVAL,
		    "a '*' stands in front of a name, not of an address");
	if (ip_parse(slice_str(host), &ip) && ip_is_v4(&ip))
		return err_set(e, -EINVAL,
		    "an IPv4 address is written without brackets: 192.0.2.1");
	return 0;
}

static int check_place(const char *text, bool is_wildcard, struct err *e)
{
	struct address a = { 0 };
	int rc = check_authority(text, e);

	if (rc == 0)
		rc = address_parse_tcp(&a, slice_str(text), ANY_PORT, e);
	if (rc == 0)
		rc = text[0] == '[' ? check_v6(a.host, is_wildcard, e)
				    : check_name(a.host, is_wildcard, e);
	if (rc == 0 && a.port == 0)
		return err_set(e, -EINVAL, "the port must not be 0");
	return rc;
}

static int explain(const char *text, struct err *e)
{
	const char *separator = strstr(text, "://"), *rest;
	bool is_wildcard;

	if (!separator)
		return err_set(e, -EINVAL, "must be " FORM);
	rest = separator + strlen("://");
	is_wildcard = !strncmp(rest, "*.", 2);
	if (check_scheme(slice_of(text, (size_t)(separator - text)), e) < 0 ||
	    check_place(is_wildcard ? rest + 2 : rest, is_wildcard, e) < 0)
		return -EINVAL;
	return err_set(e, -EINVAL, "no browser sends such an origin");
}

/* --- reading --- */

/* Whether it is an origin, behind the "*." that it may have. */
static bool read_site(struct origin_pattern *p, const char *text)
{
	char *plain = xstrdup(text);
	char *star = strstr(plain, "://*.");
	bool is_origin;

	p->is_wildcard = star != NULL;
	if (star)
		memmove(star + 3, star + 5, strlen(star + 5) + 1);
	is_origin = origin_parse(slice_str(plain), &p->site);
	free(plain);
	return is_origin;
}

int conf_origin_parse(struct origin_pattern *p, const char *text, struct err *e)
{
	*p = (struct origin_pattern){ 0 };
	if (!strcmp(text, CONF_ORIGIN_ALL))
		return 0;
	if (read_site(p, text) && !is_websocket(slice_str(p->site.scheme)) &&
	    !(p->is_wildcard && p->site.is_address))
		return 0;
	return explain(text, e);
}

int conf_origin_check(const char *text, struct err *e)
{
	struct origin_pattern ignored;

	return conf_origin_parse(&ignored, text, e);
}
