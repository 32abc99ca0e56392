#include "core/history.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/history_ring.h"

/* --- life --- */

struct history *history_new(enum place_kind kind, size_t max_bytes,
    int64_t max_age_ms, struct metrics *metrics)
{
	struct history *h = xcalloc(1, sizeof *h);

	h->kind = kind;
	h->last_came_ms = INT64_MIN;
	h->max_bytes = max_bytes;
	h->max_age_ms = max_age_ms;
	h->metrics = metrics;
	marks_init(&h->marks);
	ring_init(h);
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	ring_fini(h);
	marks_fini(&h->marks);
	free(h);
}

/* --- what comes --- */

void history_advance(struct history *h, int64_t now_ms)
{
	h->head_place.low++;
	ring_add(h, now_ms);
}

bool history_advance_to(
    struct history *h, const struct place *entry, int64_t came_ms)
{
	if (place_compare(entry, &h->head_place) <= 0)
		return false;
	h->head_place = *entry;
	ring_add(h, came_ms);
	return true;
}

void history_add_hole(struct history *h, int64_t now_ms)
{
	ring_add(h, now_ms);
	if (h->floor < h->head)
		entry_at(h, h->head)->is_nameless = true;
	else
		h->floor_is_nameless = true;
	history_lose(h);
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
	ring_drop_all(h);
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
			ring_drop_oldest(h);
		h->floor_place = (struct place){ .high = next };
		h->floor_is_nameless = false;
	}
	marks_drop_first(&h->marks);
}

static bool add_mark(struct history *h, struct slice text)
{
	struct place place = { 0 };

	if (!mark_id_is_valid(text) || marks_find(&h->marks, text))
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
