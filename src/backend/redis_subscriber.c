/*
 * redis_subscriber: a redis_link and the redis_channels that say what goes out
 * on it; what comes in is told apart by redis_push.
 */
#include "backend/redis_subscriber.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_link.h"
#include "backend/redis_push.h"
#include "backend/redis_refusal.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"
#include "sys/timer.h"

/* In one turn of the loop: all that may be in flight, and more. */
enum { TURN_CHANNELS = 2048 };

struct redis_subscriber {
	struct redis_link *link;         /* owned */
	struct redis_channels *channels; /* owned */
	struct event *flush;             /* owned; timer */
	const struct redis_subscriber_sink *sink;
	void *arg;
	const struct redis_find *find; /* borrowed */
	bool is_suspended;             /* until the link is ready */
	bool flushes_late;             /* behind what the turn asks for */
};

static void lose(struct redis_subscriber *s, struct redis_failure why)
{
	redis_subscriber_close(s);
	s->sink->on_lost(s->arg, &why);
}

static void fail_protocol(struct redis_subscriber *s, const char *reason)
{
	lose(s, redis_failure_make(REDIS_FAILURE_PROTOCOL, reason));
}

/* --- what goes out --- */

static int send_batch(
    struct redis_subscriber *s, const struct redis_channels_batch *batch)
{
	struct slice command[REDIS_CHANNELS_BATCH + 1];

	if (batch->step == REDIS_CHANNELS_IN_FORCE) {
		for (size_t i = 0; i < batch->count; i++)
			s->sink->on_in_force(s->arg, batch->names[i]);
		return 0;
	}
	command[0] = slice_str(redis_push_command(batch->step));
	memcpy(command + 1, batch->names, batch->count * sizeof *batch->names);
	return redis_link_put(s->link, command, batch->count + 1);
}

/* What may be in flight, or a part of it. 0 or -ENOMEM. */
static int send_batches(struct redis_subscriber *s)
{
	struct redis_channels_batch batch = { .count = 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < TURN_CHANNELS &&
			   redis_channels_next(s->channels, &batch);
	     i += batch.count)
		rc = send_batch(s, &batch);
	return rc == 0 && redis_link_is_ready(s->link)
		   ? redis_link_flush(s->link)
		   : rc;
}

static bool needs_flush(const struct redis_subscriber *s)
{
	return redis_channels_is_due(s->channels) &&
	       (redis_link_is_ready(s->link) || s->is_suspended) &&
	       !event_pending(s->flush, EV_TIMEOUT, NULL);
}

static bool awaits_answers(const struct redis_subscriber *s)
{
	enum redis_channels_step unused;

	return redis_channels_awaited(s->channels, &unused).len > 0;
}

/*
 * At the end of the next turn: a timer comes behind what is ready, but before
 * what that leads to, as the rooms of those whose requests are read then.
 */
static void flush_next_turn(struct redis_subscriber *s)
{
	s->flushes_late = true;
	timer_arm(s->flush, 0, "redis");
}

/*
 * Who comes alone does not wait for a turn of the loop. While the server is at
 * something, what the next turn asks for as well goes in the same write.
 */
static void flush_soon(struct redis_subscriber *s)
{
	if (!needs_flush(s))
		return;
	if (awaits_answers(s))
		flush_next_turn(s);
	else
		timer_fire(s->flush);
}

/* Send a part of what is asked for, as far as it may be in flight. */
static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct redis_subscriber *s = arg;

	(void)fd, (void)what;
	if (s->flushes_late) {
		s->flushes_late = false;
		timer_fire(s->flush);
		return;
	}
	if (send_batches(s) < 0) {
		lose(s, redis_failure_memory());
		return;
	}
	if (needs_flush(s))
		flush_next_turn(s);   /* the others' turn */
	s->sink->on_progress(s->arg); /* the last one may have been dropped */
}

/* --- what comes in --- */

static void on_ready(void *arg)
{
	struct redis_subscriber *s = arg;

	redis_channels_reset(s->channels);
	s->is_suspended = false;
	flush_soon(s);
	s->sink->on_ready(s->arg);
}

static bool is_unsubscribe(enum redis_channels_step step)
{
	return step == REDIS_CHANNELS_UNSUBSCRIBE ||
	       step == REDIS_CHANNELS_PUNSUBSCRIBE ||
	       step == REDIS_CHANNELS_SUNSUBSCRIBE;
}

/* The slot of a shard's channel has moved. */
static void take_end(struct redis_subscriber *s, struct slice channel)
{
	if (!redis_channels_end(s->channels, channel))
		return;
	flush_soon(s);
	s->sink->on_ended(s->arg, channel);
}

static void take_confirmation(struct redis_subscriber *s,
    enum redis_channels_step step, struct slice channel)
{
	struct slice in_force;

	if (!redis_channels_is_answer(s->channels, step, channel)) {
		if (is_unsubscribe(step))
			take_end(s, channel);
		return;
	}
	if (redis_channels_confirm(s->channels, step, channel, &in_force) < 0) {
		fail_protocol(s, "protocol error: an unexpected confirmation");
		return;
	}
	if (in_force.len > 0)
		s->sink->on_in_force(s->arg, in_force);
	else if (!is_unsubscribe(step) && s->sink->on_confirmed)
		s->sink->on_confirmed(s->arg, channel);
	flush_soon(s); /* there is room in flight again */
	s->sink->on_progress(s->arg);
}

static void tell_refused(struct redis_subscriber *s, struct slice channel,
    const struct redis_failure *why)
{
	log_warn(LOG_REDIS, "the channel of a room is refused",
	    kv_given("source", redis_find_source(s->find)),
	    kv_str("channel", why->channel), kv_str("reason", why->reason),
	    kv_str("remedy", why->remedy));
	s->sink->on_refused(s->arg, channel);
}

/*
 * To end what the server has ended by itself is refused as well: an answer that
 * nobody waits for.
 */
static void depart(struct redis_subscriber *s, const struct redis_refusal *r)
{
	if (!redis_channels_depart(s->channels, r->slot))
		return;
	flush_soon(s);
	s->sink->on_elsewhere(s->arg, r->slot, r->to.port ? &r->to : NULL);
}

/* A refused room is that room's matter; what is configured must work. */
static void take_refusal(struct redis_subscriber *s, struct slice reply)
{
	struct redis_refusal r;
	struct slice refused;

	redis_refusal_read(&r, reply, s->channels, redis_find_address(s->find));
	if (r.is_elsewhere && s->sink->on_elsewhere) {
		depart(s, &r);
		return;
	}
	if (!r.is_about_channels ||
	    redis_channels_refuse(s->channels, &refused) < 0) {
		lose(s, r.why);
		return;
	}
	if (refused.len > 0)
		tell_refused(s, refused, &r.why);
	flush_soon(s);
	s->sink->on_progress(s->arg);
}

static void take_message(
    struct redis_subscriber *s, struct slice channel, struct slice payload)
{
	const struct backend_message m = { .channel = channel,
		.payload = payload };

	s->sink->on_message(s->arg, &m);
}

static void on_value(void *arg, const struct resp_value *value)
{
	struct redis_subscriber *s = arg;
	const struct redis_push push = redis_push_read(value);

	switch (push.kind) {
	case REDIS_PUSH_MESSAGE:
		take_message(s, push.channel, push.text);
		break;
	case REDIS_PUSH_CONFIRMED:
		take_confirmation(s, push.step, push.channel);
		break;
	case REDIS_PUSH_ERROR:
		take_refusal(s, push.text);
		break;
	case REDIS_PUSH_NOTHING:
		break;
	case REDIS_PUSH_PONG:
		if (s->sink->on_pong)
			s->sink->on_pong(s->arg);
		break;
	case REDIS_PUSH_NONE:
		fail_protocol(
		    s, "protocol error: neither a message nor a reply");
	}
}

static void on_read_end(void *arg)
{
	struct redis_subscriber *s = arg;

	s->sink->on_read_end(s->arg);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

static const struct redis_link_sink link_sink = {
	.on_ready = on_ready,
	.on_value = on_value,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

/* --- for its owner --- */

struct redis_subscriber *redis_subscriber_new(struct event_base *base,
    const struct redis_link_options *options,
    const struct redis_subscriber_sink *sink, void *arg)
{
	struct redis_subscriber *s = xcalloc(1, sizeof *s);

	s->sink = sink;
	s->arg = arg;
	s->channels = redis_channels_new();
	s->find = options->find;
	s->link = redis_link_new(base, options, &link_sink, s);
	s->flush = timer_new(base, on_flush, s, "redis");
	return s;
}

void redis_subscriber_free(struct redis_subscriber *s)
{
	if (!s)
		return;
	redis_link_free(s->link);
	redis_channels_free(s->channels);
	event_free(s->flush);
	free(s);
}

void redis_subscriber_open(struct redis_subscriber *s)
{
	redis_link_open(s->link);
}

void redis_subscriber_close(struct redis_subscriber *s)
{
	redis_link_close(s->link);
	(void)event_del(s->flush);
	s->flushes_late = false;
}

void redis_subscriber_want(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind)
{
	redis_channels_want(s->channels, channel, kind);
	flush_soon(s);
}

void redis_subscriber_unwant(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind)
{
	redis_channels_unwant(s->channels, channel, kind);
	flush_soon(s);
}

void redis_subscriber_ask_progress(struct redis_subscriber *s)
{
	if (redis_link_is_ready(s->link) &&
	    !event_pending(s->flush, EV_TIMEOUT, NULL))
		flush_next_turn(s);
}

void redis_subscriber_rename(
    struct redis_subscriber *s, struct slice from, struct slice to)
{
	redis_channels_rename(s->channels, from, to);
	flush_soon(s);
}

void redis_subscriber_adopt(struct redis_subscriber *s, struct slice channel)
{
	redis_channels_adopt(s->channels, channel);
	flush_soon(s);
}

void redis_subscriber_depart_all(struct redis_subscriber *s)
{
	redis_channels_depart_all(s->channels);
}

bool redis_subscriber_hand_over(
    struct redis_subscriber *s, size_t most, redis_channels_fn fn, void *arg)
{
	return redis_channels_hand_over(s->channels, most, fn, arg);
}

bool redis_subscriber_wants(
    const struct redis_subscriber *s, struct slice channel)
{
	return redis_channels_wants(s->channels, channel);
}

void redis_subscriber_suspend(struct redis_subscriber *s)
{
	s->is_suspended = true;
	redis_channels_suspend(s->channels);
	flush_soon(s);
}

/* Beside the channels: what it answers is nobody's turn. */
static void say(struct redis_subscriber *s, const char *word)
{
	const struct slice command = slice_str(word);

	if (redis_link_is_ready(s->link) &&
	    redis_link_send(s->link, &command, 1) < 0)
		lose(s, redis_failure_memory());
}

void redis_subscriber_ping(struct redis_subscriber *s)
{
	say(s, "PING");
}

void redis_subscriber_try(
    struct redis_subscriber *s, enum redis_channels_step step)
{
	say(s, redis_push_command(step));
}

void redis_subscriber_retry(struct redis_subscriber *s)
{
	redis_channels_retry(s->channels);
	flush_soon(s);
}

void redis_subscriber_set_paused(struct redis_subscriber *s, bool is_paused)
{
	redis_link_set_paused(s->link, is_paused);
}

void redis_subscriber_peer(
    const struct redis_subscriber *s, struct resolve_address *peer)
{
	redis_link_peer(s->link, peer);
}

bool redis_subscriber_has_ended(const struct redis_subscriber *s)
{
	return redis_link_has_ended(s->link);
}

bool redis_subscriber_is_synced(const struct redis_subscriber *s)
{
	return redis_channels_is_synced(s->channels);
}

bool redis_subscriber_is_at_rest(const struct redis_subscriber *s)
{
	return redis_channels_is_at_rest(s->channels);
}

void redis_subscriber_expect_all(struct redis_subscriber *s)
{
	redis_channels_expect_all(s->channels);
}

size_t redis_subscriber_count(const struct redis_subscriber *s)
{
	return redis_channels_count(s->channels);
}
