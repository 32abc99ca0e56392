/*
 * hub: what a backend says becomes mail for the workers that it concerns, and
 * their mail reaches the backend. The backend only remembers; the first worker
 * handles its mail when a test says so, the second one has but a mailbox.
 */
#include <stdio.h>

#include <event2/event.h>

#include "core/closing.h"
#include "core/hub.h"
#include "core/membership.h"
#include "core/outbox.h"
#include "core/pulse.h"
#include "fakeworker.h"
#include "unit.h"

enum { LIMIT = 2 << 20, BIG = 1 << 20 };

/* What it was asked to do, in order: "+a " watch, "-a " unwatch, "||" pause. */
struct backend {
	const struct backend_sink *sink;
	void *arg;
	char said[256];
	int open_status;
};

static struct backend backend;

static void say(const char *what, struct slice name)
{
	size_t len = strlen(backend.said);

	(void)snprintf(backend.said + len, sizeof backend.said - len, "%s%.*s ",
	    what, (int)name.len, name.ptr);
}

static int open_backend(struct backend **out, struct event_base *base,
    const struct backend_options *options, struct err *e)
{
	(void)base;
	if (backend.open_status < 0)
		return err_set(e, backend.open_status, "no");
	backend.sink = options->sink;
	backend.arg = options->arg;
	*out = &backend;
	return 0;
}

static void watch_room(struct backend *b, struct slice room)
{
	(void)b;
	say("+", room);
}

static void unwatch_room(struct backend *b, struct slice room)
{
	(void)b;
	say("-", room);
}

static void set_paused(struct backend *b, bool is_paused)
{
	(void)b;
	say(is_paused ? "||" : ">", slice_str(""));
}

static void close_backend(struct backend *b)
{
	(void)b;
	say("closed", slice_str(""));
}

static const struct backend_ops fake_backend = {
	.open = open_backend,
	.watch_room = watch_room,
	.unwatch_room = unwatch_room,
	.set_paused = set_paused,
	.close = close_backend,
};

/* --- the rig --- */

static struct fakeworker f; /* aligned: the stack of ASan is not */
static struct worker *workers[2];
static struct event_base *base;
static struct event *tick_event;
static struct metrics metrics;
static struct hub *hub;
static unsigned ended;

static void on_worker_done(void *arg)
{
	(void)arg;
	ended++;
}

static void set_conf(struct conf *conf)
{
	static char send[] = "send", broadcast[] = "broadcast",
		    control[] = "control", prefix[] = "room:";
	static struct conf_route route = { .has_websocket = true };

	conf->channels.send = send;
	conf->channels.broadcast = broadcast;
	conf->channels.control = control;
	conf->channels.room_prefix = prefix;
	conf->routes.items = &route;
	conf->routes.count = 1;
	conf->limits.payload = LIMIT;
}

/* The hub's tick never comes by itself, so that tests can count. */
static int find_tick(
    const struct event_base *b, const struct event *e, void *arg)
{
	(void)b, (void)arg;
	if (event_get_fd(e) < 0 && event_get_events(e) & EV_PERSIST)
		tick_event = (struct event *)(uintptr_t)e;
	return 0;
}

static void turn(void)
{
	ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

static void tick(void)
{
	event_active(tick_event, EV_TIMEOUT, 0);
	turn();
	(void)event_del(tick_event);
}

static void setup(void)
{
	struct err e;

	fake_init(&f, true);
	set_conf(&f.conf);
	workers[0] = f.worker;
	workers[1] = worker_new(&f.shared, &f.conf, 1, false, &e);
	base = event_base_new();
	hub = hub_new(base, &f.conf, &f.shared, workers, 2, f.shared.hub,
	    &metrics, on_worker_done, NULL, &e);
	ck_assert_ptr_nonnull(hub);
	ck_assert_int_eq(hub_start(hub, &fake_backend, &e), 0);
	(void)event_base_foreach_event(base, find_tick, NULL);
	ck_assert_ptr_nonnull(tick_event);
	(void)event_del(tick_event);
	backend.sink->on_state(backend.arg, BACKEND_UP);
}

static void drop(const struct mail *mail)
{
	if (mail->kind == MAIL_MESSAGE || mail->kind == MAIL_GAP)
		(void)message_unref(mail->item);
	else if (mail->kind == MAIL_COMMAND)
		command_unref(mail->item);
	else
		free(mail->item);
}

/* How many mails of this kind wait for the second worker; all are taken. */
static unsigned told(enum mail_kind kind)
{
	unsigned count = 0;
	size_t all;
	const struct mail *mail = mailbox_take(workers[1]->mailbox, &all);

	for (size_t i = 0; i < all; i++) {
		count += mail[i].kind == kind;
		drop(&mail[i]);
	}
	return count;
}

/* The first worker handles its mail, the hub what it answers. */
static void work(void)
{
	while (turn_take_mail(f.worker))
		fake_end_turn(&f);
	fake_end_turn(&f);
	turn();
}

/* A member of a room of the second worker. */
static void open_elsewhere(const char *room)
{
	struct slice name = slice_str(room);
	const struct mail mail = { MAIL_ROOM_OPENED, 0,
		room_notice_new(name, worker_hash(workers[1], name), 1, 0) };

	mailbox_post(f.shared.hub, &mail, 1, 0);
}

static void teardown(void)
{
	(void)told(MAIL_MESSAGE);
	work();
	open_elsewhere("late"); /* mail that nobody reads any more */
	hub_free(hub);
	ck_assert_ptr_nonnull(strstr(backend.said, "closed"));
	event_base_free(base);
	worker_free(workers[1]);
	fake_fini(&f);
}

static uint64_t counted(enum metric id)
{
	return atomic_load(&metrics.values[id]);
}

static struct backend_verdict take(const char *channel, struct slice payload)
{
	const struct backend_message m = { .channel = slice_str(channel),
		.payload = payload };

	return backend.sink->on_message(backend.arg, &m);
}

static bool is_good(const char *channel, struct slice payload)
{
	const struct backend_message m = { .channel = slice_str(channel),
		.payload = payload };

	return !backend.sink->check_message(backend.arg, &m).why_not;
}

/* One read of the backend that brings this payload; whether for somebody. */
static bool publish(const char *channel, const char *payload)
{
	bool is_for_somebody =
	    take(channel, slice_str(payload)).is_for_somebody;

	backend.sink->on_batch_end(backend.arg);
	return is_for_somebody;
}

static void publish_big(unsigned count)
{
	static const char content[BIG] = "";

	while (count-- > 0)
		(void)take("broadcast", slice_of(content, BIG));
	backend.sink->on_batch_end(backend.arg);
}

/* --- payloads --- */

START_TEST(a_message_goes_to_the_workers_with_a_member)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);

	fake_join(&f, c, "here");
	open_elsewhere("there");
	f.is_stalled = true;
	ck_assert(publish("room:here", "x"));
	ck_assert_uint_eq(told(MAIL_MESSAGE), 0);
	(void)turn_take_mail(f.worker);
	ck_assert_uint_eq(fake_waiting(c), 1);
	ck_assert(publish("send", "{\"rooms\":[\"there\"],\"text\":\"x\"}"));
	ck_assert_uint_eq(told(MAIL_MESSAGE), 1);
	(void)turn_take_mail(f.worker);
	ck_assert_uint_eq(fake_waiting(c), 1);
	ck_assert(publish("broadcast", "x"));
	ck_assert_uint_eq(told(MAIL_MESSAGE), 1);
	(void)turn_take_mail(f.worker);
	ck_assert_uint_eq(fake_waiting(c), 2);
}
END_TEST

START_TEST(what_concerns_nobody_is_counted_and_goes_nowhere)
{
	fake_join(&f, fake_connect(&f, CONN_OPEN), "here");
	ck_assert(!publish("room:there", "x"));
	ck_assert(!publish("nowhere", "x"));
	ck_assert_uint_eq(mailbox_bytes(f.worker->mailbox), 0);
	ck_assert_uint_eq(told(MAIL_MESSAGE), 0);
	ck_assert_uint_eq(counted(METRIC_PAYLOADS), 2);
	ck_assert_uint_eq(counted(METRIC_PAYLOADS_UNROUTED), 1);
}
END_TEST

/* The worker's mail lies unread in the hub's mailbox: nothing falls between. */
START_TEST(a_payload_finds_the_room_that_opened_before_it_was_read)
{
	ck_assert(!publish("room:a", "x"));
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	ck_assert(publish("room:a", "x"));
}
END_TEST

START_TEST(what_is_read_together_is_posted_together)
{
	open_elsewhere("a");
	(void)take("room:a", slice_str("1"));
	(void)take("room:a", slice_str("2"));
	ck_assert_uint_eq(told(MAIL_MESSAGE), 0);
	backend.sink->on_batch_end(backend.arg);
	ck_assert_uint_eq(told(MAIL_MESSAGE), 2);
	backend.sink->on_batch_end(backend.arg);
	ck_assert_uint_eq(told(MAIL_MESSAGE), 0);
}
END_TEST

START_TEST(a_bad_payload_is_dropped_for_its_reason)
{
	static const struct {
		const char *payload;
		enum metric metric;
	} rows[] = {
		{ "", METRIC_PAYLOAD_DROPPED_EMPTY },
		{ "x", METRIC_PAYLOAD_DROPPED_NOT_OBJECT },
		{ "{\"a\":1}", METRIC_PAYLOAD_DROPPED_UNKNOWN_KEY },
		{ "{\"rooms\":[\"a\"],\"binary\":\"!\"}",
		    METRIC_PAYLOAD_DROPPED_BASE64 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct backend_verdict verdict =
		    take("send", slice_str(rows[i].payload));

		ck_assert(!verdict.is_for_somebody);
		ck_assert_str_ne(verdict.why_not, "");
		ck_assert_uint_eq(counted(rows[i].metric), 1);
	}
	ck_assert_uint_eq(counted(METRIC_PAYLOADS), 4);
}
END_TEST

START_TEST(a_payload_over_the_limit_is_dropped)
{
	static const char content[LIMIT + 1] = "";

	ck_assert_ptr_nonnull(
	    take("broadcast", slice_of(content, sizeof content)).why_not);
	ck_assert_uint_eq(counted(METRIC_PAYLOAD_DROPPED_TOO_BIG), 1);
	ck_assert_ptr_null(take("broadcast", slice_of(content, LIMIT)).why_not);
	backend.sink->on_batch_end(backend.arg);
	ck_assert_uint_eq(counted(METRIC_PAYLOAD_DROPPED_TOO_BIG), 1);
}
END_TEST

/* Whatever the limit is by now. */
START_TEST(a_payload_that_was_not_held_is_over_the_limit)
{
	const struct slice passed_by = { NULL, 1 };

	ck_assert_ptr_nonnull(take("broadcast", passed_by).why_not);
	ck_assert_uint_eq(counted(METRIC_PAYLOAD_DROPPED_TOO_BIG), 1);
}
END_TEST

START_TEST(a_payload_that_may_come_is_only_judged)
{
	struct slice good = slice_str("{\"rooms\":[\"a\"],\"text\":\"x\"}");

	open_elsewhere("a");
	ck_assert(is_good("send", good));
	ck_assert_uint_eq(counted(METRIC_PAYLOADS), 0);
	ck_assert(!is_good("send", slice_after(good, 1)));
	ck_assert_uint_eq(counted(METRIC_PAYLOADS), 1);
	backend.sink->on_batch_end(backend.arg);
	ck_assert_uint_eq(told(MAIL_MESSAGE), 0);
}
END_TEST

/* --- commands --- */

START_TEST(a_command_reaches_whom_it_names)
{
	fake_join(&f, fake_connect(&f, CONN_OPEN), "a");
	(void)fake_connect(&f, CONN_OPEN);
	ck_assert(publish("control",
	    "{\"command\":\"disconnect\",\"rooms\":[\"a\"],\"code\":4001}"));
	ck_assert_uint_eq(told(MAIL_COMMAND), 0);
	work();
	ck_assert_uint_eq(f.disconnects, 1);
	ck_assert_uint_eq(f.code, 4001);
	ck_assert_uint_eq(counted(METRIC_COMMANDS_DISCONNECT), 1);
	ck_assert_uint_eq(counted(METRIC_COMMANDS_JOIN), 0);
}
END_TEST

/* Before the worker has carried it out, and after. */
START_TEST(what_is_published_behind_a_join_finds_its_way)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);

	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	ck_assert(!publish("room:b", "x"));
	ck_assert(publish("control",
	    "{\"command\":\"join\",\"users\":[\"ann\"],\"rooms\":[\"b\"]}"));
	ck_assert(publish("room:b", "x"));
	work();
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), 1);
	ck_assert(publish("room:b", "x"));
	ck_assert(publish("control",
	    "{\"command\":\"leave\",\"users\":[\"ann\"],\"rooms\":[\"b\"]}"));
	work();
	ck_assert_uint_eq(fake_metric(&f, METRIC_DELIVERIES), 2);
	ck_assert(!publish("room:b", "x"));
	ck_assert_uint_eq(counted(METRIC_COMMANDS_JOIN), 1);
	ck_assert_uint_eq(counted(METRIC_COMMANDS_LEAVE), 1);
}
END_TEST

/* --- the pace --- */

START_TEST(the_backend_pauses_while_a_worker_is_behind)
{
	publish_big(15);
	ck_assert_str_eq(backend.said, "");
	publish_big(2);
	ck_assert_str_eq(backend.said, "|| ");
	ck_assert_uint_eq(counted(METRIC_BACKEND_PAUSED), 1);
	publish_big(1); /* what was read already */
	ck_assert_str_eq(backend.said, "|| ");
	ck_assert_uint_eq(counted(METRIC_BACKEND_PAUSES), 1);
}
END_TEST

/* All workers must have space, not only the one that says so. */
START_TEST(it_goes_on_when_all_have_caught_up)
{
	publish_big(17);
	work();
	ck_assert_uint_eq(mailbox_bytes(f.worker->mailbox), 0);
	ck_assert_str_eq(backend.said, "|| ");
	mailbox_done(workers[1]->mailbox, mailbox_bytes(workers[1]->mailbox));
	ck_assert(atomic_load(&workers[1]->hub_waits));
	worker_post(workers[1], MAIL_HAS_SPACE, 1, NULL);
	turn();
	ck_assert_str_eq(backend.said, "|| > ");
	ck_assert_uint_eq(counted(METRIC_BACKEND_PAUSED), 0);
	worker_post(workers[1], MAIL_HAS_SPACE, 1, NULL);
	turn();
	ck_assert_str_eq(backend.said, "|| > ");
}
END_TEST

/* Notes and answers come beside what the backend is read for. */
START_TEST(who_was_filled_during_the_pause_is_waited_for_as_well)
{
	const struct mail note = { MAIL_ASK, 0, NULL };
	struct mailbox *filled = workers[1]->mailbox;

	mailbox_post(filled, &note, 1, OUTBOX_FULL_BYTES);
	mailbox_post(f.worker->mailbox, &note, 1, OUTBOX_FULL_BYTES + 1);
	publish_big(0);
	ck_assert_str_eq(backend.said, "|| ");
	mailbox_post(filled, &note, 1, 1 << 20);
	work();
	mailbox_done(f.worker->mailbox, mailbox_bytes(f.worker->mailbox));
	worker_post(f.worker, MAIL_HAS_SPACE, 0, NULL);
	turn();
	ck_assert_str_eq(backend.said, "|| ");
	ck_assert(atomic_load(&workers[1]->hub_waits));
	mailbox_done(filled, mailbox_bytes(filled));
	worker_post(workers[1], MAIL_HAS_SPACE, 1, NULL);
	turn();
	ck_assert_str_eq(backend.said, "|| > ");
}
END_TEST

/* --- outages --- */

START_TEST(a_gap_closes_all_where_the_configuration_says_so)
{
	(void)fake_connect(&f, CONN_OPEN);
	backend.sink->on_gap(backend.arg, CONF_GAP_CLOSE);
	ck_assert_uint_eq(told(MAIL_CLOSE_ALL), 1);
	work();
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_GAP);
}
END_TEST

START_TEST(a_gap_is_passed_over_where_nobody_minds)
{
	backend.sink->on_gap(backend.arg, CONF_GAP_CLOSE); /* nobody here */
	ck_assert_uint_eq(told(MAIL_CLOSE_ALL), 0);
	(void)fake_connect(&f, CONN_OPEN);
	backend.sink->on_gap(backend.arg, CONF_GAP_IGNORE);
	ck_assert_uint_eq(told(MAIL_CLOSE_ALL), 0);
}
END_TEST

/* A connection on a route with a welcome, or without. */
static struct conn *welcome(const struct conf_route *route, uint8_t form)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);

	conn_set_route(c, route);
	c->form = form;
	return c;
}

START_TEST(a_gap_is_told_to_those_who_have_a_welcome)
{
	static const struct conf_route with = { .welcome = true }, without;
	struct conn *told_of_it = welcome(&with, MESSAGE_AS_TEXT);
	struct conn *plain = welcome(&without, MESSAGE_AS_TEXT);
	struct conn *by_ids = welcome(&with, MESSAGE_AS_TEXT_WITH_ID);
	struct conn *not_in = fake_connect(&f, CONN_WAITING);

	backend.sink->on_gap(backend.arg, CONF_GAP_NOTIFY);
	ck_assert_uint_eq(told(MAIL_GAP), 1);
	(void)turn_take_mail(f.worker);
	ck_assert_uint_eq(fake_waiting(told_of_it), 1);
	ck_assert_uint_eq(fake_waiting(plain), 0);
	ck_assert_uint_eq(fake_waiting(by_ids), 0);
	ck_assert_uint_eq(fake_waiting(not_in), 0);
	ck_assert_uint_eq(f.closes, 0);
	tick();
	ck_assert_uint_eq(told(MAIL_GAP), 0); /* once */
}
END_TEST

START_TEST(it_is_not_up_while_it_is_so_only_partly)
{
	backend.sink->on_state(backend.arg, BACKEND_PARTLY);
	ck_assert(!hub_is_up(hub));
	ck_assert_uint_eq(counted(METRIC_BACKEND_UP), 0);
}
END_TEST

START_TEST(it_knows_whether_the_backend_is_up)
{
	ck_assert(hub_is_up(hub));
	ck_assert_uint_eq(counted(METRIC_BACKEND_UP), 1);
	backend.sink->on_state(backend.arg, BACKEND_DOWN);
	ck_assert(!hub_is_up(hub));
	ck_assert_uint_eq(counted(METRIC_BACKEND_UP), 0);
	backend.sink->on_state(backend.arg, BACKEND_UP);
	ck_assert(hub_is_up(hub));
}
END_TEST

/* --- rooms that the backend has to watch --- */

static struct conn *wait_for(const char *room)
{
	struct conn *c = fake_connect(&f, CONN_WAITING);

	fake_join(&f, c, room);
	turn();
	return c;
}

START_TEST(who_waits_is_answered_when_the_watch_is_in_force)
{
	(void)wait_for("a");
	ck_assert_str_eq(backend.said, "+a ");
	work();
	ck_assert_uint_eq(f.ready, 0);
	backend.sink->on_watched(backend.arg, slice_str("a"));
	work();
	ck_assert_uint_eq(f.ready, 1);
	ck_assert_uint_eq(f.refused, 0);
}
END_TEST

START_TEST(who_waits_for_a_refused_room_is_turned_away)
{
	(void)wait_for("a");
	backend.sink->on_refused(
	    backend.arg, slice_str("b")); /* no such room */
	work();
	ck_assert_uint_eq(f.refused, 0);
	backend.sink->on_refused(backend.arg, slice_str("a"));
	ck_assert_uint_eq(counted(METRIC_ROOMS_REFUSED), 1);
	work();
	ck_assert_uint_eq(f.refused, 1);
	ck_assert_uint_eq(f.ready, 0);
}
END_TEST

START_TEST(nobody_waits_for_a_backend_that_is_down)
{
	(void)wait_for("a");
	backend.sink->on_state(backend.arg, BACKEND_DOWN);
	work();
	ck_assert_uint_eq(f.ready, 1);
}
END_TEST

/* --- time --- */

static unsigned quiet_after(unsigned ticks)
{
	while (ticks-- > 0)
		tick();
	return told(MAIL_QUIET);
}

START_TEST(memory_is_given_back_once_it_is_quiet)
{
	(void)quiet_after(1); /* looks what has happened so far */
	ck_assert_uint_eq(quiet_after(9), 1);
	ck_assert_uint_eq(quiet_after(30), 0); /* once */
	(void)publish("broadcast", "x");
	ck_assert_uint_eq(quiet_after(10), 0);
	ck_assert_uint_eq(quiet_after(1), 1);
	(void)publish("broadcast", "x");
	ck_assert_uint_eq(quiet_after(5), 0);
	metrics_inc(&workers[1]->metrics, METRIC_ACCEPTED);
	metrics_inc(&workers[1]->metrics, METRIC_CONNECTIONS);
	ck_assert_uint_eq(quiet_after(10), 0);
	ck_assert_uint_eq(quiet_after(1), 1);
	/* What those held who were here all along comes free as they go. */
	metrics_sub(&workers[1]->metrics, METRIC_CONNECTIONS, 1);
	ck_assert_uint_eq(quiet_after(10), 0);
	ck_assert_uint_eq(quiet_after(1), 1);
}
END_TEST

START_TEST(each_worker_is_asked_whether_it_turns)
{
	tick();
	ck_assert_ptr_nonnull(atomic_load(&workers[1]->asked));
	ck_assert_uint_eq(told(MAIL_ASK), 1);
	tick();
	ck_assert_uint_eq(told(MAIL_ASK), 0); /* it has not answered */
	ask_answer(workers[1]);
	turn();
	tick();
	ck_assert_uint_eq(told(MAIL_ASK), 1);
	ck_assert_int_eq(hub_find_stuck(hub), -1);
}
END_TEST

START_TEST(the_end_of_each_worker_is_told)
{
	hub_drain(hub);
	ck_assert_uint_eq(told(MAIL_DRAIN), 1);
	worker_post(workers[1], MAIL_WORKER_DONE, 1, NULL);
	turn();
	ck_assert_uint_eq(ended, 1);
	tick();
	ck_assert_uint_eq(told(MAIL_ASK), 0); /* nobody is asked there */
}
END_TEST

static void end_second_worker(void)
{
	worker_post(workers[1], MAIL_WORKER_DONE, 1, NULL);
	turn();
}

/* It had much to do, and no connection any more. */
START_TEST(nobody_waits_for_space_at_a_worker_that_has_ended)
{
	publish_big(17);
	work();
	ck_assert_str_eq(backend.said, "|| ");
	end_second_worker();
	ck_assert_str_eq(backend.said, "|| > ");
}
END_TEST

/* Where a drain is long the others go on for a while. */
START_TEST(a_worker_that_has_ended_is_sent_nothing)
{
	static const struct conf_route route = { .welcome = true };
	const struct conn_ref gone = { 7, 1, 0 };
	struct metrics *blocks[] = { &metrics, &f.worker->metrics };
	char id[CONN_ID_LEN + 1], payload[128];

	(void)welcome(&route, MESSAGE_AS_TEXT);
	end_second_worker();
	for (int i = 0; i < 3; i++) {
		publish_big(9);
		work();
	}
	ck_assert_str_eq(backend.said, "");
	conn_id_encode(workers[1]->ids, f.shared.instance, &gone, id);
	(void)snprintf(payload, sizeof payload,
	    "{\"connections\":[\"%s\"],\"text\":\"x\"}", id);
	ck_assert(!publish("send", payload));
	(void)snprintf(payload, sizeof payload,
	    "{\"command\":\"join\",\"connections\":[\"%s\"],"
	    "\"rooms\":[\"a\"]}",
	    id);
	ck_assert(!publish("control", payload));
	backend.sink->on_gap(backend.arg, CONF_GAP_NOTIFY);
	ck_assert_uint_eq(mailbox_bytes(workers[1]->mailbox), 0);
	work();
	ck_assert_uint_eq(metrics_sum(blocks, 2, METRIC_QUEUED_MEMORY), 0);
}
END_TEST

START_TEST(a_backend_that_can_never_work_is_the_end)
{
	struct err e;
	struct hub *h = hub_new(base, &f.conf, &f.shared, workers, 2,
	    f.shared.hub, &metrics, on_worker_done, NULL, &e);

	backend.open_status = -EADDRINUSE;
	ck_assert_int_eq(hub_start(h, &fake_backend, &e), -EADDRINUSE);
	hub_free(h);
	ck_assert_str_eq(backend.said, "");
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/hub",
    a_message_goes_to_the_workers_with_a_member,
    what_concerns_nobody_is_counted_and_goes_nowhere,
    a_payload_finds_the_room_that_opened_before_it_was_read,
    what_is_read_together_is_posted_together,
    a_bad_payload_is_dropped_for_its_reason,
    a_payload_over_the_limit_is_dropped,
    a_payload_that_was_not_held_is_over_the_limit,
    a_payload_that_may_come_is_only_judged, a_command_reaches_whom_it_names,
    what_is_published_behind_a_join_finds_its_way,
    the_backend_pauses_while_a_worker_is_behind,
    it_goes_on_when_all_have_caught_up,
    who_was_filled_during_the_pause_is_waited_for_as_well,
    a_gap_closes_all_where_the_configuration_says_so,
    a_gap_is_passed_over_where_nobody_minds,
    a_gap_is_told_to_those_who_have_a_welcome,
    it_knows_whether_the_backend_is_up, it_is_not_up_while_it_is_so_only_partly,
    who_waits_is_answered_when_the_watch_is_in_force,
    who_waits_for_a_refused_room_is_turned_away,
    nobody_waits_for_a_backend_that_is_down,
    memory_is_given_back_once_it_is_quiet,
    each_worker_is_asked_whether_it_turns, the_end_of_each_worker_is_told,
    nobody_waits_for_space_at_a_worker_that_has_ended,
    a_worker_that_has_ended_is_sent_nothing,
    a_backend_that_can_never_work_is_the_end)
