/*
 * rng: numbers for tests that try many cases: the same in every run, so that
 * a failure can be repeated. splitmix64 (Steele, Lea and Flood, 2014).
 */
#ifndef TESTS_UNIT_BASE_RNG_H
#define TESTS_UNIT_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* The next number; *state is the seed at first. */
static inline uint64_t rng_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A number below bound, which is not 0. */
static inline uint64_t rng_below(uint64_t *state, uint64_t bound)
{
	return rng_next(state) % bound;
}

static inline void rng_fill(uint64_t *state, unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (unsigned char)rng_next(state);
}

#endif
