/*
 * Any bytes as an Origin: what is one, spelt again from its parts, is the
 * same one; it matches itself, and wildcards above its name only.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Nothing that could begin another part, or be read otherwise elsewhere. */
static void check_bytes(struct slice text, size_t authority)
{
	for (size_t i = 0; i < text.len; i++)
		must(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
	for (size_t i = authority; i < text.len; i++)
		must(!strchr("/@*%?#\\,", text.ptr[i]));
}

static bool is_equal(const struct origin *a, const struct origin *b)
{
	return a->is_null == b->is_null && a->is_address == b->is_address &&
	       a->port == b->port && !strcmp(a->scheme, b->scheme) &&
	       !strcmp(a->host, b->host);
}

static void check_spelling(const struct origin *o)
{
	char text[ORIGIN_MAX];
	struct origin again;

	if (o->port == 0)
		(void)snprintf(
		    text, sizeof text, "%s://%s", o->scheme, o->host);
	else
		(void)snprintf(text, sizeof text, "%s://%s:%u", o->scheme,
		    o->host, (unsigned)o->port);
	must(origin_parse(slice_str(text), &again));
	must(is_equal(o, &again));
}

static void set_host(struct origin_pattern *p, const char *host)
{
	(void)snprintf(p->site.host, sizeof p->site.host, "%s", host);
}

static void check_patterns(const struct origin *o)
{
	const char *dot = strchr(o->host, '.');
	struct origin_pattern p = { *o, false };

	must(origin_matches(o, &p));
	p.is_wildcard = true;
	must(!origin_matches(o, &p));
	if (!dot)
		return;
	set_host(&p, dot + 1);
	must(origin_matches(o, &p) == !o->is_address);
	set_host(&p, dot);
	must(!origin_matches(o, &p));
	p.is_wildcard = false;
	must(!origin_matches(o, &p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size);
	struct origin o;

	if (!origin_parse(text, &o))
		return 0;
	must(size <= ORIGIN_MAX);
	must(o.is_null == slice_eq(text, slice_str("null")));
	if (o.is_null)
		return 0;
	check_bytes(text, strlen(o.scheme) + strlen("://"));
	check_spelling(&o);
	check_patterns(&o);
	return 0;
}
