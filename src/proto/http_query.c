/*
 * http_query: percent-encoding, and the parameters of a query. Decoding
 * happens once and at the end: a query is split while it is still raw.
 */
#include <errno.h>
#include <string.h>

#include "proto/hex.h"
#include "proto/http.h"

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
	high = hex_digit(raw->ptr[0]);
	low = hex_digit(raw->ptr[1]);
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

/* Cut off what comes before the first c, and c; without c that is all. */
static struct slice cut(struct slice *s, char c)
{
	const char *at = s->len > 0 ? memchr(s->ptr, c, s->len) : NULL;
	size_t len = at ? (size_t)(at - s->ptr) : s->len;
	struct slice head = slice_of(s->ptr, len);

	*s = slice_after(*s, at ? len + 1 : len);
	return head;
}

bool http_query_find(
    struct slice query, const char *name, struct slice *raw, size_t *count)
{
	size_t found = 0;

	while (query.len > 0) {
		struct slice value = cut(&query, '&');
		struct slice key = cut(&value, '=');

		if (!decodes_to(key, name))
			continue;
		if (found++ == 0)
			*raw = value;
	}
	if (count)
		*count = found;
	return found > 0;
}
