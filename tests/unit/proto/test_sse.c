/* sse: any payload goes through an event stream and comes out as it was. */
#include <stdio.h>

#include "../base/rng.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "proto/sse.h"
#include "sse_reader.h"
#include "unit.h"

enum { CASES = 20000, SHORT = 40, BIG = 1 << 20 };

static void append(struct buf *stream, const struct sse_event *e)
{
	size_t size = sse_size(e);
	char *out = malloc(size);

	ck_assert_uint_gt(size, 0);
	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_eq(sse_put(e, out), out + size);
	buf_putn(stream, out, size);
	free(out);
}

static void check_text(const struct sse_event *e, const char *expected)
{
	struct buf stream = { 0 };

	append(&stream, e);
	ck_assert(slice_eq(buf_slice(&stream), slice_str(expected)));
	buf_fini(&stream);
}

START_TEST(each_line_has_its_field)
{
	check_text(
	    &(struct sse_event){ .data = slice_str("hi") }, "data: hi\n\n");
	check_text(
	    &(struct sse_event){ .id = slice_str("7"), .data = slice_str("") },
	    "id: 7\ndata: \n\n");
	check_text(&(struct sse_event){ .data = slice_str("a\rb\nc\r\nd\r") },
	    "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
	check_text(&(struct sse_event){ .data = slice_str("\n\r") },
	    "data: \ndata: \ndata: \n\n");
	check_text(
	    &(struct sse_event){
		.type = "gap", .id = slice_str("7"), .data = slice_str("7") },
	    "event: gap\nid: 7\ndata: 7\n\n");
}
END_TEST

START_TEST(bytes_go_as_base64)
{
	check_text(&(struct sse_event){ .data = slice_of("\xff\n\0", 3),
		       .is_binary = true },
	    "event: binary\ndata: /woA\n\n");
	check_text(&(struct sse_event){ .is_binary = true },
	    "event: binary\ndata: \n\n");
}
END_TEST

START_TEST(an_id_alone_moves_the_client)
{
	struct buf stream = { 0 };
	struct sse_reader r;

	append(&stream,
	    &(struct sse_event){ .id = slice_str("a~1"), .is_silent = true });
	sse_reader_init(&r, buf_slice(&stream));
	ck_assert(!sse_reader_next(&r));
	ck_assert_str_eq(r.last_id, "a~1");
	sse_reader_fini(&r);
	buf_fini(&stream);
}
END_TEST

START_TEST(a_time_to_come_back_stands_in_front)
{
	struct buf stream = { 0 };
	struct sse_reader r;

	append(&stream, &(struct sse_event){ .type = SSE_CLOSE,
			    .data = slice_str("4001"),
			    .retry_ms = UINT32_MAX });
	sse_reader_init(&r, buf_slice(&stream));
	ck_assert(sse_reader_next(&r));
	ck_assert_str_eq(r.event.type, "roomcast.close");
	ck_assert(slice_eq(buf_slice(&r.event.data), slice_str("4001")));
	ck_assert_int_eq(r.retry_ms, UINT32_MAX);
	sse_reader_fini(&r);
	buf_fini(&stream);
}
END_TEST

/* --- whatever is sent --- */

/* As it must arrive: CR and CRLF are LF. */
static void normalise(struct buf *out, struct slice text)
{
	out->len = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '\r')
			buf_putn(out, &text.ptr[i], 1);
		else if (i + 1 == text.len || text.ptr[i + 1] != '\n')
			buf_puts(out, "\n");
	}
}

/* What is likely to break something, in any order. */
static void make_text(uint64_t *rng, struct buf *out, size_t pieces)
{
	static const struct slice alphabet[] = {
		{ "\r", 1 }, { "\n", 1 }, { "\r\n", 2 }, { "\0", 1 },
		{ ":", 1 }, { " ", 1 }, { "x", 1 }, { "data: ", 6 },
		{ "id: 9", 5 }, { "\xef\xbb\xbf", 3 }, /* byte order mark */
		{ "\xe2\x80\xa8", 3 },     /* a line separator, not here */
		{ "\xc2\x85", 2 },         /* nor is that one */
		{ "\xf0\x9f\x99\x82", 4 }, /* and some other letter */
	};

	out->len = 0;
	while (pieces-- > 0) {
		const struct slice *s = &alphabet[rng_below(
		    rng, sizeof alphabet / sizeof alphabet[0])];

		buf_putn(out, s->ptr, s->len);
	}
}

static void check_message(
    struct sse_reader *r, const char *id, struct slice expected)
{
	ck_assert(sse_reader_next(r));
	ck_assert_str_eq(r->event.type, "");
	ck_assert_str_eq(r->last_id, id);
	ck_assert(slice_eq(buf_slice(&r->event.data), expected));
}

/* Between two others, which it must leave alone. */
static void check_whole(struct slice text, struct buf *expected)
{
	const struct sse_event other = { .id = slice_str("other"),
		.data = slice_str("x") };
	struct buf stream = { 0 };
	struct sse_reader r;

	append(&stream, &other);
	append(&stream,
	    &(struct sse_event){ .id = slice_str("this"), .data = text });
	append(&stream, &other);
	normalise(expected, text);
	sse_reader_init(&r, buf_slice(&stream));
	check_message(&r, "other", slice_str("x"));
	check_message(&r, "this", buf_slice(expected));
	check_message(&r, "other", slice_str("x"));
	ck_assert(!sse_reader_next(&r));
	sse_reader_fini(&r);
	buf_fini(&stream);
}

START_TEST(any_text_comes_out_as_it_was)
{
	uint64_t rng = 10;
	struct buf text = { 0 }, expected = { 0 };

	for (int i = 0; i < CASES; i++) {
		make_text(&rng, &text, rng_below(&rng, SHORT));
		check_whole(buf_slice(&text), &expected);
	}
	make_text(&rng, &text, BIG);
	check_whole(buf_slice(&text), &expected);
	buf_fini(&text);
	buf_fini(&expected);
}
END_TEST

/* A reader that is cut off in the middle has nothing of that event. */
START_TEST(what_is_cut_short_is_dropped_with_its_id)
{
	struct buf stream = { 0 };
	struct sse_reader r;
	size_t whole;

	append(&stream, &(struct sse_event){
			    .id = slice_str("1"), .data = slice_str("one") });
	whole = stream.len;
	append(&stream, &(struct sse_event){ .id = slice_str("2"),
			    .data = slice_str("two\nlines") });
	for (size_t len = whole; len < stream.len; len++) {
		sse_reader_init(&r, slice_of(stream.data, len));
		check_message(&r, "1", slice_str("one"));
		ck_assert(!sse_reader_next(&r));
		ck_assert_str_eq(r.last_id, "1");
		sse_reader_fini(&r);
	}
	buf_fini(&stream);
}
END_TEST

START_TEST(any_bytes_come_out_of_base64)
{
	uint64_t rng = 11;

	for (size_t len = 0; len < 200; len++) {
		unsigned char bytes[200], decoded[256];
		struct buf stream = { 0 };
		struct sse_reader r;

		rng_fill(&rng, bytes, len);
		append(&stream, &(struct sse_event){
				    .data = slice_of((const char *)bytes, len),
				    .is_binary = true });
		sse_reader_init(&r, buf_slice(&stream));
		ck_assert(sse_reader_next(&r));
		ck_assert_str_eq(r.event.type, "binary");
		ck_assert_int_eq(crypto_base64_decode(r.event.data.data,
				     r.event.data.len, decoded),
		    (long)len);
		ck_assert_int_eq(memcmp(decoded, bytes, len), 0);
		sse_reader_fini(&r);
		buf_fini(&stream);
	}
}
END_TEST

UNIT_MAIN("proto/sse", each_line_has_its_field, bytes_go_as_base64,
    an_id_alone_moves_the_client, a_time_to_come_back_stands_in_front,
    any_text_comes_out_as_it_was, what_is_cut_short_is_dropped_with_its_id,
    any_bytes_come_out_of_base64)
