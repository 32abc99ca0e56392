/*
 * slots: the connections of a worker, each in a place of its own for life.
 *
 * They stand in chunks of 64, at addresses where a cache line begins, and the
 * slot's number finds them, as connection ids and the fan-out to everybody
 * need. Whole chunks come and go: what a storm of clients took is given back.
 */
#ifndef CORE_SLOTS_H
#define CORE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct conn;
struct slot_chunk;

struct slots {
	struct slot_chunk **chunks; /* owned; NULL where there is none */
	uint32_t chunk_count;       /* of that array */
	struct list vacant;         /* chunks with a free slot */
};

void slots_init(struct slots *s);
/* All connections have been given back. */
void slots_fini(struct slots *s);

/* A zeroed connection with its slot filled in, or NULL: memory is out. */
struct conn *slots_take(struct slots *s) __attribute__((warn_unused_result));
void slots_give(struct slots *s, struct conn *c);

/* The connection in this slot; NULL when it is free or there is none such. */
struct conn *slots_find(const struct slots *s, uint32_t slot);

/*
 * Walk all connections: start with *at 0; each call gives the next one, NULL
 * at the end. They may be killed meanwhile, but none freed or added.
 */
struct conn *slots_next(const struct slots *s, uint32_t *at);

#endif
