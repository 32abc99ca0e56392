#include <assert.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "core/history.h"
#include "core/history_ring.h"
#include "core/message.h"
#include "core/metrics.h"

enum { FIRST_ENTRIES = 1024, FIRST_TAGS = 1024 };

/* --- life --- */

void ring_init(struct history *h)
{
	h->entry_cap = FIRST_ENTRIES;
	h->entries = xcalloc(h->entry_cap, sizeof *h->entries);
	h->tag_cap = FIRST_TAGS;
	h->tags = xcalloc(h->tag_cap, sizeof *h->tags);
	if (!history_chain_init(&h->chain, h->tag_cap))
		fatal("history", "out of memory");
}

void ring_fini(struct history *h)
{
	ring_drop_all(h);
	free(h->entries);
	free(h->tags);
	history_chain_fini(&h->chain);
}

/* --- what goes --- */

/*
 * What still waits for somebody is theirs from here on: queued memory, which
 * the last of them takes off.
 */
static void give_back(struct history *h, struct message *m)
{
	metrics_add(h->metrics, METRIC_QUEUED_MEMORY, m->bytes);
	metrics_sub(h->metrics, METRIC_QUEUED_MEMORY, message_unref(m));
}

static size_t cost_of(const struct entry *e)
{
	size_t cost = sizeof *e + e->tag_count * TAG_COST;

	return e->kind == ENTRY_MESSAGE ? cost + e->message->bytes : cost;
}

void ring_drop_oldest(struct history *h)
{
	struct entry *e = entry_at(h, ++h->floor);

	h->floor_is_nameless = e->is_nameless;
	h->floor_place = e->place;
	h->bytes -= cost_of(e);
	h->first_tag += e->tag_count;
	if (e->kind == ENTRY_MESSAGE)
		give_back(h, e->message);
	*e = (struct entry){ .kind = ENTRY_NOTHING };
}

void ring_drop_all(struct history *h)
{
	while (h->floor < h->head)
		ring_drop_oldest(h);
}

void history_expire(struct history *h, int64_t now_ms)
{
	while (h->floor < h->head &&
	       now_ms - entry_at(h, h->floor + 1)->came_ms > h->max_age_ms)
		ring_drop_oldest(h);
}

/* Its tags stay: they lead to nothing. */
bool ring_clear(struct history *h, uint64_t position)
{
	struct entry *e = entry_at(h, position);

	if (position <= h->floor || e->kind != ENTRY_MESSAGE)
		return false;
	h->bytes -= e->message->bytes;
	give_back(h, e->message);
	e->message = NULL;
	e->kind = ENTRY_NOTHING;
	return true;
}

/* --- room for what comes --- */

/* Twice as many entries; where memory is out, the oldest makes room. */
static void need_entry(struct history *h)
{
	size_t cap = 2 * h->entry_cap;
	struct entry *entries;

	if (h->head - h->floor < h->entry_cap)
		return;
	entries = try_alloc(cap * sizeof *entries);
	if (!entries) {
		ring_drop_oldest(h);
		return;
	}
	for (uint64_t p = h->floor + 1; p <= h->head; p++)
		entries[p & (cap - 1)] = *entry_at(h, p);
	free(h->entries);
	h->entries = entries;
	h->entry_cap = cap;
}

/* For so many tags. False when memory is out. */
__attribute__((noinline)) static bool grow_tags(struct history *h, size_t count)
{
	size_t cap = h->tag_cap;
	struct history_chain chain;
	struct tag *tags;

	while (cap < count)
		cap *= 2;
	tags = try_alloc(cap * sizeof *tags);
	if (!tags || !history_chain_init(&chain, cap)) {
		free(tags);
		return false;
	}
	for (uint64_t i = h->first_tag; i < h->end_tag; i++) {
		tags[i & (cap - 1)] = *tag_at(h, i);
		history_chain_add(&chain, i, tag_at(h, i)->hash);
	}
	free(h->tags);
	history_chain_fini(&h->chain);
	h->tags = tags;
	h->chain = chain;
	h->tag_cap = cap;
	return true;
}

/* For so many more. False when memory is out. */
static bool need_tags(struct history *h, size_t count)
{
	size_t used = (size_t)(h->end_tag - h->first_tag);

	return used + count <= h->tag_cap || grow_tags(h, used + count);
}

static void add_tag(struct history *h, struct entry *e, uint64_t hash)
{
	history_chain_add(&h->chain, h->end_tag, hash);
	*tag_at(h, h->end_tag++) = (struct tag){ hash, h->head };
	e->tag_count++;
}

static void add_tags(struct history *h, struct entry *e, const struct aim *aim)
{
	if (aim->is_everyone)
		add_tag(h, e, HASH_EVERYONE);
	for (uint32_t i = 0; i < aim->room_count; i++)
		add_tag(h, e, aim->rooms[i].hash);
	for (uint32_t i = 0; i < aim->connection_count; i++)
		add_tag(h, e, hash_of_connection(&aim->connections[i]));
}

/* After an entry has been made or has grown. */
static void fit(struct history *h, size_t added)
{
	h->bytes += added;
	h->passed += added;
	while (h->bytes > h->max_bytes && h->floor < h->head)
		ring_drop_oldest(h);
}

void history_set_bounds(struct history *h, size_t max_bytes, int64_t max_age_ms)
{
	h->max_bytes = max_bytes;
	h->max_age_ms = max_age_ms;
	fit(h, 0);
}

/* --- what comes --- */

void ring_add(struct history *h, int64_t came_ms)
{
	struct entry *e;

	assert(h->is_placed);
	if (came_ms > h->last_came_ms)
		h->last_came_ms = came_ms;
	need_entry(h);
	e = entry_at(h, ++h->head);
	*e = (struct entry){
		.came_ms = h->last_came_ms,
		.place = h->head_place,
	};
	fit(h, cost_of(e));
}

void history_lose(struct history *h)
{
	struct entry *e = entry_at(h, h->head);

	if (h->floor == h->head)
		return; /* not kept: what is gone is told anyway */
	assert(e->kind == ENTRY_NOTHING);
	e->kind = ENTRY_HOLE;
	while (!need_tags(h, 1) && h->floor + 1 < h->head)
		ring_drop_oldest(h);
	add_tag(h, e, HASH_HOLE);
	fit(h, TAG_COST);
}

/* With so many tags. What is larger than all there may be is not. */
static bool may_be_kept(
    const struct history *h, const struct message *m, size_t tags)
{
	return sizeof(struct entry) + tags * TAG_COST + m->bytes <=
	       h->max_bytes;
}

void history_keep(struct history *h, struct message *m)
{
	size_t tags = aim_count(&m->aim) + m->aim.is_everyone;
	struct entry *e = entry_at(h, h->head);
	size_t before;

	if (h->floor == h->head) {
		give_back(h, m);
		return;
	}
	assert(e->kind == ENTRY_NOTHING);
	if (!may_be_kept(h, m, tags) || !need_tags(h, tags)) {
		give_back(h, m);
		history_lose(h);
		return;
	}
	before = cost_of(e);
	e->kind = ENTRY_MESSAGE;
	e->message = m;
	add_tags(h, e, &m->aim);
	fit(h, cost_of(e) - before);
}
