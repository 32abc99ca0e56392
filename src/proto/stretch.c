/*
 * stretch: the digest of payloads p1 .. pn is h(p1) * B^(n-1) + .. + h(pn), by
 * 64 bits: to exchange two of them changes it, and what a longer one begins
 * with can be taken off. B is odd, and B - 1 is only once even: a difference
 * of hashes loses a bit or few by it.
 *
 * h is paid for every payload, and nobody who chooses payloads gains by a
 * collision: a multiplication for each word, no keyed hash as for tables.
 */
#include "proto/stretch.h"

#include <endian.h>
#include <string.h>

static const uint64_t base = 0x9e3779b97f4a7c13u;

static inline uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0xbf58476d1ce4e5b9u;
	return h ^ h >> 32;
}

/* Up to 8 bytes as a number that is the same on all machines. */
static inline uint64_t load(const char *p, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, p, len);
	return le64toh(word);
}

static uint64_t add_bytes(uint64_t h, const char *p, size_t len)
{
	size_t at = 0;

	for (; at + 8 <= len; at += 8)
		h = mix(h, load(p + at, 8));
	if (at < len)
		h = mix(h, load(p + at, len - at));
	return h;
}

void stretch_add(struct stretch *s, struct slice channel, struct slice payload)
{
	size_t len = payload.len < STRETCH_BYTES ? payload.len : STRETCH_BYTES;
	uint64_t h = mix(channel.len, payload.len);

	h = add_bytes(h, channel.ptr, channel.len);
	h = add_bytes(h, payload.ptr, len);
	s->count++;
	s->digest = s->digest * base + mix(h, base);
}

static uint64_t base_to(uint64_t exponent)
{
	uint64_t result = 1, square = base;

	for (; exponent > 0; exponent >>= 1) {
		if (exponent & 1)
			result *= square;
		square *= square;
	}
	return result;
}

struct stretch stretch_between(struct stretch from, struct stretch to)
{
	uint64_t count = to.count - from.count;

	return (struct stretch){
		.count = count,
		.digest = to.digest - from.digest * base_to(count),
	};
}
