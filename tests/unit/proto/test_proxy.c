/*
 * proxy: both versions of the header, whole and byte by byte, and one mistake
 * at a time.
 */
#include <stdio.h>
#include <string.h>

#include "proto/proxy.h"
#include "unit.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

enum { V2_HEAD = 16, REST = 5 };

/* Version 2 in the making. */
struct v2 {
	unsigned char bytes[2 * PROXY_HEADER_MAX];
	size_t len;
};

static void put(struct v2 *v, const void *p, size_t len)
{
	memcpy(v->bytes + v->len, p, len);
	v->len += len;
}

static void put_head(struct v2 *v, unsigned command, unsigned family)
{
	const unsigned char bytes[] = { (unsigned char)command,
		(unsigned char)family, 0, 0 };

	v->len = 0;
	put(v, SIGNATURE, 12);
	put(v, bytes, sizeof bytes);
}

/* Write the length of what follows the head. */
static void finish(struct v2 *v)
{
	v->bytes[14] = (unsigned char)((v->len - V2_HEAD) >> 8);
	v->bytes[15] = (unsigned char)(v->len - V2_HEAD);
}

static void put_v4(struct v2 *v)
{
	static const unsigned char bytes[] = { 192, 0, 2, 7, 10, 0, 0, 1, 0x12,
		0x67, 0x01, 0xbb };

	put(v, bytes, sizeof bytes);
}

static enum proxy_status parse(
    const void *bytes, size_t len, struct proxy_header *h)
{
	const char *why = NULL;
	enum proxy_status status = proxy_parse(slice_of(bytes, len), h, &why);

	ck_assert_int_eq(why != NULL, status == PROXY_BAD);
	if (why)
		ck_assert_uint_gt(strlen(why), 0);
	return status;
}

/* Each piece is fine so far; the whole is done, and what follows is left. */
static struct proxy_header parsed(const void *bytes, size_t len)
{
	char more[2 * PROXY_HEADER_MAX];
	struct proxy_header h;

	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(parse(bytes, i, &h), PROXY_MORE);
	memcpy(more, bytes, len);
	memcpy(more + len, "GET /", REST);
	ck_assert_int_eq(parse(more, len + REST, &h), PROXY_DONE);
	ck_assert_uint_eq(h.size, len);
	return h;
}

static void check_source(
    const struct proxy_header *h, const char *address, unsigned port)
{
	char text[IP_TEXT_MAX];

	ck_assert(h->has_source);
	ip_format(&h->source, text);
	ck_assert_str_eq(text, address);
	ck_assert_uint_eq(h->port, port);
}

static void check_line(const char *line, const char *address, unsigned port)
{
	struct proxy_header h = parsed(line, strlen(line));

	check_source(&h, address, port);
}

START_TEST(a_line_names_the_source)
{
	check_line(
	    "PROXY TCP4 192.0.2.7 10.0.0.1 4711 443\r\n", "192.0.2.7", 4711);
	check_line(
	    "PROXY TCP6 2001:db8::7 ::1 65535 443\r\n", "2001:db8::7", 65535);
	check_line("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0", 0);
	check_line("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7", 1);
	check_line("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
}
END_TEST

START_TEST(an_unknown_line_keeps_the_socket_s_address)
{
	static const char *const lines[] = { "PROXY UNKNOWN\r\n",
		"PROXY UNKNOWN anything 7\r\n",
		("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n") };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert(!parsed(lines[i], strlen(lines[i])).has_source);
	ck_assert_uint_eq(strlen(lines[2]), 107); /* the longest there is */
}
END_TEST

START_TEST(broken_lines_are_refused)
{
	static const char *const lines[] = {
		"GET / HTTP/1.1\r\n",
		"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXYTCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY\r\n",
		"PROXY \r\n",
		"PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY UNKNOWNX\r\n",
		"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP4\r\n",
		"PROXY TCP4 1.2.3.4\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
		"PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n",
		"PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
		"PROXY TCP6 [::1] [::1] 1 2\r\n",
		"PROXY TCP6 ::1%lo ::1 1 2\r\n",
		"PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
		"PROXY TCP4 1.2.3.4 host 1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 655350 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1x 2\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n",
		"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx",
		"PROXY UNKNOWN \x01\r\n",
		"PROXY UNKNOWN\nGET / HTTP/1.1\r\n",
	};
	struct proxy_header h;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		ck_assert_msg(
		    parse(lines[i], strlen(lines[i]), &h) == PROXY_BAD, "%s",
		    lines[i]);
}
END_TEST

START_TEST(a_nul_byte_does_not_end_a_line)
{
	static const char line[] = "PROXY UNKNOWN\0\r\n";
	struct proxy_header h;

	ck_assert_int_eq(parse(line, sizeof line - 1, &h), PROXY_BAD);
}
END_TEST

START_TEST(a_line_ends_within_107_bytes)
{
	char line[200];
	struct proxy_header h;

	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	ck_assert_int_eq(parse(line, 105, &h), PROXY_MORE);
	ck_assert_int_eq(parse(line, 106, &h), PROXY_BAD);
	memcpy(line + 105, "\r\n", 2);
	(void)parsed(line, 107);
	memcpy(line + 105, "x\r\n", 3);
	ck_assert_int_eq(parse(line, 108, &h), PROXY_BAD);
}
END_TEST

START_TEST(what_is_no_header_is_told_by_its_first_bytes)
{
	struct proxy_header h;

	ck_assert_int_eq(parse("", 0, &h), PROXY_MORE);
	ck_assert_int_eq(parse("G", 1, &h), PROXY_BAD);
	ck_assert_int_eq(parse("POST", 4, &h), PROXY_BAD);
	ck_assert_int_eq(parse("\r\n\r\nG", 5, &h), PROXY_BAD);
	ck_assert_int_eq(parse("\x16\x03\x01", 3, &h), PROXY_BAD); /* TLS */
}
END_TEST

START_TEST(a_binary_header_names_the_source)
{
	static const unsigned char v6[36] = { 0x20, 0x01, 0x0d,
		0xb8, [15] = 7, [31] = 1, [32] = 0x12, 0x67, 0x01, 0xbb };
	struct v2 v;
	struct proxy_header h;

	put_head(&v, 0x21, 0x11);
	put_v4(&v);
	finish(&v);
	h = parsed(v.bytes, v.len);
	check_source(&h, "192.0.2.7", 4711);
	put_head(&v, 0x21, 0x21);
	put(&v, v6, sizeof v6);
	finish(&v);
	h = parsed(v.bytes, v.len);
	check_source(&h, "2001:db8::7", 4711);
	put_head(&v, 0x21, 0x12); /* a balancer that ends QUIC */
	put_v4(&v);
	finish(&v);
	h = parsed(v.bytes, v.len);
	check_source(&h, "192.0.2.7", 4711);
}
END_TEST

START_TEST(a_balancer_that_speaks_for_itself_names_nobody)
{
	static const unsigned families[] = { 0x00, 0x11, 0x21, 0xff };
	struct v2 v;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		put_head(&v, 0x20, families[i]);
		put(&v, "\xff\xff\xff", i); /* skipped, whatever it is */
		finish(&v);
		ck_assert(!parsed(v.bytes, v.len).has_source);
	}
	put_head(&v, 0x21, 0x00);
	put(&v, "\xff\xff", 2);
	finish(&v);
	ck_assert(!parsed(v.bytes, v.len).has_source);
	put_head(&v, 0x21, 0x10); /* a family without a transport */
	put_v4(&v);
	finish(&v);
	ck_assert(!parsed(v.bytes, v.len).has_source);
}
END_TEST

START_TEST(unix_sockets_name_nobody)
{
	static const unsigned char paths[216] = "/run/a.sock";
	struct v2 v;

	put_head(&v, 0x21, 0x31);
	put(&v, paths, sizeof paths);
	put(&v, "\x04\0\x01x", 4);
	finish(&v);
	ck_assert(!parsed(v.bytes, v.len).has_source);
	v.len = V2_HEAD + 215;
	finish(&v);
	ck_assert_int_eq(
	    parse(v.bytes, v.len, &(struct proxy_header){ 0 }), PROXY_BAD);
}
END_TEST

START_TEST(extensions_are_skipped_within_their_bounds)
{
	struct v2 v;
	struct proxy_header h;

	put_head(&v, 0x21, 0x11);
	put_v4(&v);
	put(&v, "\x01\0\x02h2", 5);               /* ALPN */
	put(&v, "\x03\0\x04\x01\x02\x03\x04", 7); /* a CRC that is wrong */
	put(&v, "\x04\0\0", 3);                   /* NOOP, empty */
	finish(&v);
	h = parsed(v.bytes, v.len);
	check_source(&h, "192.0.2.7", 4711);
}
END_TEST

START_TEST(extensions_past_the_end_are_refused)
{
	static const struct {
		const char *bytes;
		size_t len;
	} tails[] = { { "\x04", 1 }, { "\x04\0", 2 }, { "\x04\0\x01", 3 },
		{ "\x04\0\x02x", 4 }, { "\x04\xff\xff\x01", 4 },
		{ "\x04\0\x01xy", 5 }, { "\x04\0\0\x04\0\x01", 6 } };

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		struct v2 v;
		struct proxy_header h;

		put_head(&v, 0x21, 0x11);
		put_v4(&v);
		put(&v, tails[i].bytes, tails[i].len);
		finish(&v);
		ck_assert_int_eq(parse(v.bytes, v.len, &h), PROXY_BAD);
	}
}
END_TEST

static enum proxy_status parse_head(
    unsigned command, unsigned family, size_t len)
{
	struct v2 v;
	struct proxy_header h;

	memset(&v, 0, sizeof v);
	put_head(&v, command, family);
	v.len += len;
	finish(&v);
	return parse(v.bytes, v.len, &h);
}

START_TEST(binary_headers_of_no_known_kind_are_refused)
{
	ck_assert_int_eq(parse_head(0x11, 0x11, 12), PROXY_BAD); /* version */
	ck_assert_int_eq(parse_head(0x31, 0x11, 12), PROXY_BAD);
	ck_assert_int_eq(parse_head(0x01, 0x11, 12), PROXY_BAD);
	ck_assert_int_eq(parse_head(0x22, 0x11, 12), PROXY_BAD); /* command */
	ck_assert_int_eq(parse_head(0x2f, 0x11, 12), PROXY_BAD);
	ck_assert_int_eq(parse_head(0x21, 0x41, 12), PROXY_BAD); /* family */
	ck_assert_int_eq(parse_head(0x21, 0x13, 12), PROXY_BAD);
	ck_assert_int_eq(parse_head(0x21, 0x11, 11), PROXY_BAD); /* short */
	ck_assert_int_eq(parse_head(0x21, 0x11, 0), PROXY_BAD);
	ck_assert_int_eq(parse_head(0x21, 0x21, 35), PROXY_BAD);
}
END_TEST

/* Refused by its head alone: nobody need send what it announces. */
START_TEST(a_binary_header_is_at_most_536_bytes)
{
	struct v2 v;
	struct proxy_header h;

	ck_assert_int_eq(parse_head(0x20, 0, 520), PROXY_DONE);
	ck_assert_int_eq(parse_head(0x20, 0, 521), PROXY_BAD);
	put_head(&v, 0x21, 0x11);
	v.bytes[14] = v.bytes[15] = 0xff;
	ck_assert_int_eq(parse(v.bytes, V2_HEAD, &h), PROXY_BAD);
}
END_TEST

UNIT_MAIN("proto/proxy", a_line_names_the_source,
    an_unknown_line_keeps_the_socket_s_address, broken_lines_are_refused,
    a_nul_byte_does_not_end_a_line, a_line_ends_within_107_bytes,
    what_is_no_header_is_told_by_its_first_bytes,
    a_binary_header_names_the_source,
    a_balancer_that_speaks_for_itself_names_nobody, unix_sockets_name_nobody,
    extensions_are_skipped_within_their_bounds,
    extensions_past_the_end_are_refused,
    binary_headers_of_no_known_kind_are_refused,
    a_binary_header_is_at_most_536_bytes)
