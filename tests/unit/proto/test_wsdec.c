/* What clients send, frame by frame and byte by byte. */
#include <string.h>

#include "proto/wsdec.h"
#include "unit.h"

struct run {
	struct wsdec *dec;
	struct buf replies;
	struct wsdec_result last;
	unsigned frames;
	bool may_deflate;
};

/* A masked frame as a client sends it; returns its size. */
static size_t masked(
    unsigned first, const void *payload, size_t len, unsigned char *out)
{
	static const unsigned char mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	size_t head = 2;

	out[0] = (unsigned char)first;
	if (len < 126) {
		out[1] = (unsigned char)(0x80 | len);
	} else {
		out[1] = 0x80 | 126;
		out[2] = (unsigned char)(len >> 8);
		out[3] = (unsigned char)len;
		head = 4;
	}
	memcpy(out + head, mask, 4);
	for (size_t i = 0; i < len; i++)
		out[head + 4 + i] =
		    ((const unsigned char *)payload)[i] ^ mask[i % 4];
	return head + 4 + len;
}

static void feed(struct run *r, const void *bytes, size_t len, size_t step)
{
	const struct wsdec_rules rules = { 1000, r->may_deflate };
	const char *p = bytes;

	while (len > 0 && !r->last.is_over) {
		size_t n = len < step ? len : step;

		ck_assert_int_eq(
		    wsdec_feed(&r->dec, p, n, &rules, &r->replies, &r->last),
		    0);
		r->frames += r->last.frames;
		p += n;
		len -= n;
	}
}

static void fini(struct run *r)
{
	wsdec_free(r->dec);
	buf_fini(&r->replies);
}

static void expect_close(struct run *r, uint16_t code)
{
	ck_assert(r->last.is_over);
	ck_assert_uint_eq(r->last.answer_code, code);
	ck_assert_uint_ge(r->replies.len, 4);
	ck_assert_uint_eq((unsigned char)r->replies.data[0], 0x88);
	ck_assert_uint_eq((unsigned char)r->replies.data[2], code >> 8);
	ck_assert_uint_eq((unsigned char)r->replies.data[3], code & 0xff);
	ck_assert_ptr_null(r->dec);
}

/* Feed one frame in steps of 1 byte and all at once: the same must come. */
static void expect_failure(
    unsigned first, const void *payload, size_t len, uint16_t code)
{
	unsigned char frame[2048];
	size_t size = masked(first, payload, len, frame);

	for (size_t step = 1; step <= size; step += size - 1) {
		struct run r = { 0 };

		feed(&r, frame, size, step);
		expect_close(&r, code);
		fini(&r);
	}
}

START_TEST(a_ping_is_answered_and_the_decoder_given_back)
{
	unsigned char frame[32];
	size_t size = masked(0x89, "hello", 5, frame);

	for (size_t step = 1; step <= size; step++) {
		struct run r = { 0 };

		feed(&r, frame, size, step);
		ck_assert_uint_eq(r.replies.len, 7);
		ck_assert_int_eq(memcmp(r.replies.data, "\x8a\x05hello", 7), 0);
		ck_assert_ptr_null(r.dec);
		ck_assert_uint_eq(r.frames, 1);
		ck_assert(!r.last.is_closed);
		fini(&r);
	}
}
END_TEST

START_TEST(the_decoder_lives_while_a_frame_or_message_is_half_read)
{
	unsigned char frame[64];
	size_t size = masked(0x01, "frag", 4, frame); /* not final */
	struct run r = { 0 };

	feed(&r, frame, 3, 3);
	ck_assert_ptr_nonnull(r.dec);
	feed(&r, frame + 3, size - 3, 64);
	ck_assert_ptr_nonnull(r.dec);      /* the message goes on */
	size = masked(0x89, "", 0, frame); /* a ping in between */
	feed(&r, frame, size, 64);
	ck_assert_ptr_nonnull(r.dec);
	ck_assert_uint_eq(r.replies.len, 2);
	size = masked(0x80, "ment", 4, frame);
	feed(&r, frame, size, 64);
	ck_assert_ptr_null(r.dec);
	ck_assert_uint_eq(r.frames, 3);
	ck_assert(!r.last.is_over);
	fini(&r);
}
END_TEST

START_TEST(a_close_frame_is_answered_with_its_code)
{
	unsigned char frame[32];
	size_t size = masked(0x88,
	    "\x03\xe9"
	    "bye",
	    5, frame);
	struct run r = { 0 };

	feed(&r, frame, size, 64);
	ck_assert(r.last.is_closed);
	ck_assert_uint_eq(r.last.peer_code, 1001);
	expect_close(&r, 1001);
	fini(&r);
}
END_TEST

START_TEST(an_empty_close_frame_is_answered_with_an_empty_one)
{
	unsigned char frame[32];
	size_t size = masked(0x88, "", 0, frame);
	struct run r = { 0 };

	feed(&r, frame, size, 1);
	ck_assert(r.last.is_over && r.last.is_closed);
	ck_assert_uint_eq(r.last.peer_code, 1005);
	ck_assert_uint_eq(r.last.answer_code, 0);
	ck_assert_uint_eq(r.replies.len, 2);
	fini(&r);
}
END_TEST

/* RFC 6455, section 7.4, and the registry that it has founded. */
static bool may_close_with(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

START_TEST(a_client_closes_with_the_codes_of_the_registry)
{
	for (unsigned code = 0; code < 5100; code++) {
		unsigned char payload[] = { (unsigned char)(code >> 8),
			(unsigned char)code, 'b', 'y', 'e' };
		unsigned char frame[32];
		size_t size = masked(0x88, payload, sizeof payload, frame);
		struct run r = { 0 };

		feed(&r, frame, size, 64);
		ck_assert_int_eq(r.last.is_closed, may_close_with(code));
		if (r.last.is_closed)
			ck_assert_uint_eq(r.last.peer_code, code);
		expect_close(&r, r.last.is_closed ? (uint16_t)code : 1002);
		fini(&r);
	}
}
END_TEST

START_TEST(a_reason_is_echoed_in_whatever_pieces_it_comes)
{
	static const char payload[] = "\x03\xf4"
				      "sch\xc3\xb6n, \xe2\x82\xac";
	unsigned char frame[64];
	size_t size = masked(0x88, payload, sizeof payload - 1, frame);

	for (size_t step = 1; step <= size; step++) {
		struct run r = { 0 };

		feed(&r, frame, size, step);
		expect_close(&r, 1012);
		ck_assert_uint_eq(r.replies.len, 2 + sizeof payload - 1);
		ck_assert_mem_eq(
		    r.replies.data + 2, payload, sizeof payload - 1);
		fini(&r);
	}
}
END_TEST

START_TEST(a_reason_that_is_not_utf8_gets_1007)
{
	static const char payload[] = "\x03\xe8"
				      "a\xff"
				      "bcd";
	unsigned char frame[64];
	size_t size = masked(0x88, payload, sizeof payload - 1, frame);

	for (size_t step = 1; step <= size; step++) {
		struct run r = { 0 };

		feed(&r, frame, size, step);
		expect_close(&r, 1007);
		ck_assert(!r.last.is_closed);
		fini(&r);
	}
}
END_TEST

START_TEST(protocol_mistakes_get_1002)
{
	expect_failure(0x83, "x", 1, 1002); /* reserved opcode */
	expect_failure(0xc1, "x", 1, 1002); /* RSV1 without an extension */
	expect_failure(0x80, "x", 1, 1002); /* continues nothing */
	expect_failure(0x09, "x", 1, 1002); /* a fragmented ping */
	expect_failure(0x88, "x", 1, 1002); /* a close frame of one byte */
	expect_failure(0x88, "\x03\xed", 2, 1002); /* code 1005 on the wire */
}
END_TEST

START_TEST(an_unmasked_frame_gets_1002)
{
	struct run r = { 0 };

	feed(&r, "\x81\x01x", 3, 64);
	expect_close(&r, 1002);
	fini(&r);
}
END_TEST

START_TEST(text_that_is_not_utf8_gets_1007)
{
	expect_failure(0x81, "\xc3\x28", 2, 1007);
	expect_failure(0x81, "\xe2\x82", 2, 1007); /* cut short */
}
END_TEST

START_TEST(a_message_over_the_limit_gets_1009)
{
	char big[1001];

	memset(big, 'x', sizeof big);
	expect_failure(0x82, big, sizeof big, 1009);
}
END_TEST

START_TEST(fragments_count_together)
{
	unsigned char frames[2048];
	char part[600] = { 0 };
	size_t size = masked(0x02, part, sizeof part, frames);

	size += masked(0x80, part, sizeof part, frames + size);
	for (size_t step = 64; step < 2 * size; step *= 2) {
		struct run r = { 0 };

		feed(&r, frames, size, step);
		expect_close(&r, 1009);
		fini(&r);
	}
}
END_TEST

START_TEST(messages_one_after_the_other_do_not)
{
	unsigned char frame[1024];
	char whole[600] = { 0 };
	struct run r = { 0 };

	for (int i = 0; i < 10; i++)
		feed(&r, frame, masked(0x82, whole, sizeof whole, frame), 64);
	ck_assert(!r.last.is_over);
	ck_assert_uint_eq(r.frames, 10);
	fini(&r);
}
END_TEST

START_TEST(a_frame_that_declares_a_terabyte_gets_1009_by_its_head)
{
	static const unsigned char head[] = { 0x82, 0xff, 0, 0, 1, 0, 0, 0, 0,
		0, 1, 2, 3, 4 };

	for (size_t step = 1; step <= sizeof head; step++) {
		unsigned char bytes[64];
		struct run r = { 0 };
		size_t size = masked(0x82, "before", 6, bytes);

		memcpy(bytes + size, head, sizeof head);
		feed(&r, bytes, size + sizeof head, step);
		expect_close(&r, 1009);
		fini(&r);
	}
}
END_TEST

/* Feed frames that were agreed on to be deflated, in steps of every size. */
static void expect_of_deflated(const void *frames, size_t size, uint16_t code)
{
	for (size_t step = 1; step <= size; step++) {
		struct run r = { .may_deflate = true };

		feed(&r, frames, size, step);
		if (code != 0)
			expect_close(&r, code);
		ck_assert_int_eq(r.last.is_over, code != 0);
		ck_assert_ptr_null(r.dec);
		fini(&r);
	}
}

START_TEST(a_deflated_message_is_thrown_away_as_it_comes)
{
	unsigned char frames[256];
	size_t size = masked(0xc1, "\xff\xc3\x28", 3, frames);

	size += masked(0xc2, "\x00", 1, frames + size);
	expect_of_deflated(frames, size, 0);
	/* Deflated or not, message by message. */
	size = masked(0xc1, "\xff", 1, frames);
	size += masked(0x81, "plain", 5, frames + size);
	expect_of_deflated(frames, size, 0);
	/* In fragments: only the first one says so (RFC 7692, section 6). */
	size = masked(0x41, "\xff\xff", 2, frames);
	size += masked(0x89, "ping", 4, frames + size);
	size += masked(0x00, "\xfe", 1, frames + size);
	size += masked(0x80, "", 0, frames + size);
	expect_of_deflated(frames, size, 0);
}
END_TEST

START_TEST(rsv1_where_it_has_no_meaning_gets_1002)
{
	static const unsigned wrong[] = {
		0xc9, /* a ping */
		0xca, /* a pong */
		0xc8, /* a close frame */
		0xa1, /* RSV2 */
		0x91, /* RSV3 */
		0xe1, /* RSV1 and RSV2 */
		0xc3, /* a reserved opcode */
		0xc0, /* continues nothing */
	};
	unsigned char frames[64];
	size_t size;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		size = masked(wrong[i], "\x03\xe8", 2, frames);
		expect_of_deflated(frames, size, 1002);
	}
	size = masked(0x41, "a", 1, frames);
	size += masked(0xc0, "b", 1, frames + size); /* a later fragment */
	expect_of_deflated(frames, size, 1002);
	size = masked(0x01, "a", 1, frames);
	size += masked(0xc0, "b", 1, frames + size);
	expect_of_deflated(frames, size, 1002);
}
END_TEST

START_TEST(what_was_not_deflated_is_still_checked)
{
	unsigned char frames[64];
	size_t size = masked(0x81, "\xc3\x28", 2, frames);

	expect_of_deflated(frames, size, 1007);
	/* Behind a deflated one, too. */
	size = masked(0xc1, "\xff", 1, frames);
	size += masked(0x81, "\xc3\x28", 2, frames + size);
	expect_of_deflated(frames, size, 1007);
}
END_TEST

START_TEST(a_deflated_message_has_the_same_limit)
{
	unsigned char frame[1100];
	char big[1001] = { 0 };
	size_t size = masked(0xc2, big, sizeof big, frame);
	struct run r = { .may_deflate = true };

	feed(&r, frame, size, 64);
	expect_close(&r, 1009);
	fini(&r);
}
END_TEST

START_TEST(what_is_not_whole_tells_when_it_began)
{
	struct run r = { 0 };
	unsigned char bytes[64];
	size_t len = masked(0x01, "a", 1, bytes); /* a fragment */
	size_t ping;

	feed(&r, bytes, len, len);
	ck_assert(r.dec && r.last.is_fresh);
	ping = masked(0x89, "x", 1, bytes);
	feed(&r, bytes, ping, ping); /* may stand in between */
	ck_assert(r.dec && !r.last.is_fresh);
	len = masked(0x80, "b", 1, bytes); /* its end, and the next one */
	len += masked(0x01, "c", 1, bytes + len);
	feed(&r, bytes, len, len);
	ck_assert(r.dec && r.last.is_fresh);
	feed(&r, bytes, 1, 1); /* half a head */
	ck_assert(r.dec && !r.last.is_fresh);
	fini(&r);
}
END_TEST

UNIT_MAIN("proto/wsdec", what_is_not_whole_tells_when_it_began,
    a_ping_is_answered_and_the_decoder_given_back,
    the_decoder_lives_while_a_frame_or_message_is_half_read,
    a_close_frame_is_answered_with_its_code,
    an_empty_close_frame_is_answered_with_an_empty_one,
    a_client_closes_with_the_codes_of_the_registry,
    a_reason_is_echoed_in_whatever_pieces_it_comes,
    a_reason_that_is_not_utf8_gets_1007, protocol_mistakes_get_1002,
    an_unmasked_frame_gets_1002, text_that_is_not_utf8_gets_1007,
    a_message_over_the_limit_gets_1009, fragments_count_together,
    messages_one_after_the_other_do_not,
    a_frame_that_declares_a_terabyte_gets_1009_by_its_head,
    a_deflated_message_is_thrown_away_as_it_comes,
    rsv1_where_it_has_no_meaning_gets_1002,
    what_was_not_deflated_is_still_checked,
    a_deflated_message_has_the_same_limit)
