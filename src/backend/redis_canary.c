/*
 * redis_canary: see the header.
 */
#include "backend/redis_canary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_tally.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/metrics.h"
#include "proto/mark.h"
#include "proto/resp_items.h"

enum { SILENT_BEATS_MAX = 3 };

struct redis_canary {
	struct redis_link *link;                /* owned */
	const struct redis_find *find;          /* borrowed */
	const struct redis_canary_words *words; /* borrowed; NULL: a number */
	struct metrics *metrics;                /* borrowed */
	redis_canary_lost_fn fn;
	void *arg;
	uint64_t sent;
	unsigned ahead;        /* replies to PUBLISH before that to ROLE */
	unsigned awaited;      /* replies to PUBLISH */
	unsigned silent_beats; /* in a row, without one that came back */
	bool is_released;      /* what it waits for is subscribed */
	bool came_back;        /* since it was opened, or doubted */
	bool is_missed;        /* and that is in the log */
	char own_channel[64];
	char number[24];  /* the last one sent */
	int64_t timed_us; /* when that was sent; 0: none is timed */
	size_t timed_len;
	char timed[MARK_MAX + 1]; /* as it comes back */
};

static void fail(struct redis_canary *c, const struct redis_failure *why)
{
	redis_link_close(c->link);
	c->fn(c->arg, why);
}

static void fail_by(struct redis_canary *c, struct redis_failure why)
{
	fail(c, &why);
}

/* --- how long it takes --- */

/* One at a time: those behind it are not timed. */
static void time_one(struct redis_canary *c, struct slice text)
{
	if (c->timed_us != 0 || text.len > sizeof c->timed)
		return;
	c->timed_us = clock_us();
	c->timed_len = text.len;
	memcpy(c->timed, text.ptr, text.len);
}

static void note_return(struct redis_canary *c, struct slice text)
{
	metrics_set(
	    c->metrics, METRIC_SOURCE_HEARTBEAT_AGE, (uint64_t)clock_ms());
	if (c->timed_us == 0 ||
	    !slice_eq(text, slice_of(c->timed, c->timed_len)))
		return;
	metrics_observe(c->metrics, METRIC_SOURCE_ROUND_TRIP,
	    (uint64_t)(clock_us() - c->timed_us));
	c->timed_us = 0;
}

/* --- what is sent --- */

static struct slice next_number(struct redis_canary *c)
{
	(void)snprintf(c->number, sizeof c->number, "%" PRIu64, ++c->sent);
	return slice_str(c->number);
}

void redis_canary_send(struct redis_canary *c)
{
	struct slice command[3] = { slice_str("PUBLISH"),
		redis_canary_channel(c) };

	if (!c->is_released || !redis_link_is_ready(c->link))
		return;
	command[2] = c->words ? c->words->write(c->words->arg) : next_number(c);
	c->awaited++;
	time_one(c, command[2]);
	if (redis_link_send(c->link, command, 3) < 0)
		fail_by(c, redis_failure_memory());
}

void redis_canary_ask_role(struct redis_canary *c)
{
	if (!redis_link_is_ready(c->link) || redis_link_awaits_role(c->link))
		return;
	c->ahead = c->awaited;
	if (redis_link_ask_role(c->link) < 0)
		fail_by(c, redis_failure_memory());
}

/* --- its connection --- */

static void on_ready(void *arg)
{
	struct redis_canary *c = arg;

	c->awaited = 0;
	c->timed_us = 0; /* it may have been lost with the last connection */
	redis_canary_send(c);
}

/* To how many it was given does not matter: it is awaited at the other end. */
static void take_published(struct redis_canary *c, const struct resp_part *part)
{
	if (c->awaited > 0)
		c->awaited--;
	if (c->ahead > 0)
		c->ahead--;
	if (part->type == RESP_ERROR) {
		const struct redis_failure why = redis_failure_refused(
		    "PUBLISH", redis_canary_channel(c), part->text);

		fail(c, &why);
	} else if (part->type != RESP_INTEGER) {
		fail_by(c, redis_failure_make(REDIS_FAILURE_PROTOCOL,
			       "protocol error: not the reply to a PUBLISH"));
	}
}

static void take_role(struct redis_canary *c, const struct resp_part *part)
{
	if (redis_link_take_role(c->link, part))
		c->ahead = c->awaited;
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_canary *c = arg;

	if (redis_link_awaits_role(c->link) && c->ahead == 0)
		take_role(c, part);
	else
		take_published(c, part);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	fail(arg, why);
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_lost = on_lost,
};

struct redis_canary *redis_canary_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_canary_words *words, struct metrics *metrics,
    redis_canary_lost_fn fn, void *arg)
{
	struct redis_canary *c = xcalloc(1, sizeof *c);
	uint64_t id[2];

	c->find = options->find;
	c->words = words;
	c->metrics = metrics;
	crypto_random(id, sizeof id);
	(void)snprintf(c->own_channel, sizeof c->own_channel,
	    "roomcast:heartbeat:%016" PRIx64 "%016" PRIx64, id[0], id[1]);
	c->link = redis_link_new(base, options, &sink, c);
	c->fn = fn;
	c->arg = arg;
	return c;
}

void redis_canary_free(struct redis_canary *c)
{
	if (!c)
		return;
	redis_link_free(c->link);
	free(c);
}

struct slice redis_canary_channel(const struct redis_canary *c)
{
	return slice_str(c->words ? c->words->channel : c->own_channel);
}

void redis_canary_open(struct redis_canary *c)
{
	c->silent_beats = 0;
	c->is_released = false;
	c->came_back = false;
	redis_link_open(c->link);
}

void redis_canary_close(struct redis_canary *c)
{
	c->is_released = false;
	redis_link_close(c->link);
}

bool redis_canary_waits_for_all(const struct redis_canary *c)
{
	return c->words;
}

void redis_canary_release(struct redis_canary *c)
{
	if (c->is_released)
		return;
	c->is_released = true;
	redis_canary_send(c);
}

void redis_canary_hold(struct redis_canary *c)
{
	c->is_released = false;
}

bool redis_canary_beat(struct redis_canary *c)
{
	if (++c->silent_beats >= SILENT_BEATS_MAX)
		return false;
	if (c->silent_beats == 1)
		c->timed_us = 0; /* others came back: it may be lost */
	if (redis_link_is_closed(c->link))
		redis_link_open(c->link);
	redis_canary_send(c);
	return true;
}

void redis_canary_miss(struct redis_canary *c, const struct redis_failure *why)
{
	if (redis_failure_is_of(why, REDIS_FAILURE_FULL))
		redis_canary_excuse(c);
	redis_tally_lost(c->metrics, REDIS_CONNECTION_HEARTBEAT, why->kind);
	log_at(c->is_missed ? LOG_DEBUG : LOG_WARN, LOG_REDIS,
	    "heartbeat connection lost",
	    kv_given("source", redis_find_source(c->find)),
	    kv_str("address", redis_find_shown(c->find)),
	    kv_str("reason", why->reason), kv_given("remedy", why->remedy),
	    kv_str("kind", redis_failure_label(why->kind)));
	c->is_missed = true;
}

void redis_canary_excuse(struct redis_canary *c)
{
	c->silent_beats = 0;
}

void redis_canary_doubt(struct redis_canary *c)
{
	c->came_back = false;
}

void redis_canary_resume(struct redis_canary *c)
{
	redis_canary_excuse(c);
	redis_canary_send(c);
}

bool redis_canary_hear(struct redis_canary *c, struct slice text)
{
	if (c->words && !c->words->hear(c->words->arg, text))
		return false;
	if (!c->is_released)
		return false; /* it waits, or what came of it has closed it */
	note_return(c, text);
	c->silent_beats = 0;
	c->came_back = true;
	c->is_missed = false;
	return true;
}

bool redis_canary_came_back(const struct redis_canary *c)
{
	return c->came_back;
}
