/*
 * redis_back: how far back a stream is worth reading: from its newest entry on,
 * as many as there is memory for, and none that is too old. Or, where it may
 * have gone another way than what was read, back to where that was.
 */
#ifndef BACKEND_REDIS_BACK_H
#define BACKEND_REDIS_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/place.h"

struct redis_entry;
struct redis_known;

struct redis_back {
	size_t budget;     /* bytes of memory that are left */
	int64_t oldest_ms; /* what is older is not worth it */
	bool is_begun;     /* there is an entry */
	bool has_floor;    /* and one that is not worth it: the last one */
	struct place newest;
	struct place last; /* the one that has come last, with its hash */
	uint64_t last_hash;

	const struct redis_known *known; /* borrowed; NULL: no fork is sought */
	struct place read;               /* up to there other ones were read */
	bool has_unforked;               /* there is one that is no later, */
	struct place unforked;           /* of which the newest is this one */
	uint64_t unforked_hash;
};

void redis_back_begin(struct redis_back *b, size_t budget, int64_t oldest_ms);

/*
 * Look for the newest entry that is known, behind which all is new to us; known
 * is borrowed. Where there is none, only what is later than `read` is new.
 */
void redis_back_seek(struct redis_back *b, size_t budget,
    const struct redis_known *known, const struct place *read);

/* The next entry, from the newest on. Nothing behind the floor. */
void redis_back_take(struct redis_back *b, const struct redis_entry *e);

/* That was the first entry of the stream. */
void redis_back_end(struct redis_back *b);

#endif
