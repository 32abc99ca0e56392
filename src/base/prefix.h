/*
 * prefix: a range of client addresses, as 10.0.0.0/8 or 2001:db8::/32 spell
 * it: who is trusted to speak for others.
 */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/slice.h"

struct prefix {
	unsigned char bytes[IP_BYTES]; /* as in struct ip; 0 behind the bits */
	unsigned bits;                 /* 0 to 128; IPv4 counts from 96 */
};

/*
 * Read an address (a prefix of its own full length) or ADDRESS/BITS. Returns
 * 0, or -EINVAL with e saying what is wrong, also when a bit behind the
 * prefix is set: then nobody knows which of the two the writer meant.
 */
int prefix_parse(struct prefix *p, struct slice text, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Whether the address lies in the prefix. IPv4 addresses lie in prefixes that
 * were written as IPv4 (or as ::ffff:...) only: ::/0 does not hold them.
 */
bool prefix_holds(const struct prefix *p, const struct ip *ip);

/* Whether the address lies in one of count prefixes. */
bool prefix_any_holds(
    const struct prefix *prefixes, size_t count, const struct ip *ip);

/* Whether the prefix holds all IPv4 or all IPv6 addresses: 0.0.0.0/0, ::/0. */
bool prefix_holds_everybody(const struct prefix *p);

#endif
