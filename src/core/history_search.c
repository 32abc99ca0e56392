#include "core/history_search.h"

#include "core/history.h"
#include "core/history_hits.h"
#include "core/history_reader.h"
#include "core/history_ring.h"
#include "core/message.h"

struct history_search history_search_last(
    const struct history *h, uint64_t count)
{
	return (struct history_search){
		.left = count,
		.end = h->end_tag,
		.position = h->head,
	};
}

/* Whether what this tag is of is a message for the reader; what that costs. */
static bool is_for(const struct history *h, const struct tag *t,
    const struct history_reader *reader, size_t *cost)
{
	const struct entry *e = entry_at(h, t->position);

	if (!(history_names_bit(t->hash) & reader->names.bits))
		return false;
	*cost += history_names_steps(&reader->names);
	if (!history_reader_wants(reader, t->hash))
		return false;
	*cost += HISTORY_MISS_STEPS;
	if (e->kind != ENTRY_MESSAGE)
		return false;
	*cost += history_reader_steps(reader, &e->message->aim);
	return history_reader_gets(reader, &e->message->aim, t->hash);
}

/*
 * A message may have several tags: it is one of the last once. Returns what it
 * has cost.
 */
static size_t look_at(const struct history *h, struct history_search *search,
    const struct history_reader *reader, uint64_t tag)
{
	const struct tag *t = tag_at(h, tag);
	size_t cost = 1;

	if (t->position <= search->position && is_for(h, t, reader, &cost)) {
		search->position = t->position - 1;
		search->left--;
	}
	return cost;
}

/* What has come since the search began is not looked for. */
static void look_at_hits(const struct history *h, struct history_search *search,
    const struct history_reader *reader, const struct history_hits *hits)
{
	for (size_t i = hits->count; i > 0 && search->left > 0; i--)
		if (hits->tags[i - 1] < search->end)
			(void)look_at(h, search, reader, hits->tags[i - 1]);
}

/* False: all steps are taken. */
static bool look_at_all(const struct history *h, struct history_search *search,
    const struct history_reader *reader, size_t *steps)
{
	while (search->left > 0 && search->end > h->first_tag) {
		size_t cost;

		if (*steps == 0)
			return false;
		cost = look_at(h, search, reader, --search->end);
		*steps -= cost < *steps ? cost : *steps;
	}
	return true;
}

bool history_search(const struct history *h, struct history_search *search,
    const struct history_reader *reader, size_t *steps)
{
	struct history_hits hits;

	if (history_hits_find(h, h->first_tag, reader, steps, &hits))
		look_at_hits(h, search, reader, &hits);
	else if (!look_at_all(h, search, reader, steps))
		return false;
	if (search->position < h->floor)
		search->position = h->floor;
	return true;
}
