/*
 * hash: a keyed hash for names that come from outside.
 *
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012, in its 1-3 variant): without the key nobody can choose names that
 * fall into one bucket.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0;
	uint64_t k1;
};

/* The hash of len bytes under the key. Pure; any thread. */
uint64_t hash_bytes(const struct hash_key *key, const void *p, size_t len);

#endif
