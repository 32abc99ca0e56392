/*
 * sse_reader: an event stream as a browser reads it, written from the standard
 * (WHATWG HTML, 9.2.6, "Interpreting an event stream") and from nothing else:
 * what is dispatched, and what the client remembers.
 */
#ifndef TESTS_UNIT_PROTO_SSE_READER_H
#define TESTS_UNIT_PROTO_SSE_READER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/slice.h"
#include "unit.h"

/* One that was dispatched; owned by the reader, until it reads on. */
struct sse_read {
	char type[64]; /* "" is "message" */
	struct buf data;
};

struct sse_reader {
	struct slice rest; /* of the stream; borrowed */
	struct sse_read event;
	char last_id[128]; /* what Last-Event-ID would say */
	char id[128];      /* the buffer of it */
	long retry_ms;     /* -1: none was told */
};

/* A whole stream: a byte order mark in front of it is no part of it. */
static inline void sse_reader_init(struct sse_reader *r, struct slice stream)
{
	*r = (struct sse_reader){ .rest = stream, .retry_ms = -1 };
	if (slice_starts_with(stream, slice_str("\xef\xbb\xbf")))
		r->rest = slice_after(stream, 3);
}

static inline void sse_reader_fini(struct sse_reader *r)
{
	buf_fini(&r->event.data);
}

/* The next line; false where the stream ends within it. */
static inline bool sse_reader_line(struct sse_reader *r, struct slice *line)
{
	size_t n = 0;

	while (
	    n < r->rest.len && r->rest.ptr[n] != '\r' && r->rest.ptr[n] != '\n')
		n++;
	if (n == r->rest.len)
		return false;
	*line = slice_of(r->rest.ptr, n);
	n += 1 + (r->rest.ptr[n] == '\r' && n + 1 < r->rest.len &&
		     r->rest.ptr[n + 1] == '\n');
	r->rest = slice_after(r->rest, n);
	return true;
}

static inline void sse_reader_copy(char *to, size_t size, struct slice value)
{
	ck_assert_uint_lt(value.len, size);
	memset(to, 0, size);
	memcpy(to, value.ptr, value.len);
}

static inline void sse_reader_field(
    struct sse_reader *r, struct slice name, struct slice value)
{
	char digits[32];

	if (slice_eq(name, slice_str("event"))) {
		sse_reader_copy(r->event.type, sizeof r->event.type, value);
	} else if (slice_eq(name, slice_str("data"))) {
		buf_putn(&r->event.data, value.ptr, value.len);
		buf_puts(&r->event.data, "\n");
	} else if (slice_eq(name, slice_str("id"))) {
		if (!memchr(value.ptr, '\0', value.len))
			sse_reader_copy(r->id, sizeof r->id, value);
	} else if (slice_eq(name, slice_str("retry"))) {
		sse_reader_copy(digits, sizeof digits, value);
		if (digits[strspn(digits, "0123456789")] == '\0')
			r->retry_ms = strtol(digits, NULL, 10);
	}
}

static inline void sse_reader_take(struct sse_reader *r, struct slice line)
{
	struct slice value = line;
	struct slice name = slice_cut(&value, ':');

	if (line.ptr[0] == ':')
		return;
	if (value.len > 0 && value.ptr[0] == ' ')
		value = slice_after(value, 1);
	sse_reader_field(r, name, value);
}

/* Read on to the next event that is dispatched; false: there is none. */
static inline bool sse_reader_next(struct sse_reader *r)
{
	struct slice line;

	r->event.data.len = 0;
	r->event.type[0] = '\0';
	while (sse_reader_line(r, &line)) {
		if (line.len > 0) {
			sse_reader_take(r, line);
			continue;
		}
		memcpy(r->last_id, r->id, sizeof r->id);
		if (r->event.data.len > 0) {
			r->event.data.len--;
			return true;
		}
		r->event.type[0] = '\0';
	}
	return false;
}

#endif
