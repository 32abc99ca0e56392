/* redis: what is published on a real server, and which rooms are watched. */
#include "backend/redis_flush.h"
#include "redis_rig.h"

START_TEST(test_payloads_arrive_once_and_as_they_are)
{
	struct fixture *f = set_up_and_open();

	ck_assert_int_eq(publish(f, "t:send", "a,b"), 1);
	ck_assert_int_eq(publish(f, "t:broadcast", "hello"), 1);
	ck_assert_int_eq(publish(f, "t:other", "x"), 0);
	freeReplyObject(redis_server_call(
	    &f->server, "PUBLISH t:send %b", "a\r\n\xff\0b", (size_t)6));
	recorder_until(&f->r, f->r.messages == 3);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:send=a,b"), 1);
	ck_assert_uint_eq(
	    recorder_count(&f->r, "message t:broadcast=hello"), 1);
	ck_assert_uint_eq(f->r.payload_bytes, 3 + 5 + 6);
	ck_assert_uint_ge(f->r.batches, 1);
	ck_assert_uint_eq(recorder_count(&f->r, "up"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_an_empty_channel_name_is_off)
{
	struct fixture *f = set_up();
	char off[] = "";

	f->r.conf.channels.send = off;
	recorder_come_up(&f->r);
	ck_assert_int_eq(channels(f, "*"), 2); /* broadcast and canary */
	tear_down(f);
}
END_TEST

START_TEST(test_a_room_is_watched_until_it_is_not)
{
	struct fixture *f = set_up_and_open();

	watch(f, "lobby");
	recorder_until(&f->r, recorder_count(&f->r, "watched lobby") == 1);
	ck_assert_int_eq(publish(f, "t:room:lobby", "in"), 1);
	recorder_until(
	    &f->r, recorder_count(&f->r, "message t:room:lobby=in") == 1);
	unwatch(f, "lobby");
	recorder_until(&f->r, channels(f, "t:room:*") == 0);
	watch(f, "lobby");
	recorder_until(&f->r, recorder_count(&f->r, "watched lobby") == 2);
	unwatch(f, "lobby");
	watch(f, "lobby"); /* in one turn: stays, and is announced */
	recorder_until(&f->r, recorder_count(&f->r, "watched lobby") == 3);
	ck_assert_int_eq(channels(f, "t:room:*"), 1);
	watch(f, "never");
	unwatch(f, "never");
	recorder_run_for(&f->r, 50);
	ck_assert_uint_eq(recorder_count(&f->r, "watched never"), 0);
	ck_assert_int_eq(channels(f, "t:room:*"), 1);
	tear_down(f);
}
END_TEST

enum { MANY_ROOMS = 5000 };

static bool all_are_watched(struct fixture *f)
{
	size_t count = 0;

	for (const char *at = f->r.told.data;
	     (at = strstr(at, "\nwatched many")); at++)
		count++;
	return count == MANY_ROOMS;
}

START_TEST(test_thousands_of_rooms_are_watched_and_come_back)
{
	struct fixture *f = set_up_and_open();
	char name[32];

	recorder_watch_many(&f->r, MANY_ROOMS);
	recorder_until(&f->r, all_are_watched(f));
	ck_assert_int_eq(channels(f, "t:room:many*"), MANY_ROOMS);
	freeReplyObject(
	    redis_server_call(&f->server, "CLIENT KILL TYPE pubsub"));
	recorder_until(&f->r, recorder_count(&f->r, "gap") == 2);
	ck_assert_int_eq(channels(f, "t:room:many*"), MANY_ROOMS);
	ck_assert(all_are_watched(f));
	for (int i = 0; i < MANY_ROOMS; i++) {
		(void)snprintf(name, sizeof name, "many%d", i);
		unwatch(f, name);
	}
	recorder_until(&f->r, channels(f, "t:room:*") == 0);
	tear_down(f);
}
END_TEST

/* How many SUBSCRIBE the server has carried out. */
static long subscribes(struct fixture *f)
{
	redisReply *info = redis_server_call(&f->server, "INFO commandstats");
	const char *at;
	long calls;

	ck_assert_ptr_nonnull(info);
	at = strstr(info->str, "cmdstat_subscribe:calls=");
	ck_assert_ptr_nonnull(at);
	calls = atol(strchr(at, '=') + 1);
	freeReplyObject(info);
	return calls;
}

/* As the hub does: in the turn of who reads, but not in that place of it. */
struct late {
	struct fixture *f;
	struct event *readable, *mail; /* owned */
	const char *room;
};

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct late *l = arg;

	(void)fd, (void)what;
	event_active(l->mail, EV_READ, 0);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct late *l = arg;

	(void)fd, (void)what;
	watch(l->f, l->room);
}

/* A turn in which there is something to read, and then a room to watch. */
static void turn_with(struct fixture *f, const char *room)
{
	struct late l = { .f = f, .room = room };
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "", 1), 1);
	l.readable = event_new(f->r.base, ends[0], EV_READ, on_readable, &l);
	l.mail = event_new(f->r.base, -1, 0, on_mail, &l);
	ck_assert_int_eq(event_add(l.readable, NULL), 0);
	event_base_loop(f->r.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	event_free(l.readable);
	event_free(l.mail);
	close(ends[0]);
	close(ends[1]);
}

enum { ROOMS = REDIS_FLUSH_TURNS + 1 };
static const char *const rooms[ROOMS] = { "1st", "2nd", "3rd", "4th" };

static void watch_others_turn_by_turn(struct fixture *f)
{
	for (int i = 1; i < ROOMS; i++)
		turn_with(f, rooms[i]);
}

static void wait_watched(struct fixture *f, const char *room, size_t times)
{
	char line[64];

	(void)snprintf(line, sizeof line, "watched %s", room);
	recorder_until(&f->r, recorder_count(&f->r, line) == times);
}

/* One, and the others before its answer. */
static void watch_while_one_is_awaited(struct fixture *f, size_t times)
{
	(void)times;
	kill(f->server.pid, SIGSTOP);
	ck_assert_int_eq(
	    waitpid(f->server.pid, NULL, WUNTRACED), f->server.pid);
	turn_with(f, rooms[0]);
	watch_others_turn_by_turn(f);
	kill(f->server.pid, SIGCONT);
}

/* One, and the others right behind its answer. */
static void watch_behind_one(struct fixture *f, size_t times)
{
	turn_with(f, rooms[0]);
	wait_watched(f, rooms[0], times);
	watch_others_turn_by_turn(f);
}

/*
 * One goes at once, and the others together. They are not waited for long, so
 * on a busy machine that wants some luck: neither that time may pass meanwhile,
 * nor the clock of the loop move.
 */
static void check_commands(
    struct fixture *f, void (*watch_all)(struct fixture *f, size_t times))
{
	bool was_quick = false;

	f->r.conf.redis.heartbeat_ms = RECORDER_DEADLINE_MS;
	recorder_come_up(&f->r);
	for (size_t times = 1; !was_quick; times++) {
		long before = subscribes(f);
		int64_t tick_ms, begin_us;

		/* That the last command is no storm. */
		(void)usleep(2 * REDIS_FLUSH_PATIENCE_MS * 1000);
		tick_ms = clock_coarse_ms();
		begin_us = clock_us();
		watch_all(f, times);
		was_quick =
		    clock_us() - begin_us < REDIS_FLUSH_PATIENCE_MS * 1000 &&
		    clock_coarse_ms() == tick_ms;
		for (int i = 0; i < ROOMS; i++)
			wait_watched(f, rooms[i], times);
		for (int i = 0; i < ROOMS; i++)
			unwatch(f, rooms[i]);
		recorder_until(&f->r, channels(f, "t:room:*") == 0);
		if (was_quick)
			ck_assert_int_eq(subscribes(f) - before, 2);
	}
}

START_TEST(test_what_turns_ask_for_is_one_command_in_a_storm)
{
	struct fixture *f = set_up();

	check_commands(f, watch_behind_one);
	tear_down(f);
}
END_TEST

START_TEST(test_what_turns_ask_for_is_one_command_while_one_is_awaited)
{
	struct fixture *f = set_up();

	check_commands(f, watch_while_one_is_awaited);
	tear_down(f);
}
END_TEST

START_TEST(test_closing_is_clean_at_any_moment)
{
	struct fixture *f = set_up();

	recorder_close_at_any_moment(&f->r);
	recorder_come_up(&f->r);
	tear_down(f);
}
END_TEST

START_TEST(test_a_url_that_can_never_work_is_an_error)
{
	struct recorder r;
	const struct backend_options options = {
		.conf = &r.conf,
		.source = &r.conf.redis,
	};
	struct err e = { "" };
	char url[] = "redis://";

	recorder_init(&r, &redis_backend);
	r.conf.redis.url = url;
	ck_assert_int_lt(
	    redis_backend.open(&r.backend, r.base, &options, &e), 0);
	ck_assert_str_eq(e.text, "redis.url: has no host");
	ck_assert_ptr_null(r.backend);
	recorder_fini(&r);
}
END_TEST

UNIT_MAIN("backend/redis", test_payloads_arrive_once_and_as_they_are,
    test_an_empty_channel_name_is_off, test_a_room_is_watched_until_it_is_not,
    test_thousands_of_rooms_are_watched_and_come_back,
    test_what_turns_ask_for_is_one_command_in_a_storm,
    test_what_turns_ask_for_is_one_command_while_one_is_awaited,
    test_closing_is_clean_at_any_moment,
    test_a_url_that_can_never_work_is_an_error)
