/* prefix: see prefix.h. */
#include "base/prefix.h"

#include <errno.h>

#include "base/ascii.h"

enum { V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = 96 };

/* The bits of this byte that belong to a prefix of so many bits. */
static unsigned char mask_of(unsigned bits, unsigned byte)
{
	if (bits >= 8 * (byte + 1))
		return 0xff;
	if (bits <= 8 * byte)
		return 0;
	return (unsigned char)(0xff00u >> (bits - 8 * byte));
}

/* A number up to max, without leading zeros, or -1. */
static int parse_bits(struct slice text, int max)
{
	bool has_zero = text.len > 1 && text.ptr[0] == '0';
	uint64_t bits;

	if (has_zero || !ascii_decimal(text, (uint64_t)max, &bits))
		return -1;
	return (int)bits;
}

/* Cut the bits behind the prefix. Whether any was set. */
static bool cut(struct prefix *p)
{
	bool was_set = false;

	for (unsigned i = 0; i < IP_BYTES; i++) {
		unsigned char kept = p->bytes[i] & mask_of(p->bits, i);

		was_set = was_set || kept != p->bytes[i];
		p->bytes[i] = kept;
	}
	return was_set;
}

static int refuse_bits_behind(const struct prefix *p, struct err *e)
{
	const struct ip base = ip_from_v6(p->bytes);
	unsigned bits = p->bits - (ip_is_v4(&base) ? MAPPED_BITS : 0);
	char text[IP_TEXT_MAX];

	ip_format(&base, text);
	return err_set(e, -EINVAL,
	    "has bits set behind the first %u: write %s/%u, or the address "
	    "alone",
	    bits, text, bits);
}

int prefix_parse(struct prefix *p, struct slice text, struct err *e)
{
	const char *slash = text.len ? memchr(text.ptr, '/', text.len) : NULL;
	size_t len = slash ? (size_t)(slash - text.ptr) : text.len;
	struct slice address = slice_of(text.ptr, len);
	bool is_v4 = len && !memchr(text.ptr, ':', len);
	int max = is_v4 ? V4_BITS : V6_BITS;
	int bits = max;
	struct ip ip;

	if (!ip_parse(address, &ip))
		return err_set(
		    e, -EINVAL, "is no IPv4 or IPv6 address, nor ADDRESS/BITS");
	if (slash)
		bits = parse_bits(slice_after(text, len + 1), max);
	if (bits < 0)
		return err_set(e, -EINVAL,
		    "needs a number from 0 to %d behind the '/'", max);
	p->bits = (unsigned)bits + (is_v4 ? MAPPED_BITS : 0);
	memcpy(p->bytes, ip.bytes, IP_BYTES);
	return cut(p) ? refuse_bits_behind(p, e) : 0;
}

bool prefix_holds(const struct prefix *p, const struct ip *ip)
{
	if (p->bits < MAPPED_BITS && ip_is_v4(ip))
		return false;
	for (unsigned i = 0; i < IP_BYTES && p->bits > 8 * i; i++)
		if ((ip->bytes[i] & mask_of(p->bits, i)) != p->bytes[i])
			return false;
	return true;
}

bool prefix_any_holds(
    const struct prefix *prefixes, size_t count, const struct ip *ip)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_holds(&prefixes[i], ip))
			return true;
	return false;
}

bool prefix_holds_everybody(const struct prefix *p)
{
	const struct ip base = ip_from_v6(p->bytes);

	return p->bits == 0 || (p->bits == MAPPED_BITS && ip_is_v4(&base));
}
