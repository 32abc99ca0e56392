#include <assert.h>

#include "core/history.h"
#include "core/history_ring.h"

static const struct place *place_at(const struct history *h, uint64_t position)
{
	assert(position >= h->floor && position <= h->head);
	if (position == h->head)
		return &h->head_place;
	return position == h->floor ? &h->floor_place
				    : &entry_at(h, position)->place;
}

struct slice history_id(
    const struct history *h, uint64_t position, char out[HISTORY_ID_MAX + 1])
{
	const struct place *p = place_at(h, position);

	assert(h->is_placed);
	if (h->kind == PLACE_ENTRY)
		return place_print_entry(p, out);
	return place_print_counted(
	    mark_text(marks_at(&h->marks, p->high)), p->low, out);
}

/* The first position above the floor whose place is not before this one. */
static uint64_t find_place(const struct history *h, const struct place *wanted)
{
	uint64_t low = h->floor + 1, high = h->head + 1;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (place_compare(&entry_at(h, middle)->place, wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The first position of this very place. A hole has the place of what is before
 * it: who has that place has not been told, who has been is told again.
 */
static enum history_found find_exactly(
    const struct history *h, const struct place *wanted, uint64_t *position)
{
	int order = place_compare(wanted, &h->floor_place);
	const struct place *found = &h->floor_place;

	if (order < 0 || (order == 0 && h->floor_is_nameless))
		return HISTORY_OLD;
	*position = h->floor;
	if (order > 0) {
		*position = find_place(h, wanted);
		if (*position > h->head)
			return HISTORY_UNKNOWN;
		found = &entry_at(h, *position)->place;
	}
	return place_compare(found, wanted) == 0 && place_has_tag(found, wanted)
		   ? HISTORY_AT
		   : HISTORY_UNKNOWN;
}

/* What was counted since a mark; the mark itself is where it was heard. */
static enum history_found find_counted(
    const struct history *h, struct slice id, uint64_t *position)
{
	struct place wanted = { 0 };
	const struct mark *mark;
	struct slice text;

	if (!place_read_counted(id, &text, &wanted.low))
		return HISTORY_UNKNOWN;
	mark = marks_find(&h->marks, text);
	if (!mark)
		return HISTORY_LATER;
	wanted.high = mark->number;
	if (wanted.low == 0 && mark->position >= h->floor) {
		*position = mark->position;
		return HISTORY_AT;
	}
	if (mark->number == h->head_place.high &&
	    wanted.low > h->head_place.low)
		return HISTORY_LATER;
	return find_exactly(h, &wanted, position);
}

static enum history_found find_entry(
    const struct history *h, struct slice id, uint64_t *position)
{
	struct place wanted;

	if (!place_read_entry(id, &wanted))
		return HISTORY_UNKNOWN;
	if (place_compare(&wanted, &h->head_place) > 0)
		return HISTORY_LATER;
	return find_exactly(h, &wanted, position);
}

enum history_found history_find(
    const struct history *h, struct slice id, uint64_t *position)
{
	assert(h->is_placed);
	return h->kind == PLACE_COUNTED ? find_counted(h, id, position)
					: find_entry(h, id, position);
}
