/*
 * bytes16: sixteen bytes at once. Whatever processor it is, a compiler knows
 * how to do this with it; comparisons of two give 0xff where they hold, else 0.
 */
#ifndef BASE_BYTES16_H
#define BASE_BYTES16_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* Those from p on, which may stand anywhere. */
static inline bytes16 bytes16_load(const char *p)
{
	bytes16 bytes;

	memcpy(&bytes, p, sizeof bytes);
	return bytes;
}

/* Sixteen times the same. */
static inline bytes16 bytes16_each(char c)
{
	bytes16 bytes;

	memset(&bytes, c, sizeof bytes);
	return bytes;
}

/* As two words, in each of which the first byte is the lowest. */
struct bytes16_halves {
	uint64_t first, second;
};

static inline struct bytes16_halves bytes16_halves(bytes16 bytes)
{
	struct bytes16_halves halves;

	_Static_assert(sizeof halves == sizeof bytes, "one behind the other");
	memcpy(&halves, &bytes, sizeof halves);
	halves.first = le64toh(halves.first);
	halves.second = le64toh(halves.second);
	return halves;
}

/* The place of the first that is not 0; of all zeros 16. */
static inline unsigned bytes16_first(bytes16 bytes)
{
	struct bytes16_halves halves = bytes16_halves(bytes);

	if (halves.first)
		return (unsigned)__builtin_ctzll(halves.first) / 8;
	if (halves.second)
		return 8 + (unsigned)__builtin_ctzll(halves.second) / 8;
	return sizeof bytes;
}

#endif
