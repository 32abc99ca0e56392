#include "core/history_collect.h"

#include "core/history_hits.h"
#include "core/history_reader.h"
#include "core/history_ring.h"
#include "core/message.h"

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

/* How far a walk over the tags has come. */
struct scan {
	uint64_t at;       /* the next tag */
	uint64_t end;      /* the first one not to look at */
	uint64_t spent_at; /* where the steps are spent, as far as is known */
	uint64_t position; /* the last one that is dealt with */
	uint64_t last;     /* the last one to deal with, and the tag behind */
	uint64_t behind_last;
	/* Borrowed: what to look at, and the next of it. NULL: at each tag. */
	const struct history_hits *hits;
	size_t next;
};

static bool skip_to_hit(struct scan *s)
{
	const struct history_hits *hits = s->hits;

	s->at = s->next < hits->count ? hits->tags[s->next++] : s->end;
	return s->at < s->end;
}

/* What costs more than the look at a tag: there are fewer tags to look at. */
static void spend(struct scan *s, size_t steps)
{
	s->spent_at = s->spent_at > s->at + steps ? s->spent_at - steps : s->at;
	if (s->end > s->spent_at)
		s->end = s->spent_at;
}

/* All of one position are looked at together, though the steps are spent. */
static bool is_in_position(const struct history *h, const struct scan *s)
{
	return s->at > h->first_tag && s->at < s->behind_last &&
	       tag_at(h, s->at)->position == tag_at(h, s->at - 1)->position;
}

/*
 * On to the first tag whose hash is one of the reader's. False: to the end. Of
 * the others nothing but the tag is looked at.
 */
static bool skip_tags(const struct history *h, struct scan *s,
    const struct history_reader *reader)
{
	if (s->hits)
		return skip_to_hit(s);
	for (; s->at < s->end || is_in_position(h, s); s->at++) {
		uint64_t hash = tag_at(h, s->at)->hash;

		if (!(history_names_bit(hash) & reader->names.bits))
			continue;
		spend(s, history_names_steps(&reader->names));
		if (history_reader_wants(reader, hash))
			return true;
	}
	return false;
}

/* What it costs to see what there is; hits have cost it already. */
static void spend_on(
    struct scan *s, const struct entry *e, const struct history_reader *reader)
{
	if (s->hits)
		return;
	spend(s, HISTORY_MISS_STEPS);
	if (e->kind == ENTRY_MESSAGE)
		spend(s, history_reader_steps(reader, &e->message->aim));
}

/* The next position that the reader must hear of. 0: there is none. */
static uint64_t next_position(const struct history *h, struct scan *s,
    const struct history_reader *reader)
{
	while (skip_tags(h, s, reader)) {
		const struct tag *t = tag_at(h, s->at++);
		const struct entry *e = entry_at(h, t->position);

		if (t->position <= s->position)
			continue; /* dealt with */
		spend_on(s, e, reader);
		if (e->kind == ENTRY_NOTHING)
			continue; /* forgotten */
		if (e->kind == ENTRY_HOLE ||
		    history_reader_gets(reader, &e->message->aim, t->hash))
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

/* Nothing more in what was looked at: is that all there is? */
static enum history_stop end_scan(const struct history *h, struct scan *s)
{
	if (s->at >= s->behind_last) {
		s->position = s->last;
		return s->last == h->head ? HISTORY_HEAD : HISTORY_END;
	}
	s->position = tag_at(h, s->at)->position - 1;
	return HISTORY_FULL;
}

/*
 * A scan of what is behind this position and holds for the reader; in hits is
 * what it needs.
 */
static struct scan begin_scan(const struct history *h, uint64_t position,
    const struct history_reader *reader, size_t *steps,
    struct history_hits *hits)
{
	struct scan s = { .position = position, .last = h->head };

	if (reader->until < h->head && reader->until >= position)
		s.last = reader->until;
	s.at = find_tag(h, position);
	s.behind_last = s.last == h->head ? h->end_tag : find_tag(h, s.last);
	s.end = s.behind_last;
	if (history_hits_find(h, s.at, reader, steps, hits))
		s.hits = hits;
	else if (*steps < s.behind_last - s.at)
		s.end = s.at + *steps;
	s.spent_at = s.at + *steps;
	return s;
}

enum history_stop history_collect(const struct history *h, uint64_t *position,
    const struct history_reader *reader, size_t *steps, history_visit_fn visit,
    void *arg)
{
	enum history_stop stop = HISTORY_HEAD;
	struct history_hits hits;
	struct scan s;
	uint64_t next;

	if (*position < h->floor)
		return HISTORY_GONE;
	s = begin_scan(h, *position, reader, steps, &hits);
	while (stop == HISTORY_HEAD && (next = next_position(h, &s, reader)))
		stop = take(h, &s, next, visit, arg);
	if (!s.hits)
		*steps = s.spent_at > s.at ? s.spent_at - s.at : 0;
	if (stop == HISTORY_HEAD)
		stop = end_scan(h, &s);
	*position = s.position;
	return stop;
}
