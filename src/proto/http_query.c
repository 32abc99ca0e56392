/*
 * http_query: see http_query.h. Decoding happens once and at the end: a query
 * is split while it is still raw.
 */
#include "proto/http_query.h"

#include <errno.h>

#include "base/ascii.h"

/* Take one decoded byte off the front of raw, which is not empty. */
static int next_byte(struct slice *raw, bool plus)
{
	char c = raw->ptr[0];
	int high, low;

	*raw = slice_after(*raw, 1);
	if (plus && c == '+')
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (raw->len < 2)
		return -EINVAL;
	high = ascii_hex(raw->ptr[0]);
	low = ascii_hex(raw->ptr[1]);
	if (high < 0 || low < 0)
		return -EINVAL;
	*raw = slice_after(*raw, 2);
	return high << 4 | low;
}

long http_percent_decode(struct slice raw, bool plus, char *out)
{
	long len = 0;

	while (raw.len > 0) {
		int c = next_byte(&raw, plus);

		if (c < 0)
			return -EINVAL;
		out[len++] = (char)c;
	}
	return len;
}

/* Whether raw decodes to the name; a broken escape makes no name. */
static bool decodes_to(struct slice raw, const char *name)
{
	for (; raw.len > 0; name++)
		if (*name == '\0' ||
		    next_byte(&raw, true) != (unsigned char)*name)
			return false;
	return *name == '\0';
}

bool http_query_find(
    struct slice query, const char *name, struct slice *raw, size_t *count)
{
	size_t found = 0;

	while (query.len > 0) {
		struct slice value = slice_cut(&query, '&');
		struct slice key = slice_cut(&value, '=');

		if (!decodes_to(key, name))
			continue;
		if (found++ == 0)
			*raw = value;
	}
	if (count)
		*count = found;
	return found > 0;
}
