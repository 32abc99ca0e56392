#include "base/hash.h"

#include <endian.h>
#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, unsigned bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

/* gcc 12 makes this one load; of a loop over bytes it makes a loop. */
static inline uint64_t load_le64(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

/* The last len % 8 bytes. */
static inline uint64_t load_rest(const unsigned char *in, size_t len)
{
	size_t rest = len % 8;
	uint64_t word = 0;

	if (rest > 0 && len > 8)
		return load_le64(in + len - 8) >> (64 - 8 * rest);
	for (size_t i = 0; i < rest; i++)
		word |= (uint64_t)in[i] << (8 * i);
	return word;
}

uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t len)
{
	const unsigned char *in = p;
	size_t whole = len & ~(size_t)7;
	uint64_t last = (uint64_t)len << 56 | load_rest(in, len);
	struct sip s = {
		.v0 = key->k0 ^ 0x736f6d6570736575u,
		.v1 = key->k1 ^ 0x646f72616e646f6du,
		.v2 = key->k0 ^ 0x6c7967656e657261u,
		.v3 = key->k1 ^ 0x7465646279746573u,
	};

	for (size_t i = 0; i < whole; i += 8) {
		uint64_t word = load_le64(in + i);

		s.v3 ^= word;
		sip_round(&s);
		s.v0 ^= word;
	}
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
