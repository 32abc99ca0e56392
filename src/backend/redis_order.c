#include "backend/redis_order.h"

#include <stdlib.h>

#include "backend/redis_canary.h"
#include "backend/redis_held.h"
#include "backend/redis_marks.h"
#include "backend/redis_warmup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"

/* Where it happens once it may have been chance; twice within: it is so. */
enum { DISORDER_MS = 10 * 60 * 1000 };

enum order_state { ORDER_WAITING, ORDER_PLACED, ORDER_OFF };

struct redis_order {
	struct redis_canary_words words; /* of this order */
	const struct conf_redis *source;
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	void (*publish)(void *publisher);
	void *publisher;
	struct redis_marks *marks; /* owned */
	struct redis_held held;
	struct redis_warmup warmup;
	enum order_state state;
	bool owes_gap;  /* the subscription is new, or a new one */
	bool is_broken; /* off, and as if waiting: what was missed is untold */
	uint64_t barrier; /* what our mark of this number answers; 0: nothing */
	int64_t disorder_ms; /* the last time; 0: never */
	/* What is no mark of ours is in the log. */
	bool has_told_unreadable, has_told_foreign;
};

/* --- positions --- */

static void hand_over_held(struct redis_order *o)
{
	struct redis_held_payload *p;

	while ((p = redis_held_take(&o->held))) {
		const struct backend_message m = {
			.channel = p->channel,
			.payload = p->payload,
			.has_no_place = true,
		};

		(void)o->sink->on_message(o->arg, &m);
		free(p);
	}
	redis_held_reset(&o->held);
}

/*
 * From the mark on all is heard. What was missed lies before it, and before
 * what is held: so that is when those without ids are told.
 */
static void tell_gap(struct redis_order *o)
{
	if (o->owes_gap || o->held.has_lost)
		o->sink->on_gap(o->arg, o->source->on_gap);
	o->owes_gap = false;
}

/* The first mark that counts. */
static void begin(struct redis_order *o, struct slice id)
{
	redis_warmup_begin(&o->warmup, clock_ms());
	if (o->state != ORDER_OFF) {
		o->state = ORDER_PLACED;
		o->sink->on_mark(o->arg, id);
	} else if (o->is_broken) {
		o->sink->on_off(o->arg); /* which tells a gap once more */
	}
	o->is_broken = false;
	tell_gap(o);
	hand_over_held(o);
}

/* What was heard is of no use, and the subscription goes on. */
static void begin_anew(struct redis_order *o)
{
	o->state = ORDER_WAITING;
	o->barrier = 0;
	o->sink->on_void(o->arg);
	o->publish(o->publisher);
}

void redis_order_break(struct redis_order *o)
{
	redis_marks_break(o->marks);
	redis_held_reset(&o->held);
	o->owes_gap = true;
	o->is_broken = o->state == ORDER_OFF;
	o->barrier = 0;
	if (o->state != ORDER_PLACED)
		return;
	o->state = ORDER_WAITING;
	o->sink->on_void(o->arg);
}

void redis_order_take(struct redis_order *o, const struct backend_message *m)
{
	if (o->state == ORDER_WAITING || o->is_broken) {
		redis_held_add(&o->held, m->channel, m->payload);
		return;
	}
	redis_marks_count(o->marks, m->channel, m->payload);
	(void)o->sink->on_message(o->arg, m);
}

/* --- marks --- */

static struct slice write_mark(void *arg)
{
	struct redis_order *o = arg;

	return redis_marks_write(o->marks);
}

/* Neither a mark nor a payload. */
static void ignore(struct redis_order *o, const struct redis_marks_heard *heard)
{
	bool is_foreign = heard->verdict == REDIS_MARKS_FOREIGN;
	bool *has_told =
	    is_foreign ? &o->has_told_foreign : &o->has_told_unreadable;

	if (!*has_told)
		log_warn(LOG_REDIS,
		    is_foreign ? "marks of others who hear other channels are "
				 "ignored"
			       : "what is no mark is ignored",
		    is_foreign ? kv_slice("mark", heard->id) : kv_none,
		    kv_str("remedy",
			"give each app, and all its instances, a channels.mark "
			"of their own"));
	*has_told = true;
}

static void take_twice(struct redis_order *o, struct slice id)
{
	if (o->state == ORDER_OFF)
		return;
	log_error(LOG_REDIS, "a mark has come twice: what was kept is void",
	    kv_slice("mark", id),
	    kv_str("remedy", "find out who publishes on channels.mark"));
	begin_anew(o);
}

/*
 * There is no one order that all could agree on, and nothing here can make one:
 * to go on would lose messages without a word.
 */
static void turn_off(struct redis_order *o)
{
	log_error(LOG_REDIS, "history is off until the next reload",
	    kv_str("reason", "instances hear messages in other orders"));
	o->state = ORDER_OFF;
	o->barrier = 0;
	o->sink->on_off(o->arg);
}

static void take_disorder(struct redis_order *o, struct slice id)
{
	int64_t now_ms = clock_ms();
	bool is_second =
	    o->disorder_ms > 0 && now_ms - o->disorder_ms < DISORDER_MS;

	metrics_inc(o->metrics, METRIC_ORDER_MISMATCHES);
	if (o->state == ORDER_OFF)
		return;
	o->disorder_ms = now_ms;
	log_error(LOG_REDIS,
	    "another instance hears messages in another order: what was kept "
	    "is void",
	    kv_slice("mark", id),
	    kv_str("remedy",
		"let all connect to one Redis server, none of a cluster, or "
		"set history.stream"));
	if (is_second)
		turn_off(o);
	else
		begin_anew(o);
}

static void take_mark(
    struct redis_order *o, const struct redis_marks_heard *heard)
{
	if (heard->own == 0)
		redis_warmup_hear(&o->warmup, clock_ms());
	if (heard->verdict == REDIS_MARKS_FIRST)
		begin(o, heard->id);
	else if (heard->verdict == REDIS_MARKS_NEXT && o->state == ORDER_PLACED)
		o->sink->on_mark(o->arg, heard->id);
	if (o->barrier > 0 && heard->own >= o->barrier) {
		o->barrier = 0;
		o->sink->on_barrier(o->arg);
	}
}

static bool hear(void *arg, struct slice text)
{
	struct redis_order *o = arg;
	struct redis_marks_heard heard = redis_marks_hear(o->marks, text);

	switch (heard.verdict) {
	case REDIS_MARKS_UNREADABLE:
	case REDIS_MARKS_FOREIGN:
		ignore(o, &heard);
		return false;
	case REDIS_MARKS_TWICE:
		take_twice(o, heard.id);
		return false;
	case REDIS_MARKS_DISORDER:
		take_disorder(o, heard.id);
		return false;
	case REDIS_MARKS_EARLY:
	case REDIS_MARKS_FIRST:
	case REDIS_MARKS_NEXT:
		break;
	}
	take_mark(o, &heard);
	return heard.own > 0;
}

/* --- life --- */

/* Who hears other channels counts other payloads. */
static uint64_t group_of(const struct conf *conf)
{
	const struct slice channels[] = {
		slice_str(conf->channels.send),
		slice_str(conf->channels.broadcast),
		slice_str(conf->channels.control),
		slice_str(conf->channels.mark),
		slice_str(conf->channels.room_prefix),
	};

	return mark_group(channels, sizeof channels / sizeof channels[0]);
}

struct redis_order *redis_order_new(const struct backend_options *options,
    void (*publish)(void *publisher), void *publisher)
{
	const struct conf *conf = options->conf;
	struct redis_order *o = xcalloc(1, sizeof *o);

	o->owes_gap = true;
	o->source = options->source;
	o->metrics = options->metrics;
	o->sink = options->sink;
	o->arg = options->arg;
	o->publish = publish;
	o->publisher = publisher;
	o->words = (struct redis_canary_words){
		.channel = conf->channels.mark,
		.write = write_mark,
		.hear = hear,
		.arg = o,
	};
	o->marks = redis_marks_new(group_of(conf));
	redis_held_init(&o->held);
	redis_warmup_init(
	    &o->warmup, conf->history.warmup_ms, o->source->heartbeat_ms);
	return o;
}

void redis_order_free(struct redis_order *o)
{
	if (!o)
		return;
	redis_held_reset(&o->held);
	redis_marks_free(o->marks);
	free(o);
}

const struct redis_canary_words *redis_order_words(const struct redis_order *o)
{
	return &o->words;
}

/* --- for the hub --- */

void redis_order_ask_barrier(struct redis_order *o)
{
	o->barrier = redis_marks_next(o->marks);
	o->publish(o->publisher);
}

void redis_order_reload(struct redis_order *o)
{
	o->has_told_unreadable = o->has_told_foreign = false;
	if (o->state != ORDER_OFF)
		return;
	log_info(LOG_REDIS, "history is on again", kv_none);
	o->disorder_ms = 0;
	o->is_broken = false;
	redis_marks_break(o->marks);
	begin_anew(o);
}

void redis_order_use_conf(struct redis_order *o, const struct conf *conf)
{
	if (!redis_marks_join(o->marks, group_of(conf)))
		return;
	o->barrier = 0;
	if (o->state != ORDER_PLACED)
		return;
	o->state = ORDER_WAITING;
	o->sink->on_void(o->arg);
}

bool redis_order_is_warm(struct redis_order *o)
{
	return redis_warmup_is_over(&o->warmup, clock_ms());
}
