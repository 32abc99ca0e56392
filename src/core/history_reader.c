#include "core/history_reader.h"

#include <stdlib.h>

#include "core/history_ring.h"
#include "core/message.h"

static uint64_t bit_of(uint64_t hash)
{
	return UINT64_C(1) << (hash >> 58);
}

static int by_hash(const void *a, const void *b)
{
	const struct aim_room *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

void history_sort(struct history_reader *reader)
{
	reader->hashes = bit_of(HASH_EVERYONE) | bit_of(HASH_HOLE) |
			 bit_of(hash_of_connection(&reader->connection));
	for (size_t i = 0; i < reader->room_count; i++)
		reader->hashes |= bit_of(reader->rooms[i].hash);
	if (reader->room_count > 1)
		qsort(reader->rooms, reader->room_count, sizeof *reader->rooms,
		    by_hash);
}

/* The first of its rooms whose hash is not below this one. */
static size_t find_hash(const struct history_reader *reader, uint64_t hash)
{
	size_t low = 0, high = reader->room_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reader->rooms[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether something of this hash may be for the reader. */
static bool is_wanted(const struct history_reader *reader, uint64_t hash)
{
	size_t at = find_hash(reader, hash);

	return (at < reader->room_count && reader->rooms[at].hash == hash) ||
	       hash == HASH_EVERYONE || hash == HASH_HOLE ||
	       hash == hash_of_connection(&reader->connection);
}

/* Whether a room of the message with this hash is one of the reader's. */
static bool names_room(
    const struct aim *aim, const struct history_reader *reader, uint64_t hash)
{
	size_t first = find_hash(reader, hash);

	for (uint32_t i = 0; i < aim->room_count; i++) {
		if (aim->rooms[i].hash != hash)
			continue;
		for (size_t k = first;
		     k < reader->room_count && reader->rooms[k].hash == hash;
		     k++)
			if (slice_eq(reader->rooms[k].name, aim->rooms[i].name))
				return true;
	}
	return false;
}

static bool is_same(const struct conn_ref *a, const struct conn_ref *b)
{
	return a->serial == b->serial && a->worker == b->worker &&
	       a->slot == b->slot;
}

static bool has_connection(const struct conn_ref *refs, uint32_t count,
    const struct conn_ref *connection)
{
	for (uint32_t i = 0; i < count; i++)
		if (is_same(&refs[i], connection))
			return true;
	return false;
}

/* Whether the message leaves it out: by its id, or by what it was called. */
static bool is_spared(
    const struct aim *aim, const struct history_reader *reader)
{
	if (has_connection(
		aim->excepts, aim->except_count, &reader->connection))
		return true;
	for (uint32_t i = 0; i < aim->spared_count; i++)
		for (size_t k = 0; k < reader->alias_count; k++)
			if (slice_eq(aim->spared[i].name, reader->aliases[k]))
				return true;
	return false;
}

/* A tag with this hash may be for the reader: whether it is. */
static bool names_reader(
    const struct aim *aim, const struct history_reader *reader, uint64_t hash)
{
	const struct conn_ref *connection = &reader->connection;

	if (is_spared(aim, reader))
		return false;
	return (hash == HASH_EVERYONE && aim->is_everyone) ||
	       names_room(aim, reader, hash) ||
	       (hash == hash_of_connection(connection) &&
		   has_connection(
		       aim->connections, aim->connection_count, connection));
}

/* The first tag behind this position. */
static uint64_t find_tag(const struct history *h, uint64_t position)
{
	uint64_t low = h->first_tag, high = h->end_tag;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (tag_at(h, middle)->position <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Tags of a reader's hashes, in their order, found by their chains. Where there
 * are more than a few, walking over all is as good.
 */
enum { FOUND_MAX = 512 };

struct found {
	uint64_t tags[FOUND_MAX];
	size_t count;
	size_t looked; /* at these and at others in the chains */
	size_t next;   /* that the scan has not come to */
};

/* False: there are too many. */
static bool find_tags(
    const struct history *h, uint64_t first, uint64_t hash, struct found *f)
{
	uint64_t next = history_chain_last(&h->chain, hash);

	for (; next > first; next = history_chain_back(&h->chain, next)) {
		if (++f->looked > FOUND_MAX)
			return false;
		if (tag_at(h, next - 1)->hash == hash)
			f->tags[f->count++] = next - 1;
	}
	return true;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* All from this tag on; false: there are too many. */
static bool find_all(const struct history *h, uint64_t first,
    const struct history_reader *reader, struct found *f)
{
	const uint64_t hashes[] = { HASH_EVERYONE, HASH_HOLE,
		hash_of_connection(&reader->connection) };

	f->count = f->looked = f->next = 0;
	for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++)
		if (!find_tags(h, first, hashes[i], f))
			return false;
	if (reader->room_count > FOUND_MAX)
		return false;
	for (size_t i = 0; i < reader->room_count; i++)
		if (!find_tags(h, first, reader->rooms[i].hash, f))
			return false;
	qsort(f->tags, f->count, sizeof f->tags[0], by_number);
	return true;
}

/* How far a walk over the tags has come. */
struct scan {
	uint64_t at; /* the next tag, and the first one not to look at */
	uint64_t end;
	uint64_t position; /* the last one that is dealt with */
	uint64_t last;     /* the last one to deal with, and the tag behind */
	uint64_t behind_last;
	struct found *found; /* borrowed; NULL: each tag is looked at */
};

static bool skip_to_found(struct scan *s)
{
	struct found *f = s->found;

	s->at = f->next < f->count ? f->tags[f->next++] : s->end;
	return s->at < s->end;
}

/*
 * On to the first tag whose hash is one of the reader's. False: to the end. Of
 * the others nothing but the tag is looked at.
 */
static bool skip_tags(const struct history *h, struct scan *s,
    const struct history_reader *reader)
{
	if (s->found)
		return skip_to_found(s);
	for (; s->at < s->end; s->at++) {
		uint64_t hash = tag_at(h, s->at)->hash;

		if ((bit_of(hash) & reader->hashes) && is_wanted(reader, hash))
			return true;
	}
	return false;
}

/* The next position that the reader must hear of. 0: there is none. */
static uint64_t next_position(const struct history *h, struct scan *s,
    const struct history_reader *reader)
{
	while (skip_tags(h, s, reader)) {
		const struct tag *t = tag_at(h, s->at++);
		const struct entry *e = entry_at(h, t->position);

		if (t->position <= s->position || e->kind == ENTRY_NOTHING)
			continue; /* dealt with, or forgotten */
		if (e->kind == ENTRY_HOLE ||
		    names_reader(&e->message->aim, reader, t->hash))
			return t->position;
	}
	return 0;
}

/* HISTORY_HEAD: so far so good. */
static enum history_stop take(const struct history *h, struct scan *s,
    uint64_t position, history_visit_fn visit, void *arg)
{
	const struct entry *e = entry_at(h, position);

	if (e->kind == ENTRY_MESSAGE && !visit(arg, e->message)) {
		s->position = position - 1;
		return HISTORY_FULL;
	}
	s->position = position;
	return e->kind == ENTRY_HOLE ? HISTORY_HOLE : HISTORY_HEAD;
}

/* Up to which tag to look: all of one position are looked at together. */
static uint64_t end_of_steps(
    const struct history *h, const struct scan *s, size_t steps)
{
	uint64_t end = s->at + steps;

	if (steps >= s->behind_last - s->at)
		return s->behind_last;
	while (end > h->first_tag && end < s->behind_last &&
	       tag_at(h, end)->position == tag_at(h, end - 1)->position)
		end++;
	return end;
}

/* Nothing more in what was looked at: is that all there is? */
static enum history_stop end_scan(const struct history *h, struct scan *s)
{
	if (s->end == s->behind_last) {
		s->position = s->last;
		return s->last == h->head ? HISTORY_HEAD : HISTORY_END;
	}
	s->position = tag_at(h, s->end)->position - 1;
	return HISTORY_FULL;
}

/*
 * A scan of what is behind this position and holds for the reader; in found is
 * what it needs. Whoever has few steps left takes those.
 */
static struct scan begin_scan(const struct history *h, uint64_t position,
    const struct history_reader *reader, size_t steps, struct found *found)
{
	struct scan s = { .position = position, .last = h->head };

	if (reader->until < h->head && reader->until >= position)
		s.last = reader->until;
	s.at = find_tag(h, position);
	s.behind_last = s.last == h->head ? h->end_tag : find_tag(h, s.last);
	s.end = s.behind_last;
	if (steps >= FOUND_MAX && find_all(h, s.at, reader, found))
		s.found = found;
	else
		s.end = end_of_steps(h, &s, steps);
	return s;
}

static size_t steps_of(const struct scan *s, uint64_t first)
{
	return s->found ? s->found->looked : (size_t)(s->at - first);
}

enum history_stop history_collect(const struct history *h, uint64_t *position,
    const struct history_reader *reader, size_t *steps, history_visit_fn visit,
    void *arg)
{
	enum history_stop stop = HISTORY_HEAD;
	struct found found;
	struct scan s;
	uint64_t first, next;
	size_t taken;

	if (*position < h->floor)
		return HISTORY_GONE;
	s = begin_scan(h, *position, reader, *steps, &found);
	first = s.at;
	while (stop == HISTORY_HEAD && (next = next_position(h, &s, reader)))
		stop = take(h, &s, next, visit, arg);
	taken = steps_of(&s, first);
	*steps -= taken < *steps ? taken : *steps;
	if (stop == HISTORY_HEAD)
		stop = end_scan(h, &s);
	*position = s.position;
	return stop;
}

/* --- backwards --- */

struct history_search history_search_last(
    const struct history *h, uint64_t count)
{
	return (struct history_search){
		.left = count,
		.end = h->end_tag,
		.position = h->head,
	};
}

/* Whether what this tag is of is a message for the reader. */
static bool is_for(const struct history *h, const struct tag *t,
    const struct history_reader *reader)
{
	const struct entry *e = entry_at(h, t->position);

	return (bit_of(t->hash) & reader->hashes) &&
	       is_wanted(reader, t->hash) && e->kind == ENTRY_MESSAGE &&
	       names_reader(&e->message->aim, reader, t->hash);
}

/* A message may have several names: each is one of the last once. */
bool history_search(const struct history *h, struct history_search *search,
    const struct history_reader *reader, size_t *steps)
{
	while (search->left > 0 && search->end > h->first_tag) {
		const struct tag *t;

		if (*steps == 0)
			return false;
		(*steps)--;
		t = tag_at(h, --search->end);
		if (t->position > search->position || !is_for(h, t, reader))
			continue;
		search->position = t->position - 1;
		search->left--;
	}
	if (search->position < h->floor)
		search->position = h->floor;
	return true;
}
