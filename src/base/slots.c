#include "base/slots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CHUNK_SLOTS = 64 };

struct slot_chunk {
	struct list node; /* in slots.vacant, unless it is full */
	uint64_t taken;   /* bit set */
	uint32_t first;   /* its first slot's number */
	_Alignas(64) unsigned char places[]; /* CHUNK_SLOTS of s->size bytes */
};

void slots_init(struct slots *s, size_t size)
{
	assert(size % _Alignof(struct slot_chunk) == 0);
	*s = (struct slots){ .size = size };
	list_init(&s->vacant);
}

void slots_fini(struct slots *s)
{
	for (uint32_t i = 0; i < s->chunk_count; i++) {
		assert(!s->chunks[i] || s->chunks[i]->taken == 0);
		free(s->chunks[i]);
	}
	free(s->chunks);
}

/* An index of chunks that has none; chunk_count when all have. */
static uint32_t vacant_index(const struct slots *s)
{
	uint32_t i = 0;

	while (i < s->chunk_count && s->chunks[i])
		i++;
	return i;
}

static struct slot_chunk *add_chunk(struct slots *s)
{
	uint32_t index = vacant_index(s);
	struct slot_chunk *chunk;

	if (index == s->chunk_count) {
		uint32_t count = index ? index * 2 : 1;
		struct slot_chunk **chunks =
		    try_realloc(s->chunks, count * sizeof(*chunks));

		if (!chunks)
			return NULL;
		memset(chunks + index, 0, (count - index) * sizeof *chunks);
		s->chunks = chunks;
		s->chunk_count = count;
	}
	chunk = aligned_alloc(
	    _Alignof(struct slot_chunk), sizeof *chunk + CHUNK_SLOTS * s->size);
	if (!chunk)
		return NULL;
	mem_rest(chunk->places, CHUNK_SLOTS * s->size);
	chunk->taken = 0;
	chunk->first = index * CHUNK_SLOTS;
	list_init(&chunk->node);
	list_add(&s->vacant, &chunk->node);
	s->chunks[index] = chunk;
	return chunk;
}

static void *place(const struct slots *s, struct slot_chunk *chunk, unsigned i)
{
	return chunk->places + i * s->size;
}

/* Take slot i, which is free, of a chunk. */
static void *occupy(struct slots *s, struct slot_chunk *chunk, unsigned i)
{
	void *thing = place(s, chunk, i);

	chunk->taken |= UINT64_C(1) << i;
	if (chunk->taken == UINT64_MAX)
		list_del(&chunk->node);
	mem_wake(thing, s->size);
	return memset(thing, 0, s->size);
}

void *slots_take(struct slots *s, uint32_t *slot)
{
	struct slot_chunk *chunk;
	unsigned i;

	if (!list_is_empty(&s->vacant))
		chunk = container_of(s->vacant.next, struct slot_chunk, node);
	else
		chunk = add_chunk(s);
	if (!chunk)
		return NULL;
	i = (unsigned)__builtin_ctzll(~chunk->taken);
	*slot = chunk->first + i;
	return occupy(s, chunk, i);
}

void slots_give(struct slots *s, uint32_t slot)
{
	struct slot_chunk *chunk = s->chunks[slot / CHUNK_SLOTS];

	if (chunk->taken == UINT64_MAX)
		list_add(&s->vacant, &chunk->node);
	chunk->taken &= ~(UINT64_C(1) << slot % CHUNK_SLOTS);
	mem_rest(place(s, chunk, slot % CHUNK_SLOTS), s->size);
	if (chunk->taken != 0)
		return;
	s->chunks[slot / CHUNK_SLOTS] = NULL;
	list_del(&chunk->node);
	free(chunk);
}

void *slots_find(const struct slots *s, uint32_t slot)
{
	struct slot_chunk *chunk;

	if (slot / CHUNK_SLOTS >= s->chunk_count)
		return NULL;
	chunk = s->chunks[slot / CHUNK_SLOTS];
	if (!chunk || !(chunk->taken >> slot % CHUNK_SLOTS & 1))
		return NULL;
	return place(s, chunk, slot % CHUNK_SLOTS);
}

void *slots_next(const struct slots *s, uint32_t *at)
{
	while (*at / CHUNK_SLOTS < s->chunk_count) {
		struct slot_chunk *chunk = s->chunks[*at / CHUNK_SLOTS];
		uint64_t left = chunk ? chunk->taken >> *at % CHUNK_SLOTS : 0;

		if (left != 0) {
			*at += (uint32_t)__builtin_ctzll(left);
			return place(s, chunk, (*at)++ % CHUNK_SLOTS);
		}
		*at += CHUNK_SLOTS - *at % CHUNK_SLOTS;
	}
	return NULL;
}
