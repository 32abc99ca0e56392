#include "core/history.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/history_ring.h"
#include "core/message.h"
#include "core/metrics.h"

enum { FIRST_ENTRIES = 1024, FIRST_TAGS = 1024 };

/* --- life --- */

struct history *history_new(const char *mark, size_t max_bytes,
    int64_t max_age_ms, struct metrics *metrics)
{
	struct history *h = xcalloc(1, sizeof *h);

	assert(strlen(mark) <= HISTORY_MARK_MAX);
	h->mark = xstrdup(mark);
	h->max_bytes = max_bytes;
	h->max_age_ms = max_age_ms;
	h->metrics = metrics;
	h->entry_cap = FIRST_ENTRIES;
	h->entries = xcalloc(h->entry_cap, sizeof *h->entries);
	h->tag_cap = FIRST_TAGS;
	h->tags = xcalloc(h->tag_cap, sizeof *h->tags);
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
	size_t cost = sizeof *e + e->tag_count * sizeof(struct tag);

	return e->kind == ENTRY_MESSAGE ? cost + e->message->bytes : cost;
}

static void drop_oldest(struct history *h)
{
	struct entry *e = entry_at(h, ++h->floor);

	h->bytes -= cost_of(e);
	h->first_tag += e->tag_count;
	if (e->kind == ENTRY_MESSAGE)
		give_back(h, e->message);
	*e = (struct entry){ .kind = ENTRY_NOTHING };
}

void history_free(struct history *h)
{
	if (!h)
		return;
	while (h->floor < h->head)
		drop_oldest(h);
	free(h->entries);
	free(h->tags);
	free(h->mark);
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
	struct tag *tags;

	while (cap < used + count)
		cap *= 2;
	if (cap == h->tag_cap)
		return true;
	tags = try_alloc(cap * sizeof *tags);
	if (!tags)
		return false;
	for (uint64_t i = h->first_tag; i < h->end_tag; i++)
		tags[i & (cap - 1)] = *tag_at(h, i);
	free(h->tags);
	h->tags = tags;
	h->tag_cap = cap;
	return true;
}

static void add_tag(struct history *h, struct entry *e, uint64_t hash)
{
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

void history_advance(struct history *h, int64_t now_ms)
{
	struct entry *e;

	need_entry(h);
	e = entry_at(h, ++h->head);
	*e = (struct entry){ .came_ms = now_ms };
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
		drop_oldest(h);
	add_tag(h, e, HASH_HOLE);
	fit(h, sizeof(struct tag));
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

/* --- positions and ids --- */

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

struct slice history_id(
    const struct history *h, uint64_t position, char out[HISTORY_ID_MAX + 1])
{
	int len = snprintf(out, HISTORY_ID_MAX + 1, "%s~%llu", h->mark,
	    (unsigned long long)position);

	return slice_of(out, (size_t)len);
}

/* A decimal number without a sign or a leading zero. */
static bool read_number(struct slice text, uint64_t *number)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > 19 ||
	    (text.ptr[0] == '0' && text.len > 1))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	*number = n;
	return true;
}

enum history_found history_find(
    const struct history *h, struct slice id, uint64_t *position)
{
	size_t len = strlen(h->mark);

	if (id.len <= len || memcmp(id.ptr, h->mark, len) != 0 ||
	    id.ptr[len] != '~' ||
	    !read_number(slice_after(id, len + 1), position) ||
	    *position > h->head)
		return HISTORY_UNKNOWN;
	return *position >= h->floor ? HISTORY_AT : HISTORY_OLD;
}
