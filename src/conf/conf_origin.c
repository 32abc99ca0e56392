/*
 * conf_origin: see conf_origin.h. The result is spelt as browsers spell an
 * Origin: lower case, IPv6 in its shortest form, the port filled in.
 */
#include "conf/conf_origin.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/mem.h"

#define FORM "SCHEME://HOST[:PORT], SCHEME://*.HOST[:PORT], null or *"

enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

static void to_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

static int check_scheme(struct slice scheme, struct err *e)
{
	if (scheme.len == 0 || !isalpha((unsigned char)scheme.ptr[0]))
		return err_set(e, -EINVAL, "must be " FORM);
	for (size_t i = 0; i < scheme.len; i++)
		if (!isalnum((unsigned char)scheme.ptr[i]) &&
		    !strchr("+-.", scheme.ptr[i]))
			return err_set(e, -EINVAL, "must be " FORM);
	if (!strncasecmp(scheme.ptr, "ws:", 3) ||
	    !strncasecmp(scheme.ptr, "wss:", 4))
		return err_set(e, -EINVAL,
		    "an origin is that of the page: it begins with https:// "
		    "or http://, not with ws");
	return 0;
}

static uint16_t port_of(const char *scheme)
{
	if (!strcmp(scheme, "https"))
		return PORT_HTTPS;
	return !strcmp(scheme, "http") ? PORT_HTTP : 0;
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
	struct in6_addr v6;

	if (is_wildcard)
		return err_set(e, -EINVAL,
		    "a '*' stands in front of a name, not of an address");
	if (inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_V4MAPPED(&v6))
		return err_set(e, -EINVAL,
		    "an IPv4 address is written without brackets: 192.0.2.1");
	return 0;
}

/* In brackets and as short as it can be. */
static char *v6_host(const char *host)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr v6 = { 0 };
	struct buf out = { 0 };

	(void)inet_pton(AF_INET6, host, &v6);
	(void)inet_ntop(AF_INET6, &v6, text, sizeof text);
	buf_printf(&out, "[%s]", text);
	buf_putn(&out, "", 1);
	return out.data;
}

static int parse_authority(
    struct conf_origin *o, const char *text, struct err *e)
{
	bool is_v6 = text[0] == '[';
	const char *colon = strrchr(text, ':');
	bool has_port = colon && !strchr(colon, ']');
	struct address a = { 0 };
	int rc = check_authority(text, e);

	if (rc == 0)
		rc = address_parse_tcp(
		    &a, slice_str(text), port_of(o->scheme), e);
	if (rc == 0)
		rc = is_v6 ? check_v6(a.host, o->is_wildcard, e)
			   : check_name(a.host, o->is_wildcard, e);
	if (rc < 0)
		return rc;
	if (has_port && a.port == 0)
		return err_set(e, -EINVAL, "the port must not be 0");
	o->port = a.port;
	o->host = is_v6 ? v6_host(a.host) : xstrdup(a.host);
	to_lower(o->host);
	return 0;
}

static int parse_pair(struct conf_origin *o, const char *text, struct err *e)
{
	const char *separator = strstr(text, "://"), *rest;
	struct slice scheme;

	if (!separator)
		return err_set(e, -EINVAL, "must be " FORM);
	scheme = slice_of(text, (size_t)(separator - text));
	if (check_scheme(scheme, e) < 0)
		return -EINVAL;
	o->scheme = xstrndup(scheme.ptr, scheme.len);
	to_lower(o->scheme);
	rest = separator + strlen("://");
	o->is_wildcard = !strncmp(rest, "*.", 2);
	return parse_authority(o, o->is_wildcard ? rest + 2 : rest, e);
}

int conf_origin_parse(struct conf_origin *o, const char *text, struct err *e)
{
	*o = (struct conf_origin){ 0 };
	if (!strcmp(text, "null") || !strcmp(text, CONF_ORIGIN_ALL)) {
		o->scheme = xstrdup(text);
		o->host = xstrdup("");
		return 0;
	}
	if (parse_pair(o, text, e) == 0)
		return 0;
	conf_origin_fini(o);
	return -EINVAL;
}

void conf_origin_fini(struct conf_origin *o)
{
	free(o->scheme);
	free(o->host);
	*o = (struct conf_origin){ 0 };
}

int conf_origin_check(const char *text, struct err *e)
{
	struct conf_origin o;
	int rc = conf_origin_parse(&o, text, e);

	if (rc == 0)
		conf_origin_fini(&o);
	return rc;
}
