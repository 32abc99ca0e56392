/*
 * address: see address.h. Strict, because a spelling that getaddrinfo takes in
 * another sense than the operator (a bare number, 1.2.3 for 1.2.0.3) would
 * listen somewhere unexpected.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/ip.h"

static void copy_text(char *to, struct slice from)
{
	memcpy(to, from.ptr, from.len);
	to[from.len] = '\0';
}

static bool holds_only(struct slice s, const char *chars)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\0' || !strchr(chars, s.ptr[i]))
			return false;
	return true;
}

static int parse_port(struct address *a, struct slice text, struct err *e)
{
	if (text.len == 0)
		return err_set(e, -EINVAL, "has no port behind the ':'");
	if (!ascii_port(text, &a->port))
		return err_set(
		    e, -EINVAL, "the port must be a number up to 65535");
	return 0;
}

static int parse_v6(struct address *a, struct slice host, struct err *e)
{
	struct in6_addr ignored;

	if (host.len >= INET6_ADDRSTRLEN)
		return err_set(e, -EINVAL, "[...] holds no IPv6 address");
	copy_text(a->host, host);
	if (inet_pton(AF_INET6, a->host, &ignored) != 1)
		return err_set(e, -EINVAL, "[...] holds no IPv6 address");
	return 0;
}

static int parse_host(struct address *a, struct slice host, struct err *e)
{
	static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789.-_";
	struct in_addr ignored;

	if (host.len == 0)
		return err_set(e, -EINVAL, "has no host before the ':'");
	if (host.len > ADDRESS_HOST_MAX ||
	    (!slice_eq(host, slice_str("*")) && !holds_only(host, name_chars)))
		return err_set(e, -EINVAL, "the host is no address or name");
	copy_text(a->host, host);
	if (holds_only(host, "0123456789.") &&
	    inet_pton(AF_INET, a->host, &ignored) != 1)
		return err_set(e, -EINVAL, "the host is no IPv4 address");
	return 0;
}

static int parse_bracketed(
    struct address *a, struct slice text, struct slice *rest, struct err *e)
{
	const char *end = memchr(text.ptr, ']', text.len);
	size_t len;

	if (!end)
		return err_set(e, -EINVAL, "has no ']' behind its '['");
	len = (size_t)(end - text.ptr);
	*rest = slice_after(text, len + 1);
	return parse_v6(a, slice_of(text.ptr + 1, len - 1), e);
}

static int parse_unbracketed(
    struct address *a, struct slice text, struct slice *rest, struct err *e)
{
	const char *colon = memchr(text.ptr, ':', text.len);
	size_t len = colon ? (size_t)(colon - text.ptr) : text.len;

	*rest = slice_after(text, len);
	if (rest->len && memchr(rest->ptr + 1, ':', rest->len - 1) &&
	    holds_only(text, "0123456789abcdefABCDEF:."))
		return err_set(e, -EINVAL,
		    "an IPv6 address stands in brackets: [::1]:8080");
	return parse_host(a, slice_of(text.ptr, len), e);
}

static int refuse_missing_port(struct err *e)
{
	return err_set(e, -EINVAL,
	    "has no port (HOST:PORT, [V6]:PORT, *:PORT or unix:/PATH)");
}

int address_parse_tcp(
    struct address *a, struct slice text, int default_port, struct err *e)
{
	struct slice rest = { NULL, 0 };
	int rc;

	*a = (struct address){ 0 };
	if (text.len == 0)
		return err_set(e, -EINVAL, "has no host");
	if (default_port < 0 && !memchr(text.ptr, ':', text.len))
		return refuse_missing_port(e);
	rc = text.ptr[0] == '[' ? parse_bracketed(a, text, &rest, e)
				: parse_unbracketed(a, text, &rest, e);
	if (rc < 0)
		return rc;
	if (rest.len && rest.ptr[0] == ':')
		return parse_port(a, slice_after(rest, 1), e);
	if (rest.len)
		return err_set(e, -EINVAL, "only :PORT may follow the ']'");
	if (default_port < 0)
		return refuse_missing_port(e);
	a->port = (uint16_t)default_port;
	return 0;
}

int address_parse_path(struct address *a, struct slice path, struct err *e)
{
	*a = (struct address){ .is_unix = true };
	if (path.len < 2 || path.ptr[0] != '/')
		return err_set(
		    e, -EINVAL, "a unix socket needs an absolute path");
	if (path.len > ADDRESS_PATH_MAX)
		return err_set(e, -EINVAL,
		    "the path of a unix socket has at most %d bytes",
		    ADDRESS_PATH_MAX);
	copy_text(a->host, path);
	return 0;
}

int address_parse(struct address *a, const char *text, struct err *e)
{
	struct slice all = slice_str(text), scheme = slice_str("unix:");

	if (slice_starts_with(all, scheme))
		return address_parse_path(a, slice_after(all, scheme.len), e);
	return address_parse_tcp(a, all, -1, e);
}

void address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
	if (a->is_unix)
		(void)snprintf(out, ADDRESS_TEXT_MAX, "unix:%s", a->host);
	else
		(void)snprintf(out, ADDRESS_TEXT_MAX,
		    strchr(a->host, ':') ? "[%s]:%u" : "%s:%u", a->host,
		    (unsigned)a->port);
}

bool address_is_local(const struct address *a)
{
	static const unsigned char v6_loopback[IP_BYTES] = { [15] = 1 };
	struct ip ip;

	if (a->is_unix || ascii_eq(slice_str(a->host), slice_str("localhost")))
		return true;
	if (!ip_parse(slice_str(a->host), &ip))
		return false;
	return ip_is_v4(&ip) ? ip.bytes[IP_V4_OFFSET] == 127
			     : !memcmp(ip.bytes, v6_loopback, IP_BYTES);
}

static bool is_same_host(const char *x, const char *y)
{
	struct ip a, b;

	if (ip_parse(slice_str(x), &a) && ip_parse(slice_str(y), &b))
		return ip_eq(&a, &b);
	return ascii_eq(slice_str(x), slice_str(y));
}

bool address_is_same(const struct address *a, const struct address *b)
{
	if (a->is_unix || b->is_unix)
		return a->is_unix && b->is_unix && !strcmp(a->host, b->host);
	return a->port != 0 && a->port == b->port &&
	       is_same_host(a->host, b->host);
}

const char *address_wildcard(const struct address *a)
{
	if (a->is_unix)
		return NULL;
	if (!strcmp(a->host, "*"))
		return "every address";
	if (is_same_host(a->host, "0.0.0.0"))
		return "every IPv4 address";
	return is_same_host(a->host, "::") ? "every IPv6 address" : NULL;
}

bool address_covers(const struct address *a, const struct address *b)
{
	struct ip wide, narrow;

	if (a->is_unix || b->is_unix || a->port == 0 || a->port != b->port ||
	    !address_wildcard(a))
		return false;
	if (!strcmp(a->host, "*"))
		return true;
	return ip_parse(slice_str(a->host), &wide) &&
	       ip_parse(slice_str(b->host), &narrow) &&
	       ip_is_v4(&wide) == ip_is_v4(&narrow);
}
