/*
 * resp_items: a line says what comes, and of a string how long it is. hiredis
 * does not do: its reader cannot be stopped within a reply, and it buffers a
 * string of any announced length.
 */
#include "proto/resp_items.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/mem.h"

enum {
	KEEP_BYTES = 1 << 20, /* more than this is given back when done with */
	NUMBER_MAX = 32,      /* a line with a number, and some room */
	END_LEN = 2,          /* CR, LF */
};

struct resp_items {
	size_t max_string;
	struct buf in;
	size_t at;        /* of in: what is before has been handed out */
	uint64_t to_pass; /* bytes of a string that is too long, yet to come */
};

struct resp_items *resp_items_new(size_t max_string)
{
	struct resp_items *r = xcalloc(1, sizeof *r);

	r->max_string = max_string;
	return r;
}

void resp_items_free(struct resp_items *r)
{
	if (!r)
		return;
	buf_fini(&r->in);
	free(r);
}

void resp_items_set_max(struct resp_items *r, size_t max_string)
{
	r->max_string = max_string;
}

/* Take off the front of bytes what passes by. */
static struct slice pass(struct resp_items *r, struct slice bytes)
{
	size_t count = bytes.len < r->to_pass ? bytes.len : (size_t)r->to_pass;

	r->to_pass -= count;
	return slice_after(bytes, count);
}

int resp_items_feed(struct resp_items *r, struct slice bytes)
{
	buf_consume(&r->in, r->at);
	r->at = 0;
	if (r->in.len == 0 && r->in.cap > KEEP_BYTES)
		buf_fini(&r->in);
	bytes = pass(r, bytes);
	return buf_append(&r->in, bytes.ptr, bytes.len);
}

struct slice resp_items_rest(const struct resp_items *r)
{
	return slice_after(buf_slice(&r->in), r->at);
}

/* The bytes before CR LF, the rest of *s behind it; false: not there yet. */
static bool cut_line(struct slice *s, struct slice *line)
{
	const char *end =
	    s->len > 0 ? memmem(s->ptr, s->len, "\r\n", END_LEN) : NULL;

	if (!end)
		return false;
	*line = slice_of(s->ptr, (size_t)(end - s->ptr));
	*s = slice_after(*s, line->len + END_LEN);
	return true;
}

static bool read_number(struct slice text, int64_t *number)
{
	bool is_negative = text.len > 0 && text.ptr[0] == '-';
	uint64_t value;

	if (!ascii_decimal(slice_after(text, is_negative),
		(uint64_t)INT64_MAX + is_negative, &value))
		return false;
	*number = (int64_t)(is_negative ? 0 - value : value);
	return true;
}

/* What is wrong with the number of the line that begins with this byte. */
static const char *find_fault(char kind, int64_t number)
{
	if (kind == '$' && number > (int64_t)RESP_ITEMS_MAX_LENGTH)
		return "a string is too long";
	if (kind == '*' && number > RESP_ITEMS_MAX_COUNT)
		return "an array has too many items";
	if (kind != ':' && number < -1)
		return "a length is no length";
	return NULL;
}

/* Hand out len bytes at the front of the rest, and what ends them. */
static void take(struct resp_items *r, size_t len)
{
	r->at += len + END_LEN;
}

/* The string of part->number bytes at the front of rest; as resp_items_next. */
static int take_string(struct resp_items *r, struct slice rest, size_t head,
    struct resp_part *part, struct err *e)
{
	size_t len = (size_t)part->number;

	if (len > r->max_string) {
		r->to_pass = len + END_LEN;
		r->at = r->in.len - pass(r, rest).len;
		return 1;
	}
	if (rest.len < len + END_LEN)
		return 0;
	if (memcmp(rest.ptr + len, "\r\n", END_LEN) != 0)
		return err_set(
		    e, -EPROTO, "a string has another length than announced");
	part->text = slice_of(rest.ptr, len);
	take(r, head + len);
	return 1;
}

/* A line that has a number, and for a string what is behind it. */
static int take_number(struct resp_items *r, struct slice line,
    struct slice rest, struct resp_part *part, struct err *e)
{
	static const struct resp_part nil = { .type = RESP_NIL };
	char kind = line.ptr[0];
	const char *fault = "a number is none";

	if (read_number(slice_after(line, 1), &part->number))
		fault = find_fault(kind, part->number);
	if (fault)
		return err_set(e, -EPROTO, "%s", fault);
	if (kind == '$' && part->number >= 0) {
		part->type = RESP_STRING;
		return take_string(r, rest, line.len + END_LEN, part, e);
	}
	if (kind == ':')
		part->type = RESP_INTEGER;
	else if (part->number >= 0)
		part->type = RESP_ARRAY;
	else
		*part = nil;
	take(r, line.len);
	return 1;
}

static int take_text(struct resp_items *r, struct slice line,
    enum resp_type type, struct resp_part *part)
{
	part->type = type;
	part->text = slice_after(line, 1);
	take(r, line.len);
	return 1;
}

/* The longest line that may begin so; 0: none may. */
static size_t longest_line(char kind)
{
	switch (kind) {
	case '+':
	case '-':
		return RESP_MAX_LINE;
	case ':':
	case '$':
	case '*':
	case '_':
		return NUMBER_MAX;
	default:
		return 0;
	}
}

int resp_items_next(struct resp_items *r, struct resp_part *part, struct err *e)
{
	struct slice rest = resp_items_rest(r), line = rest;
	size_t longest;
	bool has_line;

	if (rest.len == 0)
		return 0;
	*part = (struct resp_part){ .type = RESP_NIL };
	longest = longest_line(rest.ptr[0]);
	if (longest == 0)
		return err_set(e, -EPROTO, "a type that is not RESP2");
	has_line = cut_line(&rest, &line);
	if (line.len > longest + !has_line) /* perhaps with its CR */
		return err_set(e, -EPROTO, "a line is too long");
	if (!has_line)
		return 0;
	switch (line.ptr[0]) {
	case '+':
		return take_text(r, line, RESP_STATUS, part);
	case '-':
		return take_text(r, line, RESP_ERROR, part);
	case '_':
		if (line.len > 1)
			return err_set(e, -EPROTO, "a null has no text");
		return take_text(r, line, RESP_NIL, part);
	default:
		return take_number(r, line, rest, part, e);
	}
}

bool resp_whole_take(struct resp_whole *w, const struct resp_part *part)
{
	if (part->type == RESP_ARRAY)
		w->left += (uint64_t)part->number;
	return --w->left == 0;
}
