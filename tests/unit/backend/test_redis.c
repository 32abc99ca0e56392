/* redis: against a real redis-server that is stopped, killed and refuses. */
#include "backend/redis.h"
#include "recorder.h"
#include "redis_server.h"

struct fixture {
	struct redis_server server;
	struct recorder r;
	char password_file[80]; /* "" when there is none */
};

static struct fixture *set_up(void)
{
	static struct fixture f;

	f.password_file[0] = '\0';
	redis_server_init(&f.server);
	redis_server_start(&f.server);
	recorder_init(&f.r, &redis_backend);
	f.r.conf.redis.url = f.server.url;
	return &f;
}

/* From now on it signs in with what stands in a file. */
static void set_password(struct fixture *f, const char *password)
{
	FILE *file;

	(void)snprintf(f->password_file, sizeof f->password_file, "%s/password",
	    f->server.dir);
	f->r.conf.redis.password_file = f->password_file;
	file = fopen(f->password_file, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(password, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void tear_down(struct fixture *f)
{
	recorder_fini(&f->r);
	unlink(f->password_file);
	redis_server_fini(&f->server);
}

static struct fixture *set_up_and_open(void)
{
	struct fixture *f = set_up();

	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	return f;
}

static long long publish(
    struct fixture *f, const char *channel, const char *payload)
{
	return redis_server_number(
	    redis_server_call(&f->server, "PUBLISH %s %s", channel, payload));
}

static void watch(struct fixture *f, const char *room)
{
	f->r.ops->watch_room(f->r.backend, slice_str(room));
}

static void unwatch(struct fixture *f, const char *room)
{
	f->r.ops->unwatch_room(f->r.backend, slice_str(room));
}

/* How many channels like this one are subscribed. */
static long long channels(struct fixture *f, const char *pattern)
{
	return redis_server_number(
	    redis_server_call(&f->server, "PUBSUB CHANNELS %s", pattern));
}

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

START_TEST(test_the_canary_is_not_given_out)
{
	struct fixture *f = set_up();

	f->r.conf.redis.heartbeat_ms = 20;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_int_eq(channels(f, "roomcast:heartbeat:*"), 1);
	recorder_run_for(&f->r, 400);
	ck_assert_uint_eq(f->r.messages, 0);
	ck_assert(f->r.is_up);
	tear_down(f);
}
END_TEST

START_TEST(test_an_empty_channel_name_is_off)
{
	struct fixture *f = set_up();
	char off[] = "";

	f->r.conf.channels.send = off;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
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

	for (int i = 0; i < MANY_ROOMS; i++) {
		(void)snprintf(name, sizeof name, "many%d", i);
		watch(f, name);
	}
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

START_TEST(test_after_a_crash_all_is_subscribed_again_and_the_gap_told)
{
	struct fixture *f = set_up_and_open();

	watch(f, "kept");
	watch(f, "left");
	recorder_until(&f->r, recorder_count(&f->r, "watched left") == 1);
	redis_server_kill(&f->server);
	recorder_until(&f->r, recorder_count(&f->r, "down") == 1);
	unwatch(f, "left");
	watch(f, "fresh");
	recorder_until(
	    &f->r, recorder_metric(&f->r, METRIC_BACKEND_FAILED) >= 3);
	redis_server_start(&f->server);
	recorder_until(&f->r, recorder_count(&f->r, "gap") == 2);
	ck_assert_ptr_nonnull(strstr(f->r.told.data, "\nup\ngap\n"));
	ck_assert_uint_eq(recorder_count(&f->r, "watched fresh"), 1);
	ck_assert_int_eq(publish(f, "t:room:kept", "k"), 1);
	ck_assert_int_eq(publish(f, "t:room:fresh", "f"), 1);
	ck_assert_int_eq(publish(f, "t:room:left", "l"), 0);
	ck_assert_int_eq(publish(f, "t:send", "s"), 1);
	recorder_until(&f->r, f->r.messages == 3);
	ck_assert_uint_eq(recorder_metric(&f->r, METRIC_BACKEND_LOST), 1);
	ck_assert_uint_eq(recorder_metric(&f->r, METRIC_BACKEND_CONNECTS), 2);
	tear_down(f);
}
END_TEST

START_TEST(test_a_server_that_appears_late_is_found)
{
	struct fixture *f = set_up();
	int64_t begin;
	uint64_t attempts;

	redis_server_kill(&f->server);
	recorder_open(&f->r);
	begin = clock_ms();
	recorder_until(
	    &f->r, recorder_metric(&f->r, METRIC_BACKEND_FAILED) >= 8);
	attempts = recorder_metric(&f->r, METRIC_BACKEND_FAILED);
	/* Half of 20 + 40 + 80 + 100 ... ms at least lie between them. */
	ck_assert_int_ge(
	    clock_ms() - begin, 10 + 20 + 40 + 50 * ((int64_t)attempts - 5));
	ck_assert(!f->r.is_up);
	redis_server_start(&f->server);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_lost_heartbeat_connection_costs_nothing)
{
	struct fixture *f = set_up();

	f->r.conf.redis.heartbeat_ms = 100;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	for (int i = 0; i < 3; i++) {
		freeReplyObject(
		    redis_server_call(&f->server, "CLIENT KILL TYPE normal"));
		recorder_run_for(&f->r, 350);
	}
	ck_assert_uint_eq(recorder_count(&f->r, "down"), 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_server_that_hangs_is_found_by_the_canary)
{
	struct fixture *f = set_up();
	int64_t begin;

	f->r.conf.redis.heartbeat_ms = 200;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	kill(f->server.pid, SIGSTOP);
	begin = clock_ms();
	recorder_until(&f->r, recorder_count(&f->r, "down") == 1);
	ck_assert_int_ge(clock_ms() - begin, 300);
	kill(f->server.pid, SIGCONT);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_int_eq(publish(f, "t:send", "again"), 1);
	recorder_until(&f->r, f->r.messages == 1);
	tear_down(f);
}
END_TEST

START_TEST(test_paused_for_long_is_down_but_no_outage)
{
	struct fixture *f = set_up();

	f->r.conf.redis.heartbeat_ms = 50;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	f->r.ops->set_paused(f->r.backend, true);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(publish(f, "t:send", "waits"), 1);
	recorder_until(&f->r, !f->r.is_up);
	recorder_run_for(&f->r, 300);
	ck_assert_uint_eq(f->r.messages, 0);
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.messages == 50);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_uint_eq(recorder_metric(&f->r, METRIC_BACKEND_LOST), 0);
	ck_assert_uint_eq(recorder_metric(&f->r, METRIC_BACKEND_CONNECTS), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_short_pause_makes_no_difference)
{
	struct fixture *f = set_up();

	f->r.conf.redis.heartbeat_ms = 600000;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	f->r.ops->set_paused(f->r.backend, true);
	ck_assert_int_eq(publish(f, "t:send", "waits"), 1);
	recorder_run_for(&f->r, 50);
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.messages == 1);
	ck_assert_uint_eq(recorder_count(&f->r, "down"), 0);
	tear_down(f);
}
END_TEST

/* The server does this while nothing is read. */
static void check_loss_in_a_pause(const char *command, int heartbeat_ms)
{
	struct fixture *f = set_up();

	f->r.conf.redis.heartbeat_ms = heartbeat_ms;
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	f->r.ops->set_paused(f->r.backend, true);
	ck_assert_int_eq(publish(f, "t:send", "is lost"), 1);
	if (command)
		freeReplyObject(redis_server_call(&f->server, command));
	else
		redis_server_kill(&f->server);
	recorder_until(&f->r, recorder_metric(&f->r, METRIC_BACKEND_LOST) == 1);
	ck_assert(!f->r.is_up);
	ck_assert_uint_eq(recorder_count(&f->r, "down"), 1);
	if (!command)
		redis_server_start(&f->server);
	recorder_run_for(&f->r, 50);
	ck_assert(!f->r.is_up); /* what confirms the channels is not read */
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 2);
	tear_down(f);
}

START_TEST(test_a_server_that_leaves_in_a_pause_is_noticed)
{
	check_loss_in_a_pause(NULL, 600000); /* by the heartbeat's connection */
	check_loss_in_a_pause("CLIENT KILL TYPE pubsub", 50);
}
END_TEST

START_TEST(test_what_was_read_before_a_pause_comes_after_it)
{
	struct fixture *f = set_up();
	redisContext *c = redisConnectUnix(f->server.path);

	f->r.conf.redis.heartbeat_ms = 600000; /* no canary shall wake it */
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	/* The first message pauses; the others are in the same read. */
	f->r.pause_after = 1;
	for (int i = 0; i < 60; i++)
		redisAppendCommand(c, "PUBLISH t:send %d", i);
	for (int i = 0; i < 60; i++) {
		redisReply *reply = NULL;

		ck_assert_int_eq(redisGetReply(c, (void **)&reply), 0);
		freeReplyObject(reply);
	}
	redisFree(c);
	recorder_until(&f->r, f->r.messages == 1);
	recorder_run_for(&f->r, 50);
	ck_assert_uint_eq(f->r.messages, 1);
	f->r.ops->set_paused(f->r.backend, false);
	/* Nothing more is published: no event but ours can wake the reader. */
	recorder_until(&f->r, f->r.messages == 60);
	ck_assert_ptr_nonnull(
	    strstr(f->r.told.data, "message t:send=58\nmessage t:send=59\n"));
	tear_down(f);
}
END_TEST

START_TEST(test_a_wrong_password_is_told_and_not_hammered)
{
	struct fixture *f = set_up();
	char right[] = "s3cret";
	uint64_t failed;

	redis_server_kill(&f->server);
	f->server.password = right;
	redis_server_start(&f->server);
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			set_password(f, "wrong");
		recorder_open(&f->r);
		failed = recorder_metric(&f->r, METRIC_BACKEND_FAILED);
		recorder_run_for(&f->r, 500);
		failed = recorder_metric(&f->r, METRIC_BACKEND_FAILED) - failed;
		ck_assert_uint_ge(failed, 2);
		ck_assert_uint_le(failed, 3 + 500 / 50);
		ck_assert(!f->r.is_up);
		f->r.ops->close(f->r.backend);
	}
	set_password(f, right);
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	tear_down(f);
}
END_TEST

START_TEST(test_a_user_that_may_do_just_enough_signs_in)
{
	struct fixture *f = set_up();
	char user[] = "gate";

	freeReplyObject(redis_server_call(&f->server,
	    "ACL SETUSER gate on >p@ss &* +subscribe +unsubscribe +publish"));
	f->r.conf.redis.username = user;
	set_password(f, "p@ss");
	recorder_open(&f->r); /* CLIENT SETNAME is not permitted: no matter */
	recorder_until(&f->r, f->r.is_up);
	tear_down(f);
}
END_TEST

START_TEST(test_a_user_without_permission_stays_down)
{
	static const char *const rules[][3] = {
		{ "&*", "+publish", "+client" },
		{ "&*", "+subscribe", "+client" },
		{ "&roomcast:*", "+subscribe", "+publish" },
	};
	char user[] = "gate";

	for (size_t i = 0; i < 3; i++) {
		struct fixture *f = set_up();

		freeReplyObject(redis_server_call(&f->server,
		    "ACL SETUSER gate on >x %s %s %s", rules[i][0], rules[i][1],
		    rules[i][2]));
		f->r.conf.redis.username = user;
		set_password(f, "x");
		recorder_open(&f->r);
		recorder_until(
		    &f->r, recorder_metric(&f->r, METRIC_BACKEND_FAILED) >= 3);
		ck_assert_uint_eq(recorder_count(&f->r, "up"), 0);
		tear_down(f);
	}
}
END_TEST

START_TEST(test_closing_is_clean_at_any_moment)
{
	struct fixture *f = set_up();

	for (int turns = 0; turns < 40; turns++) {
		recorder_open(&f->r);
		watch(f, "a");
		for (int i = 0; i < turns; i++)
			event_base_loop(f->r.base, EVLOOP_NONBLOCK);
		f->r.ops->close(f->r.backend);
		f->r.is_up = false;
	}
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	tear_down(f);
}
END_TEST

START_TEST(test_a_url_that_can_never_work_is_an_error)
{
	struct recorder r;
	struct err e = { "" };
	char url[] = "redis://";

	recorder_init(&r, &redis_backend);
	r.conf.redis.url = url;
	ck_assert_int_lt(redis_backend.open(&r.backend, r.base, &r.conf,
			     r.metrics, NULL, NULL, &e),
	    0);
	ck_assert_str_eq(e.text, "redis.url: no host");
	ck_assert_ptr_null(r.backend);
	recorder_fini(&r);
}
END_TEST

UNIT_MAIN("backend/redis", test_payloads_arrive_once_and_as_they_are,
    test_the_canary_is_not_given_out, test_an_empty_channel_name_is_off,
    test_a_room_is_watched_until_it_is_not,
    test_thousands_of_rooms_are_watched_and_come_back,
    test_after_a_crash_all_is_subscribed_again_and_the_gap_told,
    test_a_server_that_appears_late_is_found,
    test_a_lost_heartbeat_connection_costs_nothing,
    test_a_server_that_hangs_is_found_by_the_canary,
    test_paused_for_long_is_down_but_no_outage,
    test_a_short_pause_makes_no_difference,
    test_a_server_that_leaves_in_a_pause_is_noticed,
    test_what_was_read_before_a_pause_comes_after_it,
    test_a_wrong_password_is_told_and_not_hammered,
    test_a_user_that_may_do_just_enough_signs_in,
    test_a_user_without_permission_stays_down,
    test_closing_is_clean_at_any_moment,
    test_a_url_that_can_never_work_is_an_error)
