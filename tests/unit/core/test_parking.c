/*
 * parking: who comes back before it is known from where on, at a keeper whose
 * backend is here. What each is told is read from the pages that it is sent.
 */
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/backend.h"
#include "core/keeper.h"
#include "core/outbox.h"
#include "core/parking.h"
#include "core/resume.h"
#include "core/router.h"
#include "core/watches.h"
#include "fakeworker.h"
#include "unit.h"

enum { HEARTBEAT_MS = 1000 };

struct backend {
	unsigned asked;
};

static void ask_barrier(struct backend *b)
{
	b->asked++;
}

static const struct backend_ops marks = {
	.names_places = true,
	.ask_barrier = ask_barrier,
};

static struct rig {
	struct fakeworker fake;
	struct outbox outbox;
	struct metrics metrics;
	struct watches watches;
	struct keeper keeper;
	struct router router;
	struct conf_route route;
	struct backend backend;
	struct buf told; /* "live" for all, or a client's slot: ID WORD; */
} rig;                   /* large, and aligned as its metrics are */

/* --- the rig --- */

static void open_keeper(const struct backend_ops *ops)
{
	keeper_init(&rig.keeper, &rig.fake.conf, &rig.outbox, &rig.metrics);
	router_init(&rig.router, &rig.fake.conf, &rig.fake.shared, &rig.watches,
	    &rig.outbox, &rig.keeper, &rig.metrics);
	keeper_open(&rig.keeper, ops, &rig.backend);
}

static void setup(void)
{
	static char prefix[] = "room:", send[] = "send", control[] = "control",
		    none[] = "";
	struct conf *conf = &rig.fake.conf;

	memset(&rig, 0, sizeof rig);
	fake_init(&rig.fake, false);
	rig.route.has_websocket = true;
	rig.route.resume_ms = 1000000;
	conf->routes.items = &rig.route;
	conf->routes.count = 1;
	conf->limits.payload = 1 << 16;
	conf->channels.room_prefix = prefix;
	conf->channels.send = send;
	conf->channels.broadcast = none;
	conf->channels.control = control;
	conf->history.is_on = true;
	conf->history.memory = 1 << 20;
	conf->history.max_age_ms = 1000000;
	conf->redis.heartbeat_ms = HEARTBEAT_MS;
	outbox_init(&rig.outbox, &rig.fake.worker, 1);
	watches_init(&rig.watches, &rig.outbox, &rig.metrics, false);
}

static void teardown(void)
{
	router_fini(&rig.router);
	keeper_fini(&rig.keeper);
	interests_fini(&rig.watches.interests);
	outbox_fini(&rig.outbox);
	fake_fini(&rig.fake);
	buf_fini(&rig.told);
}

static struct conn *connect_client(void)
{
	struct conn *c = fake_connect(&rig.fake, CONN_OPEN);

	c->form = MESSAGE_AS_TEXT_WITH_ID;
	fake_join(&rig.fake, c, "a");
	return c;
}

static void ask_with(struct conn *c, const char *cursor)
{
	struct resume *r = resume_new(c);

	ck_assert_ptr_nonnull(r);
	resume_set_cursor(r, slice_str(cursor));
	r->max_age_ms = 1000000;
	keeper_take(&rig.keeper, r);
}

static void come(const char *cursor)
{
	ask_with(connect_client(), cursor);
}

static void publish(const char *content)
{
	const struct backend_message m = { .channel = slice_str("room:a"),
		.payload = slice_str(content) };

	(void)router_take(&rig.router, &m);
}

static void mark(const char *id)
{
	keeper_mark(&rig.keeper, slice_str(id));
}

/* The frame without its head, ; for its LF. */
static void tell(const char *whom, const struct message *m)
{
	struct slice text =
	    slice_after(message_frame(m, MESSAGE_AS_TEXT_WITH_ID), 2);
	struct slice nowhere = slice_str(rig.keeper.parking.nowhere);
	struct slice line;

	ck_assert_uint_lt(text.len, 126);
	buf_puts(&rig.told, whom);
	if (slice_starts_with(text, nowhere)) {
		buf_puts(&rig.told, "nowhere");
		text = slice_after(text, nowhere.len);
	}
	line = slice_cut(&text, '\n');
	buf_printf(&rig.told, "%.*s;%.*s ", (int)line.len, line.ptr,
	    (int)text.len, text.ptr);
}

static void tell_page(struct resume *r)
{
	buf_puts(&rig.told, r->is_live ? "[" : "(");
	for (uint32_t i = 0; i < r->page_count; i++)
		tell("", r->page[i]);
	buf_puts(&rig.told, r->is_live ? "] " : ") ");
}

/* What the worker has been sent, in order, since the last time. */
static const char *told(void)
{
	const struct mail *mail;
	size_t count;

	rig.told.len = 0;
	(void)keeper_turn(&rig.keeper);
	outbox_post(&rig.outbox);
	mail = mailbox_take(rig.fake.worker->mailbox, &count);
	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_REPLAY)
			tell_page(mail[i].item);
		else if (mail[i].kind == MAIL_NOTE)
			tell("all: ", mail[i].item);
		else if (mail[i].kind == MAIL_MESSAGE)
			tell("", mail[i].item);
		mail_drop(&mail[i]);
	}
	buf_putn(&rig.told, "", 1);
	return rig.told.data;
}

static void expire_after(int64_t ms)
{
	parking_expire(&rig.keeper.parking, clock_ms() + ms);
}

static uint64_t counted(enum metric id)
{
	return atomic_load(&rig.metrics.values[id]);
}

/* --- without a position --- */

START_TEST(without_a_position_all_wait_for_the_mark)
{
	open_keeper(&marks);
	come("");
	come("m0~3");
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 2);
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; [m1~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 1); /* for m0 */
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
	ck_assert_uint_eq(counted(METRIC_RESUMES_AT), 1);
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_UNKNOWN), 1);
}
END_TEST

START_TEST(without_a_position_nobody_waits_longer_than_three_heartbeats)
{
	open_keeper(&marks);
	come("m0~3");
	expire_after(3 * HEARTBEAT_MS - 500);
	ck_assert_str_eq(told(), "");
	expire_after(3 * HEARTBEAT_MS);
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_VOID), 1);
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
	/* It is live; who comes back with that cursor is nowhere. */
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; ");
	come(rig.keeper.parking.nowhere);
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
}
END_TEST

START_TEST(what_comes_before_the_mark_is_for_who_is_here)
{
	open_keeper(&marks);
	(void)connect_client();
	publish("early");
	ck_assert_uint_eq(history_bytes(rig.keeper.history), 0);
	mark("m1");
	publish("late");
	ck_assert_uint_gt(history_bytes(rig.keeper.history), 0);
	come("m1~0");
	ck_assert_str_eq(told(), "all: m1~0 gap; [m1~0 at; m1~1;late ] ");
}
END_TEST

/* --- later --- */

START_TEST(a_cursor_that_may_be_later_waits_for_a_barrier)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	come("m1~2");
	come("m2~0");
	ck_assert_uint_eq(rig.backend.asked, 1); /* one for both */
	ck_assert_str_eq(told(), "");
	publish("1");
	publish("2");
	publish("3");
	mark("m2");
	ck_assert_str_eq(told(), "");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~2 at; m1~3;3 ] [m2~0 at; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_REPLAYED), 1);
}
END_TEST

START_TEST(who_comes_after_the_barrier_was_asked_for_waits_for_the_next)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	come("m2~0");
	come("m3~0");
	ck_assert_uint_eq(rig.backend.asked, 1);
	mark("m2");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m2~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	mark("m3");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m3~0 at; ] ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	keeper_barrier(&rig.keeper); /* nobody has asked */
	ck_assert_str_eq(told(), "");
}
END_TEST

START_TEST(a_barrier_that_does_not_come_is_waited_for_three_heartbeats)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	come("m2~0");
	expire_after(3 * HEARTBEAT_MS - 500);
	ck_assert_str_eq(told(), "");
	expire_after(3 * HEARTBEAT_MS);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_UNKNOWN), 1);
}
END_TEST

START_TEST(where_nothing_can_be_later_nobody_waits)
{
	static const struct backend_ops alone = { .names_places = false };

	open_keeper(&alone);
	come("m2~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), 0);
}
END_TEST

START_TEST(beyond_so_many_there_is_a_gap_at_once)
{
	struct conn *c = connect_client();

	open_keeper(&marks);
	for (int i = 0; i < PARKING_MAX; i++)
		ask_with(c, "m1~0");
	ck_assert_str_eq(told(), "");
	ask_with(c, "m1~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_PARKED), PARKING_MAX);
	mark("m2");
	ck_assert_uint_eq(rig.backend.asked, 1);
}
END_TEST

/* --- what breaks --- */

START_TEST(after_a_void_all_are_told_before_what_follows)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	(void)connect_client();
	publish("1");
	come("m1~0");
	keeper_void(&rig.keeper);
	come("m1~1");
	ck_assert_str_eq(told(), "");
	mark("m2");
	publish("2");
	/* Who had asked before is told what is between by the gap. */
	ck_assert_str_eq(told(), "all: m2~0 gap; [m1~0 at; m2~1 gap; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_VOID), 1);
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m2~1 gap; ] ");
}
END_TEST

START_TEST(a_void_ends_a_barrier)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	come("m3~0");
	keeper_void(&rig.keeper);
	keeper_barrier(&rig.keeper); /* too late */
	ck_assert_str_eq(told(), "");
	mark("m2");
	ck_assert_str_eq(told(), "all: m2~0 gap; ");
	ck_assert_uint_eq(rig.backend.asked, 2);
	mark("m3");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m3~0 at; ] ");
}
END_TEST

START_TEST(when_it_is_off_nobody_waits)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	come("m3~0");
	keeper_off(&rig.keeper);
	ck_assert_str_eq(told(), "all: nowhere gap; [nowhere gap; ] ");
	come("m1~0");
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	come("");
	ck_assert_str_eq(told(), "[nowhere at; ] ");
	come(rig.keeper.parking.nowhere);
	ck_assert_str_eq(told(), "[nowhere gap; ] ");
	publish("x");
	ck_assert_uint_eq(history_bytes(rig.keeper.history), 0);
	keeper_void(&rig.keeper); /* it begins anew */
	come("");
	ck_assert_str_eq(told(), "");
	mark("m2");
	ck_assert_str_eq(told(), "all: m2~0 gap; [m2~0 at; ] ");
}
END_TEST

START_TEST(a_hole_is_told_in_order)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	publish("1");
	keeper_hole(&rig.keeper);
	publish("2");
	come("m1~1");
	come("m1~2");
	ck_assert_str_eq(
	    told(), "all: m1~1 gap; [m1~1 at; m1~1 gap; m1~2;2 ] [m1~2 at; ] ");
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_HOLE), 1);
}
END_TEST

/* A mark that has been before names two positions: none is any more. */
START_TEST(a_mark_twice_is_as_a_void)
{
	open_keeper(&marks);
	mark("m1");
	(void)told();
	publish("1");
	mark("m1");
	ck_assert_str_eq(told(), "all: m1~0 gap; ");
	come("m1~1");
	keeper_barrier(&rig.keeper);
	ck_assert_str_eq(told(), "[m1~0 gap; ] ");
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/parking",
    without_a_position_all_wait_for_the_mark,
    without_a_position_nobody_waits_longer_than_three_heartbeats,
    what_comes_before_the_mark_is_for_who_is_here,
    a_cursor_that_may_be_later_waits_for_a_barrier,
    who_comes_after_the_barrier_was_asked_for_waits_for_the_next,
    a_barrier_that_does_not_come_is_waited_for_three_heartbeats,
    where_nothing_can_be_later_nobody_waits,
    beyond_so_many_there_is_a_gap_at_once,
    after_a_void_all_are_told_before_what_follows, a_void_ends_a_barrier,
    when_it_is_off_nobody_waits, a_hole_is_told_in_order,
    a_mark_twice_is_as_a_void)
