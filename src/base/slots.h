/*
 * slots: things of one size, each in a place of its own for life, which has a
 * number that finds it.
 *
 * Things stand in chunks of 64, at addresses where a cache line begins. Whole
 * chunks come and go: what many of them took at one time is given back.
 */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct slot_chunk;

struct slots {
	struct slot_chunk **chunks; /* owned; NULL where there is none */
	uint32_t chunk_count;       /* of that array */
	size_t size;                /* of a thing */
	struct list vacant;         /* chunks with a free slot */
};

/* Make s ready for things of this size, a multiple of 64. */
void slots_init(struct slots *s, size_t size);
/* Free the chunks; all things have been given back. */
void slots_fini(struct slots *s);

/* A zeroed thing and *slot, its number, or NULL: memory is out. */
void *slots_take(struct slots *s, uint32_t *slot)
    __attribute__((warn_unused_result));
void slots_give(struct slots *s, uint32_t slot);

/* The thing in this slot; NULL when it is free or there is none such. */
void *slots_find(const struct slots *s, uint32_t slot);

/*
 * Walk all things: start with *at 0; each call gives the next one, NULL at
 * the end. None may be given or taken meanwhile.
 */
void *slots_next(const struct slots *s, uint32_t *at);

#endif
