/* What the backend is asked to watch, and whom that keeps waiting. */
#include <stdio.h>

#include "core/aim.h"
#include "core/outbox.h"
#include "core/watches.h"
#include "fakeworker.h"
#include "unit.h"

/* A backend that only remembers: "+a " for a watch, "-a " for an unwatch. */
struct backend {
	char said[256];
	bool is_mute; /* remember nothing */
};

static void say(struct backend *b, char sign, struct slice room)
{
	size_t len = strlen(b->said);

	if (!b->is_mute)
		(void)snprintf(b->said + len, sizeof b->said - len, "%c%.*s ",
		    sign, (int)room.len, room.ptr);
}

static void watch(struct backend *b, struct slice room)
{
	say(b, '+', room);
}

static void unwatch(struct backend *b, struct slice room)
{
	say(b, '-', room);
}

static void close_backend(struct backend *b)
{
	(void)b;
}

static const struct backend_ops fake_backend = {
	.watch_room = watch,
	.unwatch_room = unwatch,
	.close = close_backend,
};

struct fixture {
	struct fakeworker fake;
	struct outbox outbox;
	struct backend backend;
	struct metrics metrics;
	struct watches watches;
};

static void setup(struct fixture *f, bool rooms_need_watch)
{
	memset(f, 0, sizeof *f);
	fake_init(&f->fake, rooms_need_watch);
	outbox_init(&f->outbox, &f->fake.worker, 1);
	watches_init(&f->watches, &f->outbox, &f->metrics, rooms_need_watch);
	f->watches.ops = &fake_backend;
	f->watches.backend = &f->backend;
	f->watches.state = BACKEND_UP;
}

static void teardown(struct fixture *f)
{
	watches_fini(&f->watches);
	outbox_fini(&f->outbox);
	fake_fini(&f->fake);
}

static struct room_notice *notice(const struct fixture *f, struct slice name)
{
	return room_notice_new(name, worker_hash(f->fake.worker, name), 0, 0);
}

static void opened(struct fixture *f, struct slice name)
{
	struct room_notice *n = notice(f, name);

	watches_opened(&f->watches, n, false);
	free(n);
}

static void emptied(struct fixture *f, struct slice name)
{
	struct room_notice *n = notice(f, name);

	watches_emptied(&f->watches, n);
	free(n);
}

static void confirmed(struct fixture *f, const char *name)
{
	watches_confirmed(&f->watches, slice_str(name),
	    worker_hash(f->fake.worker, slice_str(name)));
}

/* How many times the worker was told this, and nothing else. */
static size_t told_that(struct fixture *f, enum mail_kind kind)
{
	size_t count;
	struct mail *mail = mailbox_take(f->fake.worker->mailbox, &count);

	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(mail[i].kind, kind);
		free(mail[i].item);
	}
	return count;
}

/* How many times the worker was told that a room is watched. */
static size_t told(struct fixture *f)
{
	return told_that(f, MAIL_ROOM_WATCHED);
}

static size_t interest_count(const struct fixture *f)
{
	return f->watches.interests.rooms.count;
}

START_TEST(a_room_is_watched_once_and_told_when_confirmed)
{
	static struct fixture f; /* aligned: the stack of ASan is not */

	setup(&f, true);
	opened(&f, slice_str("a"));
	ck_assert_uint_eq(told(&f), 0);
	confirmed(&f, "a");
	ck_assert_uint_eq(told(&f), 1);
	ck_assert_uint_eq(metrics_value(&f.metrics, METRIC_ROOMS), 1);
	emptied(&f, slice_str("a"));
	ck_assert_uint_eq(metrics_value(&f.metrics, METRIC_ROOMS), 0);
	opened(&f, slice_str("a")); /* within the grace: still watched */
	ck_assert_uint_eq(told(&f), 1);
	ck_assert_str_eq(f.backend.said, "+a ");
	teardown(&f);
}
END_TEST

START_TEST(the_backend_never_hears_of_users)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	char name[ROOM_OF_USER_MAX];
	struct slice user = room_of_user(slice_str("ann"), name);

	setup(&f, true);
	opened(&f, user);
	ck_assert_uint_eq(interest_count(&f), 1);
	watches_set_state(&f.watches, BACKEND_DOWN);
	watches_set_state(&f.watches, BACKEND_UP);
	ck_assert_uint_eq(told(&f), 0);
	emptied(&f, user); /* and it needs no grace */
	ck_assert_uint_eq(interest_count(&f), 0);
	ck_assert_str_eq(f.backend.said, "");
	ck_assert_uint_eq(metrics_value(&f.metrics, METRIC_WATCHED_ROOMS), 0);
	ck_assert_uint_eq(metrics_value(&f.metrics, METRIC_ROOMS), 0);
	teardown(&f);
}
END_TEST

static void expect(struct fixture *f, struct aim *aim, struct aim_room *room)
{
	*room = fake_room(&f->fake, slice_str("a"));
	*aim = (struct aim){ .rooms = room, .room_count = 1 };
	watches_expect(&f->watches, aim, 1);
}

START_TEST(a_join_has_its_room_watched_before_the_worker_opens_it)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	struct aim_room room;
	struct aim aim;

	setup(&f, true);
	expect(&f, &aim, &room);
	ck_assert_str_eq(f.backend.said, "+a ");
	confirmed(&f, "a");
	ck_assert_uint_eq(told(&f), 0); /* it has nobody to tell yet */
	opened(&f, slice_str("a"));
	ck_assert_uint_eq(told(&f), 1);
	watches_arrived(&f.watches, &aim);
	ck_assert_str_eq(f.backend.said, "+a ");
	ck_assert_uint_eq(interest_count(&f), 1);
	teardown(&f);
}
END_TEST

START_TEST(a_join_that_found_nobody_leaves_no_room_behind)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	struct aim_room room;
	struct aim aim;

	setup(&f, false);
	expect(&f, &aim, &room);
	ck_assert_uint_eq(interest_count(&f), 1);
	watches_arrived(&f.watches, &aim);
	ck_assert_uint_eq(interest_count(&f), 0);
	teardown(&f);
	setup(&f, true);
	expect(&f, &aim, &room);
	watches_arrived(&f.watches, &aim); /* idle, for the grace */
	ck_assert_uint_eq(interest_count(&f), 1);
	ck_assert(!watches_catch_up(&f.watches));
	ck_assert_uint_eq(interest_count(&f), 1);
	teardown(&f);
}
END_TEST

START_TEST(a_room_that_empties_while_a_join_is_under_way_stays)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	struct aim_room room;
	struct aim aim;

	setup(&f, false);
	opened(&f, slice_str("a"));
	expect(&f, &aim, &room);
	emptied(&f, slice_str("a")); /* before the worker met the join */
	ck_assert_uint_eq(interest_count(&f), 1);
	opened(&f, slice_str("a"));
	watches_arrived(&f.watches, &aim);
	ck_assert_uint_eq(interest_count(&f), 1);
	emptied(&f, slice_str("a"));
	ck_assert_uint_eq(interest_count(&f), 0);
	teardown(&f);
}
END_TEST

START_TEST(a_refused_room_is_refused_to_all_until_it_is_watched)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	uint64_t hash;

	setup(&f, true);
	hash = worker_hash(f.fake.worker, slice_str("a"));
	opened(&f, slice_str("a"));
	watches_refused(&f.watches, slice_str("a"), hash);
	watches_refused(&f.watches, slice_str("unknown"), hash);
	ck_assert_uint_eq(told_that(&f, MAIL_ROOM_REFUSED), 1);
	watches_set_state(
	    &f.watches, BACKEND_DOWN); /* an outage makes no difference */
	opened(&f, slice_str("a"));
	ck_assert_uint_eq(told_that(&f, MAIL_ROOM_REFUSED), 1);
	watches_set_state(&f.watches, BACKEND_UP);
	emptied(&f, slice_str("a")); /* for the grace it is known */
	opened(&f, slice_str("a"));
	ck_assert_uint_eq(told_that(&f, MAIL_ROOM_REFUSED), 1);
	ck_assert_uint_eq(
	    atomic_load(&f.metrics.values[METRIC_ROOMS_REFUSED]), 1);
	confirmed(&f, "a");
	ck_assert_uint_eq(told(&f), 1);
	ck_assert_uint_eq(
	    atomic_load(&f.metrics.values[METRIC_ROOMS_REFUSED]), 0);
	teardown(&f);
}
END_TEST

enum { MANY = 5000, TURN_MAX = 2000 };

static struct slice many_name(int i)
{
	static char name[16];

	(void)snprintf(name, sizeof name, "many%d", i);
	return slice_str(name);
}

static void open_many(struct fixture *f)
{
	f->backend.is_mute = true;
	for (int i = 0; i < MANY; i++)
		opened(f, many_name(i));
}

START_TEST(those_who_wait_for_a_lost_backend_are_let_in_a_part_a_turn)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	size_t sum = 0, turns = 0;
	bool has_more = true;

	setup(&f, true);
	open_many(&f);
	confirmed(&f, "many7");
	ck_assert_uint_eq(told(&f), 1);
	watches_set_state(&f.watches, BACKEND_DOWN);
	ck_assert_uint_eq(told(&f), 0);
	for (; has_more; turns++) {
		size_t count;

		has_more = watches_catch_up(&f.watches);
		count = told(&f);
		ck_assert_uint_le(count, TURN_MAX);
		sum += count;
	}
	ck_assert_uint_eq(sum, MANY - 1);
	ck_assert_uint_gt(turns, 1);
	teardown(&f);
}
END_TEST

START_TEST(a_backend_that_comes_up_costs_no_walk_over_the_rooms)
{
	static struct fixture f; /* aligned: the stack of ASan is not */

	setup(&f, true);
	watches_set_state(&f.watches, BACKEND_DOWN);
	open_many(&f); /* let in at once */
	ck_assert_uint_eq(told(&f), MANY);
	watches_set_state(&f.watches, BACKEND_UP);
	ck_assert(!watches_catch_up(&f.watches));
	ck_assert_uint_eq(told(&f), 0);
	for (int i = 0; i < MANY; i++)
		opened(&f, many_name(i)); /* another worker: watched now */
	ck_assert_uint_eq(told(&f), MANY);
	teardown(&f);
}
END_TEST

START_TEST(a_room_that_waited_through_a_short_outage_is_told_once)
{
	static struct fixture f; /* aligned: the stack of ASan is not */

	setup(&f, true);
	opened(&f, slice_str("a"));
	opened(&f, slice_str("left"));
	watches_set_state(&f.watches, BACKEND_DOWN);
	watches_set_state(&f.watches, BACKEND_UP);
	emptied(&f, slice_str("left")); /* nobody is there to be told */
	confirmed(&f, "a");
	ck_assert(!watches_catch_up(&f.watches));
	ck_assert_uint_eq(told(&f), 1);
	opened(&f, slice_str("left"));
	ck_assert_uint_eq(told(&f), 1);
	teardown(&f);
}
END_TEST

START_TEST(rooms_expire_a_part_a_turn)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	size_t before = MANY;

	setup(&f, true);
	open_many(&f);
	for (int i = 0; i < MANY; i++)
		emptied(&f, many_name(i));
	list_foreach (link, &f.watches.interests.idle) {
		container_of(link, struct interest, link)->idle_until_ms = 0;
	}
	while (before > 0) {
		bool has_more = watches_catch_up(&f.watches);
		size_t now = interest_count(&f);

		ck_assert_uint_le(before - now, TURN_MAX);
		ck_assert(has_more || now == 0);
		before = now;
	}
	(void)told(&f);
	teardown(&f);
}
END_TEST

START_TEST(rooms_wait_while_a_part_of_the_backend_is_up)
{
	static struct fixture f; /* aligned: the stack of ASan is not */

	setup(&f, true);
	watches_set_state(&f.watches, BACKEND_PARTLY);
	opened(&f, slice_str("a"));
	ck_assert_uint_eq(told(&f), 0);
	watches_set_state(&f.watches, BACKEND_UP); /* of another part */
	ck_assert(!watches_catch_up(&f.watches));
	ck_assert_uint_eq(told(&f), 0);
	confirmed(&f, "a");
	ck_assert_uint_eq(told(&f), 1);
	opened(&f, slice_str("b"));
	watches_set_state(&f.watches, BACKEND_PARTLY);
	(void)watches_catch_up(&f.watches);
	ck_assert_uint_eq(told(&f), 0);
	watches_set_state(&f.watches, BACKEND_DOWN);
	(void)watches_catch_up(&f.watches);
	ck_assert_uint_eq(told(&f), 1);
	teardown(&f);
}
END_TEST

/* What the worker has said by now. */
static void hear(struct fixture *f)
{
	size_t count;
	struct mail *mail = mailbox_take(f->fake.shared.hub, &count);

	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_ROOM_OPENED)
			watches_opened(&f->watches, mail[i].item, false);
		else if (mail[i].kind == MAIL_ROOM_EMPTY)
			watches_emptied(&f->watches, mail[i].item);
		mail_drop(&mail[i]);
	}
}

/* And has it handle what it was told. */
static void work(struct fixture *f)
{
	(void)turn_take_mail(f->fake.worker);
	fake_end_turn(&f->fake);
}

/* The grace of the rooms where nobody is has passed. */
static void expire(struct fixture *f)
{
	list_foreach (link, &f->watches.interests.idle) {
		container_of(link, struct interest, link)->idle_until_ms = 0;
	}
	(void)watches_catch_up(&f->watches);
}

/* Somebody asks for room "a", and the hub has heard of it. */
static struct conn *ask_for_a(struct fixture *f)
{
	struct conn *c = fake_connect(&f->fake, CONN_HANDSHAKE);

	fake_join(&f->fake, c, "a");
	hear(f);
	return c;
}

/* It goes, the room is given up, and another one waits for one of its name. */
static void wait_for_it_anew(struct fixture *f, struct conn *c)
{
	conn_kill(c);
	fake_end_turn(&f->fake);
	hear(f);
	expire(f);
	conn_set_state(ask_for_a(f), CONN_WAITING);
}

/* Now it is watched, and who waits is let in. */
static void check_is_let_in(struct fixture *f)
{
	confirmed(f, "a");
	work(f);
	ck_assert_uint_eq(f->fake.ready, 1);
}

/* Its mail lies behind that of seconds: the room was watched, and is not. */
START_TEST(what_was_said_of_a_room_of_before_lets_nobody_in)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	struct conn *c;

	setup(&f, true);
	c = ask_for_a(&f);
	confirmed(&f, "a");
	wait_for_it_anew(&f, c);
	ck_assert_str_eq(f.backend.said, "+a -a +a ");
	work(&f);
	ck_assert_uint_eq(f.fake.ready, 0);
	check_is_let_in(&f);
	teardown(&f);
}
END_TEST

/* The same of a refusal. */
START_TEST(what_was_refused_before_turns_nobody_away)
{
	static struct fixture f; /* aligned: the stack of ASan is not */
	struct slice a = slice_str("a");
	struct conn *c;

	setup(&f, true);
	c = ask_for_a(&f);
	watches_refused(&f.watches, a, worker_hash(f.fake.worker, a));
	wait_for_it_anew(&f, c);
	work(&f);
	ck_assert_uint_eq(f.fake.refused, 0);
	check_is_let_in(&f);
	teardown(&f);
}
END_TEST

UNIT_MAIN("core/watches", a_room_is_watched_once_and_told_when_confirmed,
    the_backend_never_hears_of_users,
    a_join_has_its_room_watched_before_the_worker_opens_it,
    a_join_that_found_nobody_leaves_no_room_behind,
    a_room_that_empties_while_a_join_is_under_way_stays,
    a_refused_room_is_refused_to_all_until_it_is_watched,
    those_who_wait_for_a_lost_backend_are_let_in_a_part_a_turn,
    a_backend_that_comes_up_costs_no_walk_over_the_rooms,
    a_room_that_waited_through_a_short_outage_is_told_once,
    rooms_expire_a_part_a_turn, rooms_wait_while_a_part_of_the_backend_is_up,
    what_was_said_of_a_room_of_before_lets_nobody_in,
    what_was_refused_before_turns_nobody_away)
