#include "core/history.h"
#include "core/history_names.h"
#include "core/history_ring.h"
#include "core/message.h"

size_t history_forget_id(struct history *h, struct slice id)
{
	uint64_t position;

	return history_find(h, id, &position) == HISTORY_AT &&
	       ring_clear(h, position);
}

/* Whether the message that this tag is of is to go. */
static bool is_meant(const struct history *h, const struct tag *t,
    const struct history_names *names)
{
	const struct entry *e = entry_at(h, t->position);

	return (history_names_bit(t->hash) & names->bits) &&
	       history_names_have(names, t->hash) && e->kind == ENTRY_MESSAGE &&
	       history_names_meet(names, &e->message->aim, t->hash);
}

size_t history_forget_rooms(
    struct history *h, struct aim_room *rooms, size_t count)
{
	struct history_names names = { .rooms = rooms, .count = count };
	size_t forgotten = 0;

	if (count == 0)
		return 0;
	history_names_sort(&names);
	for (uint64_t i = h->first_tag; i < h->end_tag; i++)
		if (is_meant(h, tag_at(h, i), &names))
			forgotten += ring_clear(h, tag_at(h, i)->position);
	return forgotten;
}
