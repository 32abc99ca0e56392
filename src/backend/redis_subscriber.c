/*
 * redis_subscriber: a redis_link, the redis_channels that say what goes out on
 * it, and the redis_flush that says when; what comes in is told apart by
 * redis_push.
 */
#include "backend/redis_subscriber.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "backend/redis_flush.h"
#include "backend/redis_link.h"
#include "backend/redis_push.h"
#include "backend/redis_refusal.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"

struct redis_subscriber {
	struct redis_link *link;         /* owned */
	struct redis_channels *channels; /* owned */
	struct redis_flush flush;
	const struct redis_subscriber_sink *sink;
	void *arg;
	const struct redis_find *find; /* borrowed */
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

static void on_in_force(void *arg, struct slice channel)
{
	struct redis_subscriber *s = arg;

	s->sink->on_in_force(s->arg, channel);
}

static void on_sent(void *arg)
{
	struct redis_subscriber *s = arg;

	s->sink->on_progress(s->arg);
}

static void on_failed(void *arg)
{
	lose(arg, redis_failure_memory());
}

static const struct redis_flush_sink flush_sink = {
	.on_in_force = on_in_force,
	.on_sent = on_sent,
	.on_failed = on_failed,
};

/* --- what comes in --- */

static void on_ready(void *arg)
{
	struct redis_subscriber *s = arg;

	redis_channels_reset(s->channels);
	redis_flush_resume(&s->flush);
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
	redis_flush_soon(&s->flush);
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
	redis_flush_soon(&s->flush); /* for what waits for that */
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
	redis_flush_soon(&s->flush);
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
	redis_flush_soon(&s->flush);
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
	redis_flush_init(&s->flush, base, s->link, s->channels, &flush_sink, s);
	return s;
}

void redis_subscriber_free(struct redis_subscriber *s)
{
	if (!s)
		return;
	redis_flush_fini(&s->flush);
	redis_link_free(s->link);
	redis_channels_free(s->channels);
	free(s);
}

void redis_subscriber_open(struct redis_subscriber *s)
{
	redis_link_open(s->link);
}

void redis_subscriber_close(struct redis_subscriber *s)
{
	redis_link_close(s->link);
	redis_flush_stop(&s->flush);
}

void redis_subscriber_want(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind)
{
	redis_channels_want(s->channels, channel, kind);
	redis_flush_soon(&s->flush);
}

void redis_subscriber_unwant(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind)
{
	redis_channels_unwant(s->channels, channel, kind);
	redis_flush_soon(&s->flush);
}

void redis_subscriber_ask_progress(struct redis_subscriber *s)
{
	redis_flush_ask(&s->flush);
}

void redis_subscriber_rename(
    struct redis_subscriber *s, struct slice from, struct slice to)
{
	redis_channels_rename(s->channels, from, to);
	redis_flush_soon(&s->flush);
}

void redis_subscriber_adopt(struct redis_subscriber *s, struct slice channel)
{
	redis_channels_adopt(s->channels, channel);
	redis_flush_soon(&s->flush);
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
	redis_channels_suspend(s->channels);
	redis_flush_suspend(&s->flush);
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
	redis_flush_soon(&s->flush);
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
