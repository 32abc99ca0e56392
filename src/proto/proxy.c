/* proxy: see proxy.h. */
#include "proto/proxy.h"

#include <string.h>

#include "base/ascii.h"

enum {
	V1_TEXT_MAX = 105, /* the line without its CR LF */
	V2_HEAD = 16,      /* signature, version and command, family, length */
	V2_SIGNATURE = 12,
	TLV_HEAD = 3,
};

enum v2_command { V2_LOCAL = 0, V2_PROXY = 1 };
enum v2_family { V2_UNSPEC = 0, V2_INET = 1, V2_INET6 = 2, V2_UNIX = 3 };
enum { V2_TRANSPORT_MAX = 2 }; /* unspecified, stream, datagram */

static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
_Static_assert(sizeof signature - 1 == V2_SIGNATURE, "twelve bytes");

static enum proxy_status bad(const char **why, const char *text)
{
	*why = text;
	return PROXY_BAD;
}

/* --- version 1 --- */

/* Take what stands in front of the next space, or all that is left. */
static bool take_address(struct slice *line, bool is_v6, struct ip *ip)
{
	struct slice word = slice_cut(line, ' ');

	return word.len > 0 && is_v6 == !!memchr(word.ptr, ':', word.len) &&
	       ip_parse(word, ip);
}

static bool take_port(struct slice *line, uint16_t *out)
{
	struct slice word = slice_cut(line, ' ');
	bool has_zero = word.len > 1 && word.ptr[0] == '0';

	return !has_zero && ascii_port(word, out);
}

/* The line behind "PROXY ", without its CR LF. */
static enum proxy_status parse_v1_line(
    struct slice line, struct proxy_header *out, const char **why)
{
	struct slice whole = line, family = slice_cut(&line, ' ');
	bool is_v6 = slice_eq(family, slice_str("TCP6"));
	struct ip ignored_ip;
	uint16_t ignored_port;

	if (slice_eq(family, slice_str("UNKNOWN")))
		return PROXY_DONE; /* whatever follows counts for nothing */
	if (!is_v6 && !slice_eq(family, slice_str("TCP4")))
		return bad(why, "a PROXY line of no known family");
	if (!take_address(&line, is_v6, &out->source) ||
	    !take_address(&line, is_v6, &ignored_ip))
		return bad(why, "a PROXY line with a broken address");
	if (!take_port(&line, &out->port) || !take_port(&line, &ignored_port) ||
	    line.len > 0 || whole.ptr[whole.len - 1] == ' ')
		return bad(why, "a PROXY line with a broken port");
	out->has_source = true;
	return PROXY_DONE;
}

static enum proxy_status parse_v1(struct slice bytes, size_t front,
    struct proxy_header *out, const char **why)
{
	size_t end = 0;

	while (end < bytes.len && end < V1_TEXT_MAX &&
	       (unsigned char)bytes.ptr[end] >= ' ')
		end++;
	if (end == bytes.len)
		return PROXY_MORE;
	if (bytes.ptr[end] != '\r')
		return bad(why, "a PROXY line too long, or not a line");
	if (end + 1 == bytes.len)
		return PROXY_MORE;
	if (bytes.ptr[end + 1] != '\n')
		return bad(why, "a PROXY line with a bare carriage return");
	out->size = end + 2;
	return parse_v1_line(
	    slice_of(bytes.ptr + front, end - front), out, why);
}

/* --- version 2 --- */

static unsigned read_16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* How many bytes the two addresses of a family take. */
static size_t addresses_len(unsigned family)
{
	static const size_t lens[] = { [V2_UNSPEC] = 0,
		[V2_INET] = 2 * 4 + 2 * 2,
		[V2_INET6] = 2 * 16 + 2 * 2,
		[V2_UNIX] = 2 * 108 };

	return lens[family];
}

static bool tlvs_fit(const unsigned char *p, size_t len)
{
	while (len > 0) {
		size_t whole;

		if (len < TLV_HEAD)
			return false;
		whole = TLV_HEAD + read_16(p + 1);
		if (whole > len)
			return false;
		p += whole;
		len -= whole;
	}
	return true;
}

/*
 * The part behind the head: source, destination, their ports, TLVs. The source
 * of datagrams counts as well: a balancer that ends QUIC connects by TCP behind
 * it.
 */
static enum proxy_status parse_v2_addresses(unsigned family,
    const unsigned char *p, size_t len, struct proxy_header *out,
    const char **why)
{
	size_t addresses = addresses_len(family);

	if (len < addresses)
		return bad(why, "a PROXY header too short for its addresses");
	if (family == V2_UNSPEC) /* its form is nobody's promise */
		return PROXY_DONE;
	if (!tlvs_fit(p + addresses, len - addresses))
		return bad(why, "a PROXY header with a broken extension");
	if (family == V2_UNIX)
		return PROXY_DONE;
	out->has_source = true;
	out->source = family == V2_INET ? ip_from_v4(p) : ip_from_v6(p);
	out->port = (uint16_t)read_16(p + addresses - 4);
	return PROXY_DONE;
}

static enum proxy_status parse_v2(
    struct slice bytes, struct proxy_header *out, const char **why)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr;
	unsigned version, command, family, transport;
	size_t len;

	if (bytes.len < V2_HEAD)
		return PROXY_MORE;
	version = p[12] >> 4;
	command = p[12] & 0x0f;
	family = p[13] >> 4;
	transport = p[13] & 0x0f;
	len = read_16(p + 14);
	if (version != 2 || command > V2_PROXY)
		return bad(why, "a PROXY header of an unknown version");
	if (len > PROXY_HEADER_MAX - V2_HEAD)
		return bad(why, "a PROXY header too long");
	if (command == V2_PROXY &&
	    (family > V2_UNIX || transport > V2_TRANSPORT_MAX))
		return bad(why, "a PROXY header of no known family");
	if (bytes.len < V2_HEAD + len)
		return PROXY_MORE;
	out->size = V2_HEAD + len;
	if (command == V2_LOCAL || transport == 0)
		return PROXY_DONE; /* the balancer speaks for itself */
	return parse_v2_addresses(family, p + V2_HEAD, len, out, why);
}

/* Whether a and b begin alike, as far as both go. */
static bool begins_like(struct slice bytes, struct slice front)
{
	size_t len = bytes.len < front.len ? bytes.len : front.len;

	return len == 0 || !memcmp(bytes.ptr, front.ptr, len);
}

enum proxy_status proxy_parse(
    struct slice bytes, struct proxy_header *out, const char **why)
{
	struct slice v1 = slice_str("PROXY ");
	struct slice v2 = slice_of(signature, V2_SIGNATURE);

	*out = (struct proxy_header){ 0 };
	if (bytes.len == 0)
		return PROXY_MORE;
	if (begins_like(bytes, v2))
		return parse_v2(bytes, out, why);
	if (!begins_like(bytes, v1))
		return bad(why, "no PROXY header");
	if (bytes.len < v1.len)
		return PROXY_MORE;
	return parse_v1(bytes, v1.len, out, why);
}
