#include "payload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 127 }; /* from the place of one message to the next one's */

/* Fill from the text, again and again. */
static void fill(char *to, size_t len, struct slice text, uint64_t from)
{
	size_t at = (size_t)(from % text.len);

	while (len > 0) {
		size_t n = text.len - at < len ? text.len - at : len;

		memcpy(to, text.ptr + at, n);
		to += n;
		len -= n;
		at = 0;
	}
}

void payload_put(struct buf *out, const struct payload *p, size_t size)
{
	size_t start = out->len, filled;

	buf_printf(out,
	    "{\"s\":%" PRIu64 ",\"t\":%" PRIu64 ",\"n\":%" PRIu64
	    ",\"r\":%" PRIu64 ",\"p\":\"",
	    p->seq, p->sent_ns, p->number, p->room);
	filled = out->len - start + 2;
	if (filled > size || buf_reserve(out, size - filled) < 0)
		abort(); /* the options were checked against this */
	if (p->filler.len > 0)
		fill(out->data + out->len, size - filled, p->filler,
		    p->number * STEP);
	else
		memset(out->data + out->len, 'x', size - filled);
	out->len += size - filled;
	buf_putn(out, "\"}", 2);
}

struct cursor {
	const char *at;
	const char *end;
};

/* One key, given with its punctuation, and its number. */
static int take_number(struct cursor *c, const char *key, uint64_t *value)
{
	size_t len = strlen(key);
	const char *first;

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, key, len) != 0)
		return -1;
	c->at += len;
	first = c->at;
	*value = 0;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		*value = *value * 10 + (uint64_t)(*c->at++ - '0');
	return c->at > first && c->at < c->end ? 0 : -1;
}

int payload_parse(struct payload *p, const char *text, size_t len)
{
	struct cursor c = { text, text + len };

	if (take_number(&c, "{\"s\":", &p->seq) < 0 ||
	    take_number(&c, ",\"t\":", &p->sent_ns) < 0 ||
	    take_number(&c, ",\"n\":", &p->number) < 0 ||
	    take_number(&c, ",\"r\":", &p->room) < 0)
		return -1;
	return *c.at == ',' ? 0 : -1;
}
