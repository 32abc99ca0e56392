/* origin: see origin.h. Bytes above 127 are in no set below: ASCII only. */
#include "proto/origin.h"

#include <stddef.h>

#include "base/ascii.h"
#include "base/ip.h"

enum { PORT_HTTP = 80, PORT_HTTPS = 443, LABEL_MAX = 63 };

static void put_lower(struct slice from, char *to)
{
	for (size_t i = 0; i < from.len; i++)
		to[i] = ascii_to_lower(from.ptr[i]);
	to[from.len] = '\0';
}

/* The part of s behind the last c; all of s where there is no c. */
static struct slice behind_last(struct slice s, char c)
{
	const char *at = memrchr(s.ptr, c, s.len);

	return at ? slice_after(s, (size_t)(at - s.ptr) + 1) : s;
}

static bool parse_scheme(struct slice text, struct origin *o)
{
	if (text.len == 0 || text.len > ORIGIN_SCHEME_MAX ||
	    !ascii_is_letter(text.ptr[0]))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!ascii_is_letter(c) && !ascii_is_digit(c) && c != '+' &&
		    c != '-' && c != '.')
			return false;
	}
	put_lower(text, o->scheme);
	return true;
}

/* Letters of internationalised names have become xn--... in the browser. */
static bool is_name(struct slice text)
{
	size_t label = 0;

	if (text.len == 0 || text.len > ORIGIN_HOST_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (++label > LABEL_MAX ||
			   (!ascii_is_letter(c) && !ascii_is_digit(c) &&
			       c != '-' && c != '_')) {
			return false;
		}
	}
	return label > 0;
}

/* Browsers take a name for an IPv4 address by its last label: 1, 0x7f. */
static bool ends_in_number(struct slice name)
{
	struct slice last = behind_last(name, '.');
	bool is_hex = last.len >= 2 && last.ptr[0] == '0' &&
		      ascii_to_lower(last.ptr[1]) == 'x';

	for (size_t i = is_hex ? 2 : 0; i < last.len; i++)
		if (is_hex ? ascii_hex(last.ptr[i]) < 0
			   : !ascii_is_digit(last.ptr[i]))
			return false;
	return true;
}

static bool parse_v6(struct slice inside, struct origin *o)
{
	struct ip ip;
	size_t len;

	/* Mapped ones come out as IPv4, which browsers write without. */
	if (!ip_parse(inside, &ip) || ip_is_v4(&ip))
		return false;
	o->host[0] = '[';
	ip_format(&ip, o->host + 1);
	len = strlen(o->host);
	memcpy(o->host + len, "]", 2);
	o->is_address = true;
	return true;
}

static bool parse_name(struct slice text, struct origin *o)
{
	struct ip ip;

	if (!is_name(text))
		return false;
	o->is_address = ends_in_number(text);
	put_lower(text, o->host);
	return !o->is_address || ip_parse(text, &ip);
}

/* A port as browsers write it: no leading zero, not 0. */
static bool parse_port(struct slice digits, struct origin *o)
{
	return digits.len > 0 && digits.ptr[0] != '0' &&
	       ascii_port(digits, &o->port);
}

static uint16_t default_port(const char *scheme)
{
	if (!strcmp(scheme, "https"))
		return PORT_HTTPS;
	return !strcmp(scheme, "http") ? PORT_HTTP : 0;
}

/* host, host:port, [v6] or [v6]:port; behind the host stands rest. */
static bool parse_host(
    struct slice authority, struct origin *o, struct slice *rest)
{
	bool is_v6 = authority.len > 0 && authority.ptr[0] == '[';
	const char *end = authority.len ? memchr(authority.ptr,
					      is_v6 ? ']' : ':', authority.len)
					: NULL;
	size_t len = end ? (size_t)(end - authority.ptr) : authority.len;

	if (!is_v6) {
		*rest = slice_after(authority, len);
		return parse_name(slice_of(authority.ptr, len), o);
	}
	if (!end)
		return false;
	*rest = slice_after(authority, len + 1);
	return parse_v6(slice_of(authority.ptr + 1, len - 1), o);
}

bool origin_parse(struct slice text, struct origin *out)
{
	struct slice separator = slice_str("://"), rest;
	const char *at;

	*out = (struct origin){ 0 };
	if (text.len == 0 || text.len > ORIGIN_MAX)
		return false;
	out->is_null = slice_eq(text, slice_str("null"));
	if (out->is_null)
		return true;
	at = memmem(text.ptr, text.len, separator.ptr, separator.len);
	if (!at ||
	    !parse_scheme(slice_of(text.ptr, (size_t)(at - text.ptr)), out))
		return false;
	rest = slice_after(text, (size_t)(at - text.ptr) + separator.len);
	if (!parse_host(rest, out, &rest))
		return false;
	out->port = default_port(out->scheme);
	if (rest.len == 0)
		return true;
	return rest.ptr[0] == ':' && parse_port(slice_after(rest, 1), out);
}

/* Whether name is one or more labels in front of domain. */
static bool is_below(struct slice name, struct slice domain)
{
	size_t front;

	if (domain.len == 0 || name.len < domain.len + 2)
		return false;
	front = name.len - domain.len;
	return name.ptr[front - 1] == '.' &&
	       slice_eq(slice_after(name, front), domain);
}

bool origin_matches(const struct origin *o, const struct origin_pattern *p)
{
	const struct origin *site = &p->site;

	if (o->is_null || site->is_null)
		return o->is_null && site->is_null;
	if (strcmp(o->scheme, site->scheme) != 0 || o->port != site->port)
		return false;
	if (!p->is_wildcard)
		return !strcmp(o->host, site->host);
	return !o->is_address &&
	       is_below(slice_str(o->host), slice_str(site->host));
}
