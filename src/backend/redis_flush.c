/* redis_flush: see the header. */
#include "backend/redis_flush.h"

#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_channels.h"
#include "backend/redis_link.h"
#include "backend/redis_push.h"
#include "base/clock.h"
#include "sys/timer.h"

enum {
	CHANNELS_AT_ONCE = 1024, /* and the rest of a command */
	PATIENCE_US = REDIS_FLUSH_PATIENCE_MS * 1000,
};

/* --- what is sent --- */

static int send_batch(
    struct redis_flush *f, const struct redis_channels_batch *batch)
{
	struct slice command[REDIS_CHANNELS_BATCH + 1];

	if (batch->step == REDIS_CHANNELS_IN_FORCE) {
		for (size_t i = 0; i < batch->count; i++)
			f->sink->on_in_force(f->arg, batch->names[i]);
		return 0;
	}
	f->sent_us = clock_us();
	command[0] = slice_str(redis_push_command(batch->step));
	memcpy(command + 1, batch->names, batch->count * sizeof *batch->names);
	return redis_link_put(f->link, command, batch->count + 1);
}

/* What may be in flight, or a part of it. 0 or -ENOMEM. */
static int send_batches(struct redis_flush *f)
{
	struct redis_channels_batch batch = { .count = 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < CHANNELS_AT_ONCE &&
			   redis_channels_next(f->channels, &batch);
	     i += batch.count)
		rc = send_batch(f, &batch);
	return rc == 0 && redis_link_is_ready(f->link)
		   ? redis_link_flush(f->link)
		   : rc;
}

/* --- when --- */

/* Whether it is sent in this turn, or some turns from now. */
static bool is_under_way(const struct redis_flush *f)
{
	return !f->is_held && event_pending(f->timer, EV_TIMEOUT, NULL);
}

static bool is_needed(const struct redis_flush *f)
{
	return redis_channels_is_due(f->channels) &&
	       (redis_link_is_ready(f->link) || f->is_suspended) &&
	       !is_under_way(f);
}

static bool awaits_answers(const struct redis_flush *f)
{
	enum redis_channels_step unused;

	return redis_channels_awaited(f->channels, &unused).len > 0;
}

/* Clients of a storm come within a few turns of each other. */
static bool is_storm(const struct redis_flush *f)
{
	return clock_us() - f->sent_us < PATIENCE_US;
}

/*
 * At the end of so many turns from now: a timer comes behind what is ready, but
 * before what that leads to, as the rooms of those whose requests are read
 * then.
 */
static void flush_behind(struct redis_flush *f, unsigned turns)
{
	f->is_held = false;
	f->turns = turns;
	timer_arm(f->timer, 0, "redis");
}

static void flush_next_turn(struct redis_flush *f)
{
	flush_behind(f, 1);
}

static void hold(struct redis_flush *f)
{
	if (f->is_held)
		return;
	f->is_held = true;
	f->until_us = clock_us() + PATIENCE_US;
	timer_arm(f->timer, REDIS_FLUSH_PATIENCE_MS, "redis");
}

/* For others, as long as the turns are short. */
static void wait_turns(struct redis_flush *f)
{
	if (!f->is_held)
		f->until_us = clock_us() + PATIENCE_US;
	flush_behind(f, REDIS_FLUSH_TURNS);
}

/*
 * A command costs as much as a client's answer and more, however many channels
 * it names. Who comes alone does not wait for others; and what was wanted
 * before there was this connection goes as fast as the server takes it.
 */
void redis_flush_soon(struct redis_flush *f)
{
	if (!is_needed(f))
		return;
	if (awaits_answers(f) && redis_channels_is_synced(f->channels))
		hold(f);
	else if (awaits_answers(f))
		flush_next_turn(f);
	else if (f->is_held || is_storm(f))
		wait_turns(f);
	else
		timer_fire(f->timer);
}

static void end_turn(struct redis_flush *f)
{
	f->turns = clock_us() < f->until_us ? f->turns - 1 : 0;
	if (f->turns > 0)
		timer_arm(f->timer, 0, "redis");
	else
		timer_fire(f->timer);
}

/* Send a part of what is asked for, as far as it may be in flight. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_flush *f = arg;

	(void)fd, (void)what;
	if (f->turns > 0) {
		end_turn(f);
		return;
	}
	f->is_held = false;
	if (send_batches(f) < 0) {
		f->sink->on_failed(f->arg);
		return;
	}
	if (is_needed(f))
		flush_next_turn(f); /* others have work to do as well */
	f->sink->on_sent(f->arg);   /* the last one may have been dropped */
}

void redis_flush_ask(struct redis_flush *f)
{
	if (redis_link_is_ready(f->link) &&
	    !event_pending(f->timer, EV_TIMEOUT, NULL))
		flush_next_turn(f);
}

/* --- for its owner --- */

void redis_flush_init(struct redis_flush *f, struct event_base *base,
    struct redis_link *link, struct redis_channels *channels,
    const struct redis_flush_sink *sink, void *arg)
{
	*f = (struct redis_flush){
		.link = link, .channels = channels, .sink = sink, .arg = arg
	};
	f->timer = timer_new(base, on_timer, f, "redis");
}

void redis_flush_fini(struct redis_flush *f)
{
	event_free(f->timer);
}

void redis_flush_suspend(struct redis_flush *f)
{
	f->is_suspended = true;
	redis_flush_soon(f);
}

void redis_flush_resume(struct redis_flush *f)
{
	f->is_suspended = false;
	redis_flush_soon(f);
}

void redis_flush_stop(struct redis_flush *f)
{
	(void)event_del(f->timer);
	f->is_held = false;
	f->turns = 0;
}
