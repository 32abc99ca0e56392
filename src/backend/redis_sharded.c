/*
 * redis_sharded: a table of slots, and a site for each master that is in use.
 *
 * A channel is at one site at a time. It leaves one that does not have its slot
 * any more, or that is given up, and comes to that which the table names then:
 * a part of them a turn. One site has no master: there wait those whose master
 * is not known, or is one more than there is room for.
 */
#include "backend/redis_sharded.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_looks.h"
#include "backend/redis_site.h"
#include "backend/redis_site_map.h"
#include "backend/redis_unserved.h"
#include "base/list.h"
#include "base/mem.h"
#include "core/backend.h"
#include "sys/timer.h"

/* That change their site in one turn, of each. */
enum { TURN_CHANNELS = 1024 };

struct redis_sharded {
	struct event_base *base;
	struct redis_shard_options options;
	const struct redis_sharded_sink *sink;
	void *arg;
	struct redis_site_map map;
	struct list sites;          /* owned: all but nowhere */
	size_t in_use;              /* of these: that are not leaving */
	struct redis_site *nowhere; /* owned; what it owes waits for a master */
	struct redis_unserved unserved;
	struct redis_looks looks;
	struct event *turn; /* owned; timer of the next turn */
	bool is_table_new;  /* what is nowhere is nobody's */
	bool is_paused;
	bool is_whole; /* as was told */
};

static void turn_soon(struct redis_sharded *s)
{
	if (!event_pending(s->turn, EV_TIMEOUT, NULL))
		timer_arm(s->turn, 0, "redis");
}

/* --- whether something is missing --- */

static struct redis_site *site_of(struct list *link)
{
	return container_of(link, struct redis_site, link);
}

static bool is_whole(const struct redis_sharded *s)
{
	if (redis_shard_count(s->nowhere->shard) > 0)
		return false;
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next)
		if (redis_site_is_missing(site_of(l)))
			return false;
	return true;
}

static void pay(struct redis_site *site)
{
	struct redis_sharded *s = site->all;
	struct redis_slot_set owed;

	if (redis_site_pay(site, &owed))
		s->sink->on_gap(s->arg, &owed);
}

static void tell_whole(struct redis_sharded *s)
{
	bool now = is_whole(s);

	if (now == s->is_whole)
		return;
	s->is_whole = now;
	redis_looks_set_whole(&s->looks, now);
	s->sink->on_whole(s->arg, now);
}

/* --- sites --- */

static const struct redis_shard_sink shard_sink;

static struct redis_site *open_site(
    struct redis_sharded *s, const struct address *address)
{
	struct redis_site *site =
	    redis_site_new(s, s->base, address, &s->options, &shard_sink);

	redis_shard_set_paused(site->shard, s->is_paused);
	return site;
}

/* All that is here is to be had elsewhere. */
static void empty_site(struct redis_site *site)
{
	redis_shard_leave(site->shard);
	site->has_gone = true;
	turn_soon(site->all);
}

/* Nothing comes here any more. */
static void retire_site(struct redis_site *site)
{
	if (site->is_leaving)
		return;
	site->is_leaving = true;
	site->all->in_use--;
	(void)redis_site_map_set(
	    &site->all->map, redis_shard_address(site->shard), NULL);
}

/* Its master is none any more, or has a new one. */
static void leave_site(struct redis_site *site)
{
	retire_site(site);
	empty_site(site);
}

static bool is_full(const struct redis_sharded *s)
{
	return s->in_use == REDIS_SHARDED_SITES_MAX;
}

static struct redis_site *add_site(
    struct redis_sharded *s, const struct address *master)
{
	struct redis_site *site = open_site(s, master);

	list_add(&s->sites, &site->link);
	s->in_use++;
	(void)redis_site_map_set(&s->map, master, site);
	return site;
}

/* Where a slot is to be had by what is known. */
static struct redis_site *find_site(struct redis_sharded *s, uint16_t slot)
{
	const struct address *master;
	struct redis_site *site = redis_site_map_find(&s->map, slot, &master);

	if (site)
		return site;
	return master && !is_full(s) ? add_site(s, master) : s->nowhere;
}

static bool has_place(const struct redis_sharded *s, uint16_t slot)
{
	const struct address *master;

	return redis_site_map_find(&s->map, slot, &master) ||
	       (master && !is_full(s));
}

/* One of those that are nowhere would not be any more. */
static bool is_any_served(const struct redis_sharded *s)
{
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++)
		if (redis_slot_set_has(&s->nowhere->owed, (uint16_t)slot) &&
		    has_place(s, (uint16_t)slot))
			return true;
	return false;
}

/* A channel that was elsewhere, and may have missed something on the way. */
static void move_here(void *arg, struct slice channel)
{
	struct redis_sharded *s = arg;
	uint16_t slot = redis_slot_of(channel);
	struct redis_site *site = find_site(s, slot);

	redis_site_enter(site, slot);
	redis_slot_set_add(&site->owed, slot);
	redis_shard_adopt(site->shard, channel);
}

/* True: there are more. */
static bool hand_over(struct redis_site *site)
{
	if (site->has_gone)
		site->has_gone = redis_shard_hand_over(
		    site->shard, TURN_CHANNELS, move_here, site->all);
	return site->has_gone;
}

/* No room of this master is watched any more. */
static void close_if_idle(struct redis_site *site)
{
	if (redis_shard_count(site->shard) > 0)
		return;
	retire_site(site);
	redis_site_free(site);
}

static void note_unserved(struct redis_sharded *s)
{
	if (s->is_table_new)
		redis_unserved_note(&s->unserved,
		    redis_shard_count(s->nowhere->shard), is_full(s));
	s->is_table_new = false;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct redis_sharded *s = arg;
	bool has_more = hand_over(s->nowhere);
	struct list *next;

	(void)fd, (void)what;
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next)
		has_more |= hand_over(site_of(l));
	for (struct list *l = s->sites.next; l != &s->sites; l = next) {
		next = l->next;
		close_if_idle(site_of(l));
	}
	if (has_more)
		turn_soon(s);
	else
		note_unserved(s);
	tell_whole(s);
}

/* --- what sites say --- */

/* All that is here is out of force. */
static void on_broken(void *arg)
{
	struct redis_site *site = arg;
	struct redis_sharded *s = site->all;

	redis_site_break(site, &s->map);
	redis_looks_soon(&s->looks);
	tell_whole(s);
}

static void on_ended(void *arg, struct slice channel)
{
	struct redis_site *site = arg;

	redis_slot_set_add(&site->owed, redis_slot_of(channel));
	redis_site_doubt(site);
	redis_looks_soon(&site->all->looks);
	tell_whole(site->all);
}

static void on_elsewhere(void *arg, uint16_t slot, const struct address *to)
{
	struct redis_site *site = arg;
	struct redis_sharded *s = site->all;

	redis_site_map_hop(&s->map, slot, to);
	redis_site_depart(site, slot);
	site->has_gone = true;
	redis_looks_soon(&s->looks);
	turn_soon(s);
}

static void on_progress(void *arg)
{
	struct redis_site *site = arg;
	struct redis_sharded *s = site->all;

	pay(site);
	if (redis_shard_count(site->shard) == 0 && site != s->nowhere)
		turn_soon(s);
	tell_whole(s);
}

static const struct redis_shard_sink shard_sink = {
	.on_broken = on_broken,
	.on_ended = on_ended,
	.on_elsewhere = on_elsewhere,
	.on_progress = on_progress,
};

/* --- for its owner --- */

struct redis_sharded *redis_sharded_new(struct event_base *base,
    const struct redis_shard_options *options,
    const struct redis_sharded_sink *sink, void *arg)
{
	struct redis_sharded *s = xcalloc(1, sizeof *s);

	s->base = base;
	s->options = *options;
	s->sink = sink;
	s->arg = arg;
	s->is_whole = true;
	s->unserved = (struct redis_unserved){ .source = options->source,
		.metrics = options->metrics };
	redis_site_map_init(&s->map);
	list_init(&s->sites);
	s->turn = timer_new(base, on_turn, s, "redis");
	s->nowhere = open_site(s, NULL);
	redis_looks_begin(&s->looks, base,
	    options->backend->source->heartbeat_ms, sink->on_look, arg);
	return s;
}

void redis_sharded_free(struct redis_sharded *s)
{
	if (!s)
		return;
	while (!list_is_empty(&s->sites))
		redis_site_free(site_of(s->sites.next));
	redis_site_free(s->nowhere);
	redis_site_map_fini(&s->map);
	redis_looks_end(&s->looks);
	event_free(s->turn);
	free(s);
}

static void review_sites(struct redis_sharded *s)
{
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next) {
		struct redis_site *site = site_of(l);

		if (site->is_leaving)
			continue;
		if (redis_site_review(site, &s->map))
			leave_site(site);
		else if (redis_site_is_in_doubt(site))
			redis_looks_soon(&s->looks);
		else
			pay(site);
	}
}

/* Those for whom nothing has changed stay as they are, however many. */
static void review_nowhere(struct redis_sharded *s)
{
	if (!is_any_served(s))
		return;
	s->nowhere->owed = (struct redis_slot_set){ .bits = { 0 } };
	empty_site(s->nowhere);
}

void redis_sharded_know(
    struct redis_sharded *s, const struct redis_slots *slots)
{
	redis_site_map_know(&s->map, slots);
	review_sites(s);
	review_nowhere(s);
	s->is_table_new = true;
	turn_soon(s);
	tell_whole(s);
}

/* As long as nothing is missing, nothing is lost by that. */
void redis_sharded_miss(
    struct redis_sharded *s, const struct redis_failure *why)
{
	if (!s->is_whole)
		redis_unserved_fail(&s->unserved, why);
}

/* Who comes for one that is away is let in, and misses what is published. */
void redis_sharded_want(struct redis_sharded *s, struct slice channel)
{
	uint16_t slot = redis_slot_of(channel);
	struct redis_site *site = find_site(s, slot);

	redis_site_enter(site, slot);
	if (redis_shard_is_away(site->shard))
		redis_slot_set_add(&site->owed, slot);
	redis_shard_want(site->shard, channel);
}

/* It may be on its way, or where its slot was. */
void redis_sharded_unwant(struct redis_sharded *s, struct slice channel)
{
	redis_shard_unwant(s->nowhere->shard, channel);
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next)
		redis_shard_unwant(site_of(l)->shard, channel);
	turn_soon(s);
}

void redis_sharded_expect_all(struct redis_sharded *s)
{
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next)
		redis_site_expect_all(site_of(l), &s->map);
	tell_whole(s);
}

void redis_sharded_set_paused(struct redis_sharded *s, bool is_paused)
{
	s->is_paused = is_paused;
	for (struct list *l = s->sites.next; l != &s->sites; l = l->next)
		redis_shard_set_paused(site_of(l)->shard, is_paused);
}
