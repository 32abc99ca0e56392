/* roster: see roster.h. */
#include "core/roster.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/backlog.h"
#include "core/conn.h"
#include "core/conn_text.h"
#include "core/membership.h"
#include "core/outbox.h"
#include "core/worker.h"

enum { FIND_MS = 2000 };

static struct roster *roster_of(struct survey *s)
{
	return container_of(s, struct roster, survey);
}

/* --- in order --- */

/* The place behind an entry. */
static struct roster_place behind(const struct roster_entry *e)
{
	return (
	    struct roster_place){ e->queue, e->ref.worker, e->ref.slot + 1 };
}

/* In the order of queues. */
static bool is_behind(
    const struct roster_place *a, const struct roster_place *b)
{
	if (a->queue != b->queue)
		return a->queue < b->queue;
	if (a->worker != b->worker)
		return a->worker > b->worker;
	return a->slot > b->slot;
}

static int compare(const void *x, const void *y)
{
	const struct roster_place a = behind(x), b = behind(y);

	return is_behind(&a, &b) - is_behind(&b, &a);
}

/* Keep no more than the limit, in order. */
static void cut(struct roster *r)
{
	qsort(r->entries, r->count, sizeof *r->entries, compare);
	if (r->count <= r->query.limit)
		return;
	r->count = r->query.limit;
	r->has_more = true;
}

/* --- its parts: the workers' threads --- */

/*
 * What a turn of a worker is held up by: less than a millisecond each. A step
 * is a look at one of the rooms that somebody is in, a place is as many.
 */
enum { FIND_STEPS = 1 << 16, PLACE_STEPS = 64, DESCRIBE_MAX = 128 };

static struct slice name_of(const struct roster_room *room)
{
	return slice_of(room->name, room->len);
}

static bool is_member(struct conn *c, const struct roster_room *room)
{
	return room->len == 0 || membership_has(c, name_of(room), room->hash);
}

static bool is_of(const struct conn *c, const struct roster_room *user)
{
	return user->len == 0 ||
	       slice_eq(membership_user(c), slice_after(name_of(user), 1));
}

static bool is_at(const struct conn *c, const struct prefix *prefix)
{
	struct ip ip;
	uint16_t port;

	return conn_address(c, &ip, &port) && prefix_holds(prefix, &ip);
}

/* Those that are let in, up to their end. */
static bool is_wanted(struct conn *c, const struct roster_query *q)
{
	return c->state >= CONN_WAITING && c->state <= CONN_CLOSING &&
	       is_of(c, &q->user) && is_member(c, &q->room) &&
	       (!q->has_address || is_at(c, &q->address));
}

static bool is_part(const struct roster *r, const struct roster_entry *e)
{
	const struct roster_place place = behind(e);

	return !r->query.by_queue || is_behind(&place, &r->query.from);
}

static void note(struct roster *r, const struct conn *c)
{
	const struct roster_entry e = {
		.queue = backlog_cost(c),
		.ref = { c->serial, c->worker->index, c->slot },
	};

	if (!is_part(r, &e))
		return;
	if (r->count == 2 * r->query.limit)
		cut(r);
	r->entries[r->count++] = e;
}

static bool has_no_room(const struct worker *w, const struct roster_room *room)
{
	return room->len > 0 &&
	       !room_find(&w->rooms, name_of(room), room->hash);
}

/* Sorted, the page is known when all have been seen. */
static bool is_enough(const struct roster *r, const struct worker *w)
{
	return !r->query.by_queue &&
	       (r->count == r->query.limit || w->now_ms > r->until_ms);
}

/* Returns how many steps it may have taken. */
static int look_at(struct roster *r, struct conn *c)
{
	if (is_wanted(c, &r->query))
		note(r, c);
	return PLACE_STEPS + (r->query.room.len > 0 ? c->membership_count : 0);
}

static void find_some(struct ask *a, struct worker *w)
{
	struct roster *r = roster_of(survey_of(a));
	struct survey *s = &r->survey;
	int left = FIND_STEPS;

	s->is_over =
	    has_no_room(w, &r->query.room) || has_no_room(w, &r->query.user);
	while (left > 0 && !s->is_over && !s->is_enough) {
		struct conn *c = slots_next(&w->slots, &s->at);

		s->is_over = !c;
		if (c)
			left -= look_at(r, c);
		s->is_enough = is_enough(r, w);
	}
}

static void describe_some(struct ask *a, struct worker *w)
{
	struct roster *r = roster_of(survey_of(a));
	struct survey *s = &r->survey;
	int left = DESCRIBE_MAX;

	for (; s->at < r->count && left > 0; s->at++) {
		struct roster_entry *e = &r->entries[s->at];
		struct conn *c = conn_find(w, &e->ref);

		if (!c || c->state > CONN_CLOSING)
			continue;
		conn_put_text(c, e->queue, &e->text);
		left--;
	}
	s->is_over = s->at == r->count;
}

/* --- its rounds: the main thread --- */

static void on_described(struct survey *s)
{
	struct roster *r = roster_of(s);

	r->on_done(r->arg, r);
}

static void on_found(struct survey *s)
{
	struct roster *r = roster_of(s);

	if (r->query.by_queue) {
		cut(r);
		if (r->count > 0)
			r->next = behind(&r->entries[r->count - 1]);
	} else if (s->is_enough) {
		r->has_more = true;
		r->next = (struct roster_place){ 0, s->ask.worker, s->at };
	}
	survey_run(s, 0, 0, describe_some, on_described);
}

/* --- for its owner --- */

static void free_roster(struct survey *s)
{
	struct roster *r = roster_of(s);

	for (size_t i = 0; i < r->count; i++)
		buf_fini(&r->entries[i].text);
	free(r->entries);
	free(r);
}

/* Behind the last worker there is nobody. */
static void find(struct roster *r)
{
	const struct roster_place *from = &r->query.from;
	unsigned last = r->survey.outbox->worker_count - 1;

	if (r->query.by_queue)
		survey_run(&r->survey, 0, 0, find_some, on_found);
	else if (from->worker <= last)
		survey_run(
		    &r->survey, from->worker, from->slot, find_some, on_found);
	else
		survey_run(&r->survey, last, UINT32_MAX, find_some, on_found);
}

struct roster *roster_open(struct outbox *o, struct list *surveys,
    const struct roster_query *query, roster_done_fn on_done, void *arg)
{
	struct roster *r = xcalloc(1, sizeof *r);

	r->query = *query;
	r->on_done = on_done;
	r->arg = arg;
	r->until_ms = clock_ms() + FIND_MS;
	r->entries = xcalloc(2 * query->limit, sizeof *r->entries);
	survey_open(&r->survey, o, surveys, free_roster);
	find(r);
	return r;
}

void roster_close(struct roster *r)
{
	survey_close(&r->survey);
}
