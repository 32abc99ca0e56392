/*
 * stretch: the digest of payloads p1 .. pn is h(p1) * B^(n-1) + .. + h(pn), by
 * 64 bits: to exchange two of them changes it, and what a longer one begins
 * with can be taken off. B is odd, and B - 1 is only once even: a difference
 * of hashes loses a bit or few by it.
 */
#include "proto/stretch.h"

#include "base/hash.h"

static const uint64_t base = 0x9e3779b97f4a7c13u;

void stretch_add(struct stretch *s, struct slice channel, struct slice payload)
{
	static const struct hash_key fixed = { 0x6d61726b73206f66u,
		0x726f6f6d63617374u };
	size_t len = payload.len < STRETCH_BYTES ? payload.len : STRETCH_BYTES;
	struct hash_key key = { hash_bytes(&fixed, channel.ptr, channel.len),
		payload.len };

	s->count++;
	s->digest = s->digest * base + hash_bytes(&key, payload.ptr, len);
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
