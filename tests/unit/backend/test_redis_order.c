/*
 * redis_order: what the hub is told, in which order. Another instance is a
 * redis_marks of the test's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_canary.h"
#include "backend/redis_held.h"
#include "backend/redis_marks.h"
#include "backend/redis_order.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "unit.h"

static struct {
	struct conf conf;
	struct metrics *metrics;
	struct redis_order *order;
	struct redis_marks *other;
	struct buf told;
	unsigned published;
} t;

static void tell(const char *what, struct slice text)
{
	buf_puts(&t.told, what);
	if (text.len > 0)
		buf_putn(&t.told, text.ptr, text.len);
	buf_puts(&t.told, " ");
}

/* All since the last time. */
static const char *told(void)
{
	static char text[4096];

	(void)snprintf(text, sizeof text, "%.*s", (int)t.told.len,
	    t.told.data ? t.told.data : "");
	t.told.len = 0;
	return text;
}

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	(void)arg;
	tell(m->has_no_place ? "held:" : "message:", m->payload);
	return (struct backend_verdict){ true, NULL };
}

/* Whose it is, and which of theirs. */
static void on_mark(void *arg, struct slice id)
{
	(void)arg;
	(void)slice_cut(&id, '.');
	tell("mark:", id);
}

static void on_void(void *arg)
{
	(void)arg;
	tell("void", slice_of(NULL, 0));
}

static void on_off(void *arg)
{
	(void)arg;
	tell("off", slice_of(NULL, 0));
}

static void on_barrier(void *arg)
{
	(void)arg;
	tell("barrier", slice_of(NULL, 0));
}

static void on_gap(void *arg, enum conf_gap answer)
{
	(void)arg, (void)answer;
	tell("gap", slice_of(NULL, 0));
}

static void publish(void *publisher)
{
	(void)publisher;
	t.published++;
}

static const struct backend_sink sink = {
	.on_message = on_message,
	.on_gap = on_gap,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_barrier = on_barrier,
	.on_off = on_off,
};

static void new_order(void)
{
	const struct backend_options options = {
		.conf = &t.conf,
		.source = conf_source(&t.conf, 0),
		.metrics = t.metrics,
		.sink = &sink,
	};

	t.order = redis_order_new(&options, publish, NULL);
}

/* The group of these channels, which a test may change. */
static void open_order(void)
{
	static char send[] = "send", broadcast[] = "broadcast",
		    control[] = "control", mark[] = "mark", prefix[] = "room:";

	t.conf.channels.send = send;
	t.conf.channels.broadcast = broadcast;
	t.conf.channels.control = control;
	t.conf.channels.mark = mark;
	t.conf.channels.room_prefix = prefix;
	t.conf.history.warmup_ms = 10000;
	t.conf.redis.heartbeat_ms = 1000;
	new_order();
}

static void set_up(void)
{
	const struct slice channels[] = { slice_str("send"),
		slice_str("broadcast"), slice_str("control"), slice_str("mark"),
		slice_str("room:") };

	memset(&t, 0, sizeof t);
	t.metrics = aligned_alloc(64, sizeof *t.metrics);
	memset(t.metrics, 0, sizeof *t.metrics);
	t.other = redis_marks_new(mark_group(channels, 5));
	open_order();
}

static void tear_down(void)
{
	redis_order_free(t.order);
	redis_marks_free(t.other);
	buf_fini(&t.told);
	free(t.metrics);
}

static struct slice write_it(void)
{
	const struct redis_canary_words *words = redis_order_words(t.order);

	return words->write(words->arg);
}

static bool hear_it(struct slice text)
{
	const struct redis_canary_words *words = redis_order_words(t.order);

	return words->hear(words->arg, text);
}

/* On both instances. */
static void payload(const char *text)
{
	const struct backend_message m = { .channel = slice_str("send"),
		.payload = slice_str(text) };

	redis_order_take(t.order, &m);
	redis_marks_count(t.other, m.channel, m.payload);
}

static bool hear(const char *text)
{
	return hear_it(slice_str(text));
}

static bool hear_slice(struct slice text)
{
	(void)redis_marks_hear(t.other, text);
	return hear_it(text);
}

/* A mark of ours, or of the other, comes to both. */
static bool ours(void)
{
	return hear_slice(write_it());
}

static bool theirs(void)
{
	return hear_slice(redis_marks_write(t.other));
}

START_TEST(payloads_wait_for_the_first_mark_and_are_behind_it)
{
	payload("1");
	payload("2");
	ck_assert(!theirs());
	ck_assert_str_eq(told(), "");
	ck_assert(ours());
	ck_assert_str_eq(told(), "mark:1 gap held:1 held:2 ");
	payload("3");
	ck_assert(!theirs());
	payload("4");
	ck_assert_str_eq(told(), "message:3 mark:2 message:4 ");
}
END_TEST

START_TEST(a_break_voids_and_what_waited_is_gone)
{
	(void)ours();
	payload("1");
	redis_order_break(t.order);
	ck_assert_str_eq(told(), "mark:1 gap message:1 void ");
	payload("2");
	redis_order_break(t.order);
	ck_assert_str_eq(told(), "");
	payload("3");
	(void)ours();
	ck_assert_str_eq(told(), "mark:2 gap held:3 ");
}
END_TEST

START_TEST(what_is_no_mark_is_neither_heartbeat_nor_payload)
{
	struct redis_marks *stranger = redis_marks_new(1);
	char text[MARK_MAX + 1];

	(void)ours();
	told();
	for (int i = 0; i < 3; i++) {
		struct slice s = redis_marks_write(stranger);

		(void)snprintf(text, sizeof text, "%.*s", (int)s.len, s.ptr);
		ck_assert(!hear(text));
		ck_assert(!hear("{}"));
	}
	ck_assert_str_eq(told(), "");
	redis_marks_free(stranger);
}
END_TEST

START_TEST(a_barrier_is_a_mark_that_was_asked_for)
{
	char before[MARK_MAX + 1];
	struct slice s;

	(void)ours();
	s = write_it();
	(void)snprintf(before, sizeof before, "%.*s", (int)s.len, s.ptr);
	redis_order_ask_barrier(t.order);
	ck_assert_uint_eq(t.published, 1);
	told();
	ck_assert(hear(before)); /* published before it was asked */
	(void)theirs();
	ck_assert_str_eq(told(), "mark:2 mark:1 ");
	payload("1");
	(void)ours();
	ck_assert_str_eq(told(), "message:1 mark:3 barrier ");
	(void)ours();
	ck_assert_str_eq(told(), "mark:4 ");
}
END_TEST

START_TEST(a_void_calls_the_barrier_off)
{
	(void)ours();
	redis_order_ask_barrier(t.order);
	redis_order_break(t.order);
	told();
	(void)ours();
	ck_assert_str_eq(told(), "mark:2 gap ");
}
END_TEST

START_TEST(a_mark_twice_begins_anew)
{
	char text[MARK_MAX + 1];
	struct slice s;

	(void)ours();
	s = redis_marks_write(t.other);
	(void)snprintf(text, sizeof text, "%.*s", (int)s.len, s.ptr);
	(void)hear(text);
	told();
	ck_assert(!hear(text));
	ck_assert_uint_eq(t.published, 1);
	payload("1");
	ck_assert_str_eq(told(), "void ");
	ck_assert(ours());
	ck_assert_str_eq(told(), "mark:2 held:1 ");
}
END_TEST

/* Who is not told by ids hears of it as of an outage. */
START_TEST(what_could_not_wait_is_told)
{
	static char large[REDIS_HELD_BYTES];

	memset(large, 'x', sizeof large - 1);
	payload(large); /* at the beginning all are told in any case */
	(void)ours();
	ck_assert_str_eq(told(), "mark:1 gap ");
	redis_order_reload(t.order);
	(void)hear_slice(redis_marks_write(t.other));
	told();
	for (int i = 0; i < 2; i++) {
		struct slice s = redis_marks_write(t.other);

		(void)hear_it(s);
		(void)hear_it(s);
		ck_assert_str_eq(told(), i ? "mark:3 void " : "mark:2 void ");
		payload(i ? "small" : large);
		(void)hear_it(write_it());
		ck_assert_str_eq(
		    told(), i ? "mark:3 held:small " : "mark:2 gap ");
	}
}
END_TEST

/* Marks of the other that tell of something else: both in the next two. */
static void differ(void)
{
	for (int i = 0; i < 3; i++) {
		(void)ours();
		(void)theirs();
	}
	told();
	redis_marks_count(t.other, slice_str("send"), slice_str("elsewhere"));
	(void)theirs();
	(void)theirs();
}

START_TEST(another_order_voids_and_a_second_time_is_the_end)
{
	differ();
	ck_assert_ptr_nonnull(strstr(told(), "void "));
	ck_assert_uint_eq(
	    metrics_sum(&t.metrics, 1, METRIC_ORDER_MISMATCHES), 1);
	ck_assert_uint_eq(t.published, 1);
	differ();
	ck_assert_ptr_nonnull(strstr(told(), "off "));
	payload("1");
	ck_assert(ours());
	ck_assert(!theirs());
	ck_assert_str_eq(told(), "message:1 ");
	differ();
	ck_assert_str_eq(told(), ""); /* nothing more to say */
}
END_TEST

START_TEST(a_break_is_told_where_it_is_off)
{
	differ();
	differ();
	(void)ours();
	told();
	redis_order_break(t.order);
	payload("1");
	(void)theirs();
	ck_assert_str_eq(told(), "");
	(void)ours();
	payload("2");
	(void)ours();
	ck_assert_str_eq(told(), "off gap held:1 message:2 ");
	redis_order_break(t.order);
	payload("3");
	redis_order_reload(t.order);
	(void)ours();
	payload("4");
	ck_assert_ptr_nonnull(strstr(told(), " gap held:3 message:4 "));
}
END_TEST

START_TEST(a_reload_turns_it_on_again)
{
	differ();
	differ();
	told();
	redis_order_reload(t.order);
	ck_assert_uint_eq(t.published, 2);
	payload("1");
	ck_assert_str_eq(told(), "void ");
	(void)ours();
	ck_assert_ptr_nonnull(strstr(told(), " held:1 "));
	differ();
	ck_assert_ptr_nonnull(strstr(told(), "void "));
}
END_TEST

START_TEST(a_reload_of_what_is_well_changes_nothing)
{
	(void)ours();
	told();
	redis_order_reload(t.order);
	payload("1");
	ck_assert_str_eq(told(), "message:1 ");
}
END_TEST

START_TEST(it_warms_up_from_its_first_mark_on)
{
	t.conf.history.warmup_ms = 0;
	redis_order_free(t.order);
	new_order();
	ck_assert(!redis_order_is_warm(t.order));
	(void)ours();
	ck_assert(redis_order_is_warm(t.order));
}
END_TEST

/* Nothing is missed, but positions of before are none any more. */
START_TEST(other_channels_begin_anew_and_nothing_is_lost)
{
	static char other[] = "other";
	char before[MARK_MAX + 1];
	struct slice s;

	(void)ours();
	payload("1");
	s = write_it();
	(void)snprintf(before, sizeof before, "%.*s", (int)s.len, s.ptr);
	told();
	redis_order_use_conf(t.order, &t.conf);
	ck_assert_str_eq(told(), "");
	t.conf.channels.send = other;
	redis_order_use_conf(t.order, &t.conf);
	ck_assert_str_eq(told(), "void ");
	payload("2");
	ck_assert(hear(before)); /* ours, of when they were others */
	ck_assert(!theirs());    /* who has not changed them yet */
	ck_assert_str_eq(told(), "");
	(void)ours();
	ck_assert_str_eq(told(), "mark:3 held:2 ");
	payload("3");
	ck_assert_str_eq(told(), "message:3 ");
}
END_TEST

START_TEST(other_channels_while_it_waits_are_no_second_gap)
{
	static char other[] = "other", third[] = "third";

	(void)ours();
	t.conf.channels.send = other;
	redis_order_use_conf(t.order, &t.conf);
	t.conf.channels.send = third;
	redis_order_use_conf(t.order, &t.conf);
	redis_order_break(t.order);
	(void)ours();
	ck_assert_str_eq(told(), "mark:1 gap void mark:2 gap ");
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_order",
    payloads_wait_for_the_first_mark_and_are_behind_it,
    a_break_voids_and_what_waited_is_gone,
    what_is_no_mark_is_neither_heartbeat_nor_payload,
    a_barrier_is_a_mark_that_was_asked_for, a_void_calls_the_barrier_off,
    a_mark_twice_begins_anew, what_could_not_wait_is_told,
    another_order_voids_and_a_second_time_is_the_end,
    a_break_is_told_where_it_is_off, a_reload_turns_it_on_again,
    a_reload_of_what_is_well_changes_nothing,
    other_channels_begin_anew_and_nothing_is_lost,
    other_channels_while_it_waits_are_no_second_gap,
    it_warms_up_from_its_first_mark_on)
