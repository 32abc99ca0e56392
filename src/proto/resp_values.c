/*
 * resp_values: a value is looked at from its beginning each time, which is a
 * few lines; when a string is what is missing, not before that is there.
 *
 * hiredis' reader, which proto/resp has, wants the bytes in a buffer of its
 * own, moves the rest of that behind each value of over 1 KiB, and what it
 * hands out must be copied: at 4 KiB three copies of every payload, most of
 * what one cost that was for nobody here.
 */
#include "proto/resp_values.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

enum {
	KEEP_BYTES = 1 << 20, /* more than this is given back when done with */
	DIGITS_MAX = 19,      /* of a number of 63 bits */
	END_LEN = 2,          /* CR, LF */
};

struct resp_values {
	char *in; /* owned; NULL until the first byte */
	size_t cap, len;
	size_t at;   /* what is before has been handed out */
	size_t need; /* behind at, before another look; 0: it is not known */
	size_t max_string;
	const char *fault; /* what came before it counts no more; or NULL */
	struct resp_item items[RESP_MAX_ITEMS];
};

struct resp_values *resp_values_new(size_t max_string)
{
	struct resp_values *r = xcalloc(1, sizeof *r);

	r->max_string = max_string;
	return r;
}

void resp_values_free(struct resp_values *r)
{
	if (!r)
		return;
	free(r->in);
	free(r);
}

void resp_values_set_max(struct resp_values *r, size_t max_string)
{
	r->max_string = max_string;
	r->need = 0; /* it may be too long now */
}

/* --- bytes --- */

/* How large the buffer should be for what is there and what is missing. */
static size_t wanted(const struct resp_values *r)
{
	size_t least = r->need ? r->need : r->len + RESP_VALUES_SPACE / 2;

	return least < RESP_VALUES_SPACE ? RESP_VALUES_SPACE : least;
}

static int resize(struct resp_values *r, size_t cap)
{
	char *in = try_realloc(r->in, cap);

	if (!in)
		return -ENOMEM;
	r->in = in;
	r->cap = cap;
	return 0;
}

char *resp_values_room(struct resp_values *r, size_t *size)
{
	size_t cap;

	r->len -= r->at;
	if (r->at > 0 && r->len > 0)
		memmove(r->in, r->in + r->at, r->len);
	r->at = 0;
	cap = wanted(r);
	if ((r->cap < cap || (r->cap > KEEP_BYTES && cap <= KEEP_BYTES)) &&
	    resize(r, cap) < 0)
		return NULL;
	*size = r->cap - r->len;
	return r->in + r->len;
}

void resp_values_add(struct resp_values *r, size_t count)
{
	r->len += count;
}

int resp_values_feed(struct resp_values *r, struct slice bytes)
{
	while (bytes.len > 0) {
		size_t size;
		char *to = resp_values_room(r, &size);

		if (!to)
			return -ENOMEM;
		size = size < bytes.len ? size : bytes.len;
		memcpy(to, bytes.ptr, size);
		resp_values_add(r, size);
		bytes = slice_after(bytes, size);
	}
	return 0;
}

/* --- values --- */

/* What is between at and end is to be read. */
struct cursor {
	const char *at, *end;
};

enum step {
	STEP_WHOLE,
	STEP_CUT,   /* there will be more */
	STEP_FAULT, /* r->fault says which */
};

static enum step fail(struct resp_values *r, const char *fault)
{
	r->fault = fault;
	return STEP_FAULT;
}

/* Pass a number and the end of its line; as one writes it. */
static enum step take_number(
    struct resp_values *r, struct cursor *c, int64_t *number)
{
	const char *p = c->at, *first, *stop;
	bool is_negative = p < c->end && *p == '-';
	uint64_t n = 0;

	first = p += is_negative;
	stop = c->end - p < DIGITS_MAX ? c->end : p + DIGITS_MAX;
	while (p < stop && ascii_is_digit(*p))
		n = 10 * n + (uint64_t)(*p++ - '0');
	if (p == c->end || (*p == '\r' && p + 1 == c->end))
		return STEP_CUT;
	if (*p != '\r' || p[1] != '\n' || p == first ||
	    n > (uint64_t)INT64_MAX + is_negative ||
	    (*first == '0' && (p - first > 1 || is_negative)))
		return fail(r, "a number is none");
	*number = (int64_t)(is_negative ? 0 - n : n);
	c->at = p + END_LEN;
	return STEP_WHOLE;
}

static enum step take_line(
    struct resp_values *r, struct cursor *c, struct slice *text)
{
	size_t len = (size_t)(c->end - c->at);
	const char *end = len > 0 ? memmem(c->at, len, "\r\n", END_LEN) : NULL;

	if (end)
		len = (size_t)(end - c->at);
	if (len > RESP_MAX_LINE + (size_t)!end) /* perhaps with its CR */
		return fail(r, "a line is too long");
	if (!end)
		return STEP_CUT;
	*text = slice_of(c->at, len);
	c->at = end + END_LEN;
	return STEP_WHOLE;
}

/* Pass so many bytes and what ends them. */
static enum step take_text(
    struct resp_values *r, struct cursor *c, size_t len, struct slice *text)
{
	if (len > r->max_string)
		return fail(r, "a string is too long");
	if ((size_t)(c->end - c->at) < len + END_LEN) {
		r->need = (size_t)(c->at - (r->in + r->at)) + len + END_LEN;
		return STEP_CUT;
	}
	if (c->at[len] != '\r' || c->at[len + 1] != '\n')
		return fail(r, "a string has another length than announced");
	*text = slice_of(c->at, len);
	c->at += len + END_LEN;
	return STEP_WHOLE;
}

/* A string, or what begins as an array and must be nil. */
static enum step take_counted(
    struct resp_values *r, struct cursor *c, char kind, struct resp_item *item)
{
	int64_t number;
	enum step step = take_number(r, c, &number);

	if (step != STEP_WHOLE)
		return step;
	if (number < -1)
		return fail(r, "a length is no length");
	if (number == -1) {
		item->type = RESP_NIL;
		return STEP_WHOLE;
	}
	if (kind == '*')
		return fail(r, "an array in an array");
	item->type = RESP_STRING;
	return take_text(r, c, (size_t)number, &item->text);
}

static enum step take_item(
    struct resp_values *r, struct cursor *c, struct resp_item *item)
{
	int64_t number;
	char kind;

	if (c->at == c->end)
		return STEP_CUT;
	kind = *c->at++;
	item->text = slice_of(NULL, 0);
	switch (kind) {
	case '$':
	case '*':
		return take_counted(r, c, kind, item);
	case ':':
		item->type = RESP_INTEGER;
		return take_number(r, c, &number); /* nobody asks which */
	case '+':
	case '-':
		item->type = kind == '+' ? RESP_STATUS : RESP_ERROR;
		return take_line(r, c, &item->text);
	default:
		return fail(r, "a type that is not RESP2");
	}
}

/* Pass the head of an array, if it is one; how many items there are. */
static enum step take_head(
    struct resp_values *r, struct cursor *c, struct resp_value *value)
{
	struct cursor head = { c->at + 1, c->end };
	int64_t count;
	enum step step;

	*value = (struct resp_value){ false, 1, r->items };
	if (*c->at != '*')
		return STEP_WHOLE;
	step = take_number(r, &head, &count);
	if (step != STEP_WHOLE || count < 0)
		return step; /* an item, which is nil */
	if (count > RESP_MAX_ITEMS)
		return fail(r, "an array has too many items");
	*value = (struct resp_value){ true, (size_t)count, r->items };
	*c = head;
	return STEP_WHOLE;
}

/* Pass the beginning of what was published, if it is that; how many items. */
static size_t take_begin(
    struct resp_values *r, struct cursor *c, struct resp_value *value)
{
	static const char begin[] = "*3\r\n$7\r\nmessage\r\n";
	enum { LEN = sizeof begin - 1, WORD_LEN = 7 };

	if (c->end - c->at < LEN || memcmp(c->at, begin, LEN) != 0 ||
	    r->max_string < WORD_LEN)
		return 0;
	c->at += LEN;
	r->items[0] = (struct resp_item){
		.type = RESP_STRING,
		.text = slice_of(c->at - END_LEN - WORD_LEN, WORD_LEN),
	};
	*value = (struct resp_value){ true, 3, r->items };
	return 1;
}

/* Nearly all begin alike: that much is not looked at byte by byte. */
static enum step take_value(
    struct resp_values *r, struct cursor *c, struct resp_value *value)
{
	size_t i = take_begin(r, c, value);
	enum step step = i > 0 ? STEP_WHOLE : take_head(r, c, value);

	for (; step == STEP_WHOLE && i < value->count; i++)
		step = take_item(r, c, &r->items[i]);
	return step;
}

int resp_values_next(
    struct resp_values *r, struct resp_value *value, struct err *e)
{
	struct cursor c;

	if (r->fault)
		return err_set(e, -EPROTO, "%s", r->fault);
	if (r->len == r->at || r->len - r->at < r->need)
		return 0;
	r->need = 0;
	c = (struct cursor){ r->in + r->at, r->in + r->len };
	switch (take_value(r, &c, value)) {
	case STEP_WHOLE:
		r->at = (size_t)(c.at - r->in);
		return 1;
	case STEP_CUT:
		return 0;
	case STEP_FAULT:
		break;
	}
	return err_set(e, -EPROTO, "%s", r->fault);
}
