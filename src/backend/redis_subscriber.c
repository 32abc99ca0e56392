/*
 * redis_subscriber: a redis_link and the redis_channels that say what goes out
 * on it; what comes in is told apart here.
 */
#include "backend/redis_subscriber.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_link.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/backend.h"
#include "sys/timer.h"

/* In one turn of the loop: all that may be in flight, and more. */
enum { TURN_BATCHES = 8 };

struct redis_subscriber {
	struct redis_link *link;         /* owned */
	struct redis_channels *channels; /* owned */
	struct event *flush;             /* owned; timer of the next turn */
	const struct redis_subscriber_sink *sink;
	void *arg;
};

static void lose(struct redis_subscriber *s, const struct redis_failure *why)
{
	redis_subscriber_close(s);
	s->sink->on_lost(s->arg, why);
}

static void lose_by(struct redis_subscriber *s, const char *reason)
{
	const struct redis_failure why = redis_failure_make(reason);

	lose(s, &why);
}

/* --- what goes out --- */

/* A command, and how what confirms it begins. */
static const struct {
	const char *command, *confirmation;
} words[] = {
	[REDIS_CHANNELS_SUBSCRIBE] = { "SUBSCRIBE", "subscribe" },
	[REDIS_CHANNELS_PSUBSCRIBE] = { "PSUBSCRIBE", "psubscribe" },
	[REDIS_CHANNELS_UNSUBSCRIBE] = { "UNSUBSCRIBE", "unsubscribe" },
};

enum { WORDS = sizeof words / sizeof words[0] };

static int send_batch(
    struct redis_subscriber *s, const struct redis_channels_batch *batch)
{
	struct slice command[REDIS_CHANNELS_BATCH + 1];

	if (batch->step == REDIS_CHANNELS_IN_FORCE) {
		for (size_t i = 0; i < batch->count; i++)
			s->sink->on_in_force(s->arg, batch->names[i]);
		return 0;
	}
	command[0] = slice_str(words[batch->step].command);
	memcpy(command + 1, batch->names, batch->count * sizeof *batch->names);
	return redis_link_send(s->link, command, batch->count + 1);
}

static void flush_later(struct redis_subscriber *s)
{
	if (redis_link_is_ready(s->link) &&
	    redis_channels_is_due(s->channels) &&
	    !event_pending(s->flush, EV_TIMEOUT, NULL))
		timer_arm(s->flush, 0, "redis");
}

/* Send a part of what is asked for, as far as it may be in flight. */
static void on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct redis_subscriber *s = arg;
	struct redis_channels_batch batch;

	(void)fd, (void)what;
	for (int i = 0;
	     i < TURN_BATCHES && redis_channels_next(s->channels, &batch);
	     i++) {
		if (send_batch(s, &batch) < 0) {
			lose_by(s, "out of memory");
			return;
		}
	}
	flush_later(s);
	s->sink->on_progress(s->arg); /* the last one may have been dropped */
}

/* --- what comes in --- */

static void on_ready(void *arg)
{
	struct redis_subscriber *s = arg;

	redis_channels_reset(s->channels);
	flush_later(s);
	s->sink->on_ready(s->arg);
}

static bool item_is(const struct resp_item *item, const char *text)
{
	return item->type == RESP_STRING &&
	       slice_eq(item->text, slice_str(text));
}

/* The command in lower case, channel, count of channels now. */
static void take_confirmation(struct redis_subscriber *s,
    enum redis_channels_step step, struct slice channel)
{
	struct slice in_force;

	if (redis_channels_confirm(s->channels, step, channel, &in_force) < 0) {
		lose_by(s, "protocol error: an unexpected confirmation");
		return;
	}
	if (in_force.len > 0)
		s->sink->on_in_force(s->arg, in_force);
	else if (step != REDIS_CHANNELS_UNSUBSCRIBE)
		s->sink->on_confirmed(s->arg, channel);
	flush_later(s); /* there is room in flight again */
	s->sink->on_progress(s->arg);
}

/*
 * Not permitted is some channel of the command, and not the command itself: a
 * server knows these two, in words that have changed with its versions.
 */
static bool is_about_channels(struct slice reply)
{
	static const char command[] = "to run the";

	return slice_starts_with(reply, slice_str("NOPERM")) &&
	       !memmem(reply.ptr, reply.len, command, sizeof command - 1);
}

static void tell_refused(
    struct redis_subscriber *s, struct slice channel, struct slice reply)
{
	const struct redis_failure why =
	    redis_failure_refused("SUBSCRIBE", channel, reply);

	log_warn("redis", "the channel of a room is refused",
	    kv_str("channel", why.channel), kv_str("reason", why.reason),
	    kv_str("remedy", why.remedy));
	s->sink->on_refused(s->arg, channel);
}

/* A refused room is that room's matter; what is configured must work. */
static void take_refusal(struct redis_subscriber *s, struct slice reply)
{
	enum redis_channels_step step;
	struct slice channel = redis_channels_awaited(s->channels, &step);
	struct slice refused;
	const struct redis_failure why =
	    redis_failure_refused(words[step].command, channel, reply);

	if (!is_about_channels(reply) ||
	    redis_channels_refuse(s->channels, &refused) < 0) {
		lose(s, &why);
		return;
	}
	if (refused.len > 0)
		tell_refused(s, refused, reply);
	flush_later(s);
	s->sink->on_progress(s->arg);
}

static void take_message(
    struct redis_subscriber *s, struct slice channel, struct slice payload)
{
	const struct backend_message m = { .channel = channel,
		.payload = payload };

	s->sink->on_message(s->arg, &m);
}

/* message, channel, payload; by a pattern: pmessage, pattern, the same. */
static bool is_message(const struct resp_value *value)
{
	const struct resp_item *items = value->items;
	size_t count = value->count;

	if (count != 3 && count != 4)
		return false;
	return item_is(&items[0], count == 3 ? "message" : "pmessage") &&
	       items[count - 2].type == RESP_STRING &&
	       items[count - 1].type == RESP_STRING;
}

/* What a confirmation is of; WORDS: it is none. */
static unsigned find_confirmed(const struct resp_value *value)
{
	unsigned step = 0;

	if (value->count != 3 || value->items[1].type != RESP_STRING)
		return WORDS;
	while (step < WORDS &&
	       !item_is(&value->items[0], words[step].confirmation))
		step++;
	return step;
}

static void take_push(
    struct redis_subscriber *s, const struct resp_value *value)
{
	const struct resp_item *items = value->items;
	unsigned step;

	if (is_message(value)) {
		take_message(s, items[value->count - 2].text,
		    items[value->count - 1].text);
		return;
	}
	step = find_confirmed(value);
	if (step < WORDS)
		take_confirmation(s, step, items[1].text);
	else
		lose_by(s, "protocol error: neither a message nor a reply");
}

static void on_value(void *arg, const struct resp_value *value)
{
	struct redis_subscriber *s = arg;

	if (value->is_array)
		take_push(s, value);
	else if (value->items[0].type == RESP_ERROR)
		take_refusal(s, value->items[0].text);
	else
		lose_by(s, "protocol error: neither a message nor a reply");
}

static void on_read_end(void *arg)
{
	struct redis_subscriber *s = arg;

	s->sink->on_read_end(s->arg);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, why);
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
	s->link = redis_link_new(base, options, &link_sink, s);
	s->flush = evtimer_new(base, on_flush, s);
	if (!s->flush)
		fatal("redis", "cannot make an event: out of memory");
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
}

void redis_subscriber_want(struct redis_subscriber *s, struct slice channel,
    enum redis_channel_kind kind)
{
	redis_channels_want(s->channels, channel, kind);
	flush_later(s);
}

void redis_subscriber_unwant(struct redis_subscriber *s, struct slice channel)
{
	redis_channels_unwant(s->channels, channel);
	flush_later(s);
}

void redis_subscriber_retry(struct redis_subscriber *s)
{
	redis_channels_retry(s->channels);
	flush_later(s);
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

bool redis_subscriber_is_idle(const struct redis_subscriber *s)
{
	return redis_channels_is_idle(s->channels);
}

size_t redis_subscriber_count(const struct redis_subscriber *s)
{
	return redis_channels_count(s->channels);
}
