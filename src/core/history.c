#include "core/history.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "core/history_ring.h"
#include "core/message.h"
#include "core/metrics.h"

enum { FIRST_ENTRIES = 1024, FIRST_TAGS = 1024 };

/* --- life --- */

struct history *history_new(enum place_kind kind, size_t max_bytes,
    int64_t max_age_ms, struct metrics *metrics)
{
	struct history *h = xcalloc(1, sizeof *h);

	h->kind = kind;
	marks_init(&h->marks);
	h->last_came_ms = INT64_MIN;
	h->max_bytes = max_bytes;
	h->max_age_ms = max_age_ms;
	h->metrics = metrics;
	h->entry_cap = FIRST_ENTRIES;
	h->entries = xcalloc(h->entry_cap, sizeof *h->entries);
	h->tag_cap = FIRST_TAGS;
	h->tags = xcalloc(h->tag_cap, sizeof *h->tags);
	if (!history_chain_init(&h->chain, h->tag_cap))
		fatal("history", "out of memory");
	return h;
}

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

static void drop_oldest(struct history *h)
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

static void drop_all(struct history *h)
{
	while (h->floor < h->head)
		drop_oldest(h);
}

void history_free(struct history *h)
{
	if (!h)
		return;
	drop_all(h);
	free(h->entries);
	free(h->tags);
	history_chain_fini(&h->chain);
	marks_fini(&h->marks);
	free(h);
}

/* --- what comes --- */

/* Twice as many entries; where memory is out, the oldest makes room. */
static void need_entry(struct history *h)
{
	size_t cap = 2 * h->entry_cap;
	struct entry *entries;

	if (h->head - h->floor < h->entry_cap)
		return;
	entries = try_alloc(cap * sizeof *entries);
	if (!entries) {
		drop_oldest(h);
		return;
	}
	for (uint64_t p = h->floor + 1; p <= h->head; p++)
		entries[p & (cap - 1)] = *entry_at(h, p);
	free(h->entries);
	h->entries = entries;
	h->entry_cap = cap;
}

/* False when memory is out. */
static bool need_tags(struct history *h, size_t count)
{
	size_t used = (size_t)(h->end_tag - h->first_tag);
	size_t cap = h->tag_cap;
	struct history_chain chain;
	struct tag *tags;

	while (cap < used + count)
		cap *= 2;
	if (cap == h->tag_cap)
		return true;
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
		drop_oldest(h);
}

void history_expire(struct history *h, int64_t now_ms)
{
	while (h->floor < h->head &&
	       now_ms - entry_at(h, h->floor + 1)->came_ms > h->max_age_ms)
		drop_oldest(h);
}

/* One more position, at the head's place, where there is nothing yet. */
static void add_entry(struct history *h, int64_t came_ms)
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

void history_advance(struct history *h, int64_t now_ms)
{
	h->head_place.low++;
	add_entry(h, now_ms);
}

bool history_advance_to(
    struct history *h, const struct place *entry, int64_t came_ms)
{
	if (place_compare(entry, &h->head_place) <= 0)
		return false;
	h->head_place = *entry;
	add_entry(h, came_ms);
	return true;
}

void history_add_hole(struct history *h, int64_t now_ms)
{
	add_entry(h, now_ms);
	if (h->floor < h->head)
		entry_at(h, h->head)->is_nameless = true;
	else
		h->floor_is_nameless = true;
	history_lose(h);
}

void history_lose(struct history *h)
{
	struct entry *e = entry_at(h, h->head);

	if (h->floor == h->head)
		return; /* not kept: what is gone is told anyway */
	assert(e->kind == ENTRY_NOTHING);
	e->kind = ENTRY_HOLE;
	while (!need_tags(h, 1) && h->floor + 1 < h->head)
		drop_oldest(h);
	add_tag(h, e, HASH_HOLE);
	fit(h, TAG_COST);
}

void history_keep(struct history *h, struct message *m)
{
	struct entry *e = entry_at(h, h->head);
	size_t before;

	if (h->floor == h->head) {
		give_back(h, m);
		return;
	}
	assert(e->kind == ENTRY_NOTHING);
	if (!need_tags(h, aim_count(&m->aim) + m->aim.is_everyone)) {
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

/* Its tags stay: they lead to nothing. */
bool history_clear(struct history *h, uint64_t position)
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

/* --- where it is --- */

bool history_is_placed(const struct history *h)
{
	return h->is_placed;
}

bool history_is_void(const struct history *h, uint64_t position)
{
	return position < h->void_head;
}

void history_void(struct history *h)
{
	drop_all(h);
	h->floor = h->void_head = ++h->head; /* nobody has this one */
	h->is_placed = false;
	marks_clear(&h->marks);
}

static void set_head(struct history *h, const struct place *place)
{
	h->head_place = *place;
	if (h->is_placed)
		return;
	h->floor_place = *place;
	h->floor_is_nameless = false;
	h->is_placed = true;
}

/* Where the floor is called by the first mark, it moves to the next one. */
static void drop_mark(struct history *h)
{
	uint64_t next = h->marks.first + 1;

	if (h->floor_place.high < next) {
		while (h->floor < marks_at(&h->marks, next)->position)
			drop_oldest(h);
		h->floor_place = (struct place){ .high = next };
		h->floor_is_nameless = false;
	}
	marks_drop_first(&h->marks);
}

static bool add_mark(struct history *h, struct slice text)
{
	struct place place = { 0 };

	if (!place_is_mark(text) || marks_find(&h->marks, text))
		return false;
	if (marks_is_full(&h->marks))
		drop_mark(h);
	place.high = marks_add(&h->marks, text, h->head);
	set_head(h, &place);
	return true;
}

bool history_mark(struct history *h, struct slice id)
{
	struct place entry;

	if (h->kind == PLACE_COUNTED)
		return add_mark(h, id);
	if (!place_read_entry(id, &entry))
		return false;
	if (h->is_placed)
		return place_compare(&entry, &h->head_place) == 0 &&
		       place_has_tag(&h->head_place, &entry);
	set_head(h, &entry);
	return true;
}

/* --- positions --- */

uint64_t history_head(const struct history *h)
{
	return h->head;
}

uint64_t history_floor(const struct history *h)
{
	return h->floor;
}

int64_t history_came_ms(const struct history *h, uint64_t position)
{
	assert(position > h->floor && position <= h->head);
	return entry_at(h, position)->came_ms;
}

size_t history_bytes(const struct history *h)
{
	return h->bytes;
}

uint64_t history_passed(const struct history *h)
{
	return h->passed;
}
