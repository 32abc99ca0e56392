#include "proto/sse.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

#define BINARY "binary"

enum {
	DATA_NAME = sizeof "data: " - 1,
	RETRY_MAX = sizeof "retry: 4294967295\n",
};

char *sse_put_head(struct slice headers, char *out)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n"
				   "Content-Type: text/event-stream\r\n"
				   "Cache-Control: no-store, no-transform\r\n"
				   "X-Accel-Buffering: no\r\n"
				   "Connection: close\r\n";

	_Static_assert(sizeof head + 2 <= SSE_HEAD_MAX, "it fits");
	out = slice_put(slice_of(head, sizeof head - 1), out);
	out = slice_put(headers, out);
	return slice_put(slice_str("\r\n"), out);
}

/* --- a field: NAME, colon, space, value, LF --- */

static size_t field_size(const char *name, struct slice value)
{
	return strlen(name) + 2 + value.len + 1;
}

static char *put_field(char *out, const char *name, struct slice value)
{
	out = slice_put(slice_str(name), out);
	out = slice_put(slice_str(": "), out);
	out = slice_put(value, out);
	*out++ = '\n';
	return out;
}

/* --- data --- */

/*
 * The lines of a text, of which the last has no end. Each byte is looked for
 * once over all of the text, however many lines there are.
 */
struct lines {
	const char *at; /* NULL behind the last one */
	const char *end;
	const char *cr; /* the first from at on; end where there is none */
	const char *lf;
};

static const char *find(const struct lines *l, const char *from, char c)
{
	const char *at = memchr(from, c, (size_t)(l->end - from));

	return at ? at : l->end;
}

static struct lines lines_of(struct slice text)
{
	const char *at = text.len > 0 ? text.ptr : "";
	struct lines l = { .at = at, .end = at + text.len };

	l.cr = find(&l, at, '\r');
	l.lf = find(&l, at, '\n');
	return l;
}

/* Whether the CR that ends a line has an LF behind it. */
static bool is_crlf(const struct lines *l, const char *end)
{
	return end == l->cr && end + 1 < l->end && end[1] == '\n';
}

static void skip_end(struct lines *l, const char *end)
{
	if (end == l->end) {
		l->at = NULL;
		return;
	}
	l->at = end + (is_crlf(l, end) ? 2 : 1);
	if (l->cr < l->at)
		l->cr = find(l, l->at, '\r');
	if (l->lf < l->at)
		l->lf = find(l, l->at, '\n');
}

static bool next_line(struct lines *l, struct slice *line)
{
	const char *end = l->cr < l->lf ? l->cr : l->lf;

	if (!l->at)
		return false;
	*line = slice_of(l->at, (size_t)(end - l->at));
	skip_end(l, end);
	return true;
}

static size_t text_size(struct slice text)
{
	struct lines l = lines_of(text);
	struct slice line;
	size_t size = 0;

	while (next_line(&l, &line))
		size += DATA_NAME + line.len + 1;
	return size;
}

static char *put_text(char *out, struct slice text)
{
	struct lines l = lines_of(text);
	struct slice line;

	while (next_line(&l, &line))
		out = put_field(out, "data", line);
	return out;
}

static size_t base64_size(struct slice bytes)
{
	return DATA_NAME + 4 * ((bytes.len + 2) / 3) + 1;
}

/* The NUL behind it is where the LF goes. */
static char *put_base64(char *out, struct slice bytes)
{
	out = slice_put(slice_str("data: "), out);
	out += crypto_base64_encode(bytes.ptr, bytes.len, out);
	*out++ = '\n';
	return out;
}

static size_t data_size(const struct sse_event *e)
{
	if (e->is_silent)
		return 0;
	return e->is_binary ? base64_size(e->data) : text_size(e->data);
}

static char *put_data(char *out, const struct sse_event *e)
{
	if (e->is_silent)
		return out;
	return e->is_binary ? put_base64(out, e->data) : put_text(out, e->data);
}

/* --- an event --- */

static const char *type_of(const struct sse_event *e)
{
	return e->is_binary ? BINARY : e->type;
}

static struct slice print_retry(uint32_t ms, char out[RETRY_MAX])
{
	int len = ms ? snprintf(out, RETRY_MAX, "retry: %u\n", ms) : 0;

	return slice_of(out, (size_t)len);
}

size_t sse_size(const struct sse_event *e)
{
	char retry[RETRY_MAX];
	size_t size = print_retry(e->retry_ms, retry).len;

	if (type_of(e))
		size += field_size("event", slice_str(type_of(e)));
	if (e->id.len > 0)
		size += field_size("id", e->id);
	return size + data_size(e) + 1;
}

char *sse_put(const struct sse_event *e, char *out)
{
	char retry[RETRY_MAX];

	out = slice_put(print_retry(e->retry_ms, retry), out);
	if (type_of(e))
		out = put_field(out, "event", slice_str(type_of(e)));
	if (e->id.len > 0)
		out = put_field(out, "id", e->id);
	out = put_data(out, e);
	*out++ = '\n';
	return out;
}
