/* census: see census.h. */
#include "core/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/interest.h"
#include "core/room.h"
#include "core/worker.h"

/* What a turn is held up by: a fraction of a millisecond each. */
enum { NAMES_MAX = 1024, COUNT_MAX = 256 };
/* For how long is looked: for a page, and for the largest. */
enum { PAGE_MS = 2000, LARGEST_MS = 4000 };
/* Of the largest: rooms that are looked at together. */
enum { TOGETHER_MAX = 512 };

static struct census *census_of(struct survey *s)
{
	return container_of(s, struct census, survey);
}

/* --- members: the workers' threads --- */

static void count_some(struct ask *a, struct worker *w)
{
	struct census *c = census_of(survey_of(a));
	struct survey *s = &c->survey;
	size_t fresh = c->count - c->counted;

	for (int i = 0; i < COUNT_MAX && s->at < fresh; i++, s->at++) {
		struct census_room *entry = &c->rooms[c->counted + s->at];
		const struct room *r = room_find(
		    &w->rooms, slice_of(entry->name, entry->len), entry->hash);

		entry->members += r ? r->count : 0;
	}
	s->is_over = s->at == fresh;
}

/* --- names: the main thread --- */

static bool is_wanted(const struct census *c, const struct interest *room)
{
	struct slice name = interest_name(room);

	return room->workers && !room_name_is_of_user(name) &&
	       slice_starts_with(
		   name, slice_of(c->query.prefix, c->query.prefix_len));
}

static bool is_late(const struct census *c)
{
	return clock_ms() >= c->until_ms;
}

static void note(struct census *c, const struct interest *room)
{
	struct census_room *entry = &c->rooms[c->count++];
	struct slice name = interest_name(room);

	entry->hash = room->node.hash;
	entry->members = 0;
	entry->len = name.len;
	memcpy(entry->name, name.ptr, name.len);
}

static void name_some(struct survey *s);

/* So that the main thread has a turn in between. */
static void come_back(struct ask *a, struct worker *w)
{
	(void)w;
	survey_of(a)->is_enough = true;
}

static const struct interest *room_from(const struct census *c, uint64_t place)
{
	struct map_node *node = map_from(&c->interests->rooms, place);

	return node ? container_of(node, struct interest, node) : NULL;
}

/* How many may stand in rooms by now. */
static size_t room_for(const struct census *c)
{
	return c->query.by_members ? c->counted + TOGETHER_MAX : c->query.limit;
}

/* The page is full or there are no more: next is 0 then. */
static bool has_names(struct census *c)
{
	for (int i = 0; i < NAMES_MAX && c->count < room_for(c); i++) {
		const struct interest *room = room_from(c, c->next);

		if (!room) {
			c->next = 0;
			return true;
		}
		if (is_wanted(c, room))
			note(c, room);
		c->next = map_place(&room->node) + 1;
		if (c->next == 0)
			return true;
	}
	return c->count == room_for(c);
}

/* --- the largest --- */

/* More members first, else by name. */
static int compare(const void *x, const void *y)
{
	const struct census_room *a = x, *b = y;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->name, b->name, len);

	if (a->members != b->members)
		return a->members < b->members ? 1 : -1;
	if (order == 0)
		return (a->len > b->len) - (a->len < b->len);
	return order;
}

static void keep_largest(struct census *c)
{
	qsort(c->rooms, c->count, sizeof *c->rooms, compare);
	if (c->count > c->query.limit)
		c->count = c->query.limit;
	c->counted = c->count;
}

static void on_counted(struct survey *s)
{
	struct census *c = census_of(s);

	if (c->query.by_members) {
		keep_largest(c);
		if (c->next != 0 && !is_late(c)) {
			name_some(s);
			return;
		}
	}
	c->on_done(c->arg, c);
}

/* --- its rounds --- */

/* However late it is, some are looked at: each page is a step on. */
static void name_some(struct survey *s)
{
	struct census *c = census_of(s);

	if (has_names(c) || is_late(c))
		survey_run(s, 0, 0, count_some, on_counted);
	else
		survey_run(s, 0, 0, come_back, name_some);
}

/* --- for its owner --- */

static void free_census(struct survey *s)
{
	struct census *c = census_of(s);

	free(c->rooms);
	free(c);
}

struct census *census_open(struct outbox *o, struct list *surveys,
    const struct interests *interests, const struct census_query *query,
    census_done_fn on_done, void *arg)
{
	struct census *c = xcalloc(1, sizeof *c);

	c->query = *query;
	c->interests = interests;
	c->on_done = on_done;
	c->arg = arg;
	c->next = query->from;
	c->until_ms = clock_ms() + (query->by_members ? LARGEST_MS : PAGE_MS);
	c->rooms = xcalloc(query->limit + TOGETHER_MAX, sizeof *c->rooms);
	survey_open(&c->survey, o, surveys, free_census);
	name_some(&c->survey);
	return c;
}

void census_close(struct census *c)
{
	survey_close(&c->survey);
}
