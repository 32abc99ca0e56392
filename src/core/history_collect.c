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
	uint64_t at; /* the next tag, and the first one not to look at */
	uint64_t end;
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

/*
 * On to the first tag whose hash is one of the reader's. False: to the end. Of
 * the others nothing but the tag is looked at.
 */
static bool skip_tags(const struct history *h, struct scan *s,
    const struct history_reader *reader)
{
	if (s->hits)
		return skip_to_hit(s);
	for (; s->at < s->end; s->at++) {
		uint64_t hash = tag_at(h, s->at)->hash;

		if ((history_names_bit(hash) & reader->names.bits) &&
		    history_reader_wants(reader, hash))
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
	else
		s.end = end_of_steps(h, &s, *steps);
	return s;
}

/* All of a position may be more than there were. */
static void take_off(size_t *steps, uint64_t taken)
{
	*steps -= taken < *steps ? (size_t)taken : *steps;
}

enum history_stop history_collect(const struct history *h, uint64_t *position,
    const struct history_reader *reader, size_t *steps, history_visit_fn visit,
    void *arg)
{
	enum history_stop stop = HISTORY_HEAD;
	struct history_hits hits;
	struct scan s;
	uint64_t first, next;

	if (*position < h->floor)
		return HISTORY_GONE;
	s = begin_scan(h, *position, reader, steps, &hits);
	first = s.at;
	while (stop == HISTORY_HEAD && (next = next_position(h, &s, reader)))
		stop = take(h, &s, next, visit, arg);
	if (!s.hits)
		take_off(steps, s.at - first);
	if (stop == HISTORY_HEAD)
		stop = end_scan(h, &s);
	*position = s.position;
	return stop;
}
