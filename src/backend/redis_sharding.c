/* redis_sharding: see the header. */
#include "backend/redis_sharding.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_lost.h"
#include "backend/redis_places.h"
#include "backend/redis_sharded.h"
#include "backend/redis_wanted.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "sys/timer.h"

/* Between two gaps, each of which is a walk over all clients. */
enum { GAP_MS = 100 };

struct redis_sharding {
	struct backend_options options;
	struct redis_places *places; /* borrowed */
	struct redis_login login;
	redis_sharding_fn fn;
	void *arg;
	struct redis_sharded *sharded; /* owned */
	bool is_whole;
	struct redis_slot_set lost; /* of which a gap is to be told */
	struct event *gap;          /* owned; timer */
	int64_t gap_ms;             /* when the last one was told */
};

/* --- what it says --- */

static void on_look(void *arg)
{
	struct redis_sharding *s = arg;

	redis_places_look(s->places);
}

static void on_whole(void *arg, bool is_whole)
{
	struct redis_sharding *s = arg;

	s->is_whole = is_whole;
	s->fn(s->arg);
}

static void tell_gap(evutil_socket_t fd, short what, void *arg)
{
	struct redis_sharding *s = arg;
	struct lost_rooms *rooms =
	    redis_lost_new(&s->lost, s->options.conf->channels.room_prefix);

	(void)fd, (void)what;
	s->lost = (struct redis_slot_set){ .bits = { 0 } };
	s->gap_ms = clock_ms();
	s->options.sink->on_rooms_gap(
	    s->options.arg, s->options.source->on_gap, rooms);
}

/* Thousands of slots may move one after the other. */
static void on_gap(void *arg, const struct redis_slot_set *slots)
{
	struct redis_sharding *s = arg;
	int64_t wait_ms = s->gap_ms + GAP_MS - clock_ms();

	redis_slot_set_join(&s->lost, slots);
	if (!event_pending(s->gap, EV_TIMEOUT, NULL))
		timer_arm(s->gap, wait_ms > 0 ? wait_ms : 0, "redis");
}

static const struct redis_sharded_sink sink = {
	.on_look = on_look,
	.on_whole = on_whole,
	.on_gap = on_gap,
};

/* --- what it is told --- */

static void on_slots(
    void *arg, const struct redis_slots *slots, const struct redis_failure *why)
{
	struct redis_sharding *s = arg;

	if (slots)
		redis_sharded_know(s->sharded, slots);
	else
		redis_sharded_miss(s->sharded, why);
}

void redis_sharding_watch(struct redis_sharding *s, struct slice room)
{
	struct buf channel = { 0 };

	redis_wanted_put_channel(&channel, s->options.conf, room);
	redis_sharded_want(s->sharded, buf_slice(&channel));
	buf_fini(&channel);
}

void redis_sharding_unwatch(struct redis_sharding *s, struct slice room)
{
	struct buf channel = { 0 };

	redis_wanted_put_channel(&channel, s->options.conf, room);
	redis_sharded_unwant(s->sharded, buf_slice(&channel));
	buf_fini(&channel);
}

void redis_sharding_set_paused(struct redis_sharding *s, bool is_paused)
{
	redis_sharded_set_paused(s->sharded, is_paused);
}

void redis_sharding_expect_all(struct redis_sharding *s)
{
	redis_sharded_expect_all(s->sharded);
}

bool redis_sharding_is_whole(const struct redis_sharding *s)
{
	return s->is_whole;
}

/* --- life --- */

struct redis_sharding *redis_sharding_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics, size_t max_string, redis_sharding_fn fn, void *arg)
{
	struct redis_sharding *s = xcalloc(1, sizeof *s);
	const struct redis_shard_options shard = {
		.backend = &s->options,
		.login = &s->login,
		.source = redis_find_source(
		    redis_places_find(places, REDIS_PLACE_CHANNELS)),
		.role = redis_places_rule(places),
		.metrics = metrics,
		.max_string = max_string,
	};

	s->options = *options;
	s->places = places;
	s->login = redis_login_of(options->source);
	s->fn = fn;
	s->arg = arg;
	s->is_whole = true;
	s->gap = timer_new(base, tell_gap, s, "redis");
	s->sharded = redis_sharded_new(base, &shard, &sink, s);
	redis_places_watch_slots(places, on_slots, s);
	return s;
}

void redis_sharding_free(struct redis_sharding *s)
{
	if (!s)
		return;
	redis_sharded_free(s->sharded);
	event_free(s->gap);
	free(s);
}
