/* redis_session: a real server that is stopped, killed, paused and refuses. */
#include "redis_rig.h"

START_TEST(test_the_canary_is_not_given_out)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	ck_assert_int_eq(channels(f, "roomcast:heartbeat:*"), 1);
	recorder_run_for(&f->r, 1000);
	ck_assert_uint_eq(f->r.messages, 0);
	ck_assert(f->r.state == BACKEND_UP);
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
	ck_assert(f->r.state != BACKEND_UP);
	redis_server_start(&f->server);
	recorder_until(&f->r, f->r.state == BACKEND_UP);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_lost_heartbeat_connection_costs_nothing)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	for (int i = 0; i < 3; i++) {
		freeReplyObject(
		    redis_server_call(&f->server, "CLIENT KILL TYPE normal"));
		recorder_run_for(&f->r, 1000);
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
	recorder_come_up(&f->r);
	kill(f->server.pid, SIGSTOP);
	begin = clock_ms();
	recorder_until(&f->r, recorder_count(&f->r, "down") == 1);
	/* A heartbeat may have been under way, and the next one due. */
	ck_assert_int_ge(clock_ms() - begin, 190);
	kill(f->server.pid, SIGCONT);
	recorder_until(&f->r, f->r.state == BACKEND_UP);
	ck_assert_int_eq(publish(f, "t:send", "again"), 1);
	recorder_until(&f->r, f->r.messages == 1);
	tear_down(f);
}
END_TEST

static void watch_number(struct fixture *f, int number)
{
	char name[16];

	(void)snprintf(name, sizeof name, "r%d", number);
	watch(f, name);
}

/* Where it was told that a room is watched, or NULL. */
static const char *watched_number(struct fixture *f, int number)
{
	char line[32];

	(void)snprintf(line, sizeof line, "\nwatched r%d\n", number);
	return strstr(f->r.told.data, line);
}

/* Without an end: some are always in flight. */
START_TEST(test_rooms_that_nobody_waited_for_are_in_force_before_the_gap)
{
	struct fixture *f = set_up();
	int unwaited = 0, number = 0;
	const char *gap;

	recorder_open(&f->r);
	while (recorder_count(&f->r, "gap") == 0) {
		for (int i = 0; i < 20; i++)
			watch_number(f, number++);
		if (f->r.state == BACKEND_DOWN)
			unwaited = number;
		recorder_turn(&f->r, 5);
	}
	ck_assert(f->r.state == BACKEND_UP);
	gap = strstr(f->r.told.data, "\ngap\n");
	for (int i = 0; i < unwaited; i++) {
		const char *watched = watched_number(f, i);

		ck_assert_msg(watched && watched < gap, "r%d of %d", i, number);
	}
	tear_down(f);
}
END_TEST

START_TEST(test_paused_for_long_is_partly_up_and_no_outage)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	f->r.ops->set_paused(f->r.backend, true);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(publish(f, "t:send", "waits"), 1);
	recorder_until(&f->r, f->r.state == BACKEND_PARTLY);
	watch(f, "late");
	recorder_run_for(&f->r, 700);
	ck_assert_uint_eq(f->r.messages, 0);
	ck_assert_uint_eq(recorder_count(&f->r, "watched late"), 0);
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, recorder_count(&f->r, "watched late") == 1);
	ck_assert_uint_eq(f->r.messages, 50);
	recorder_until(&f->r, f->r.state == BACKEND_UP);
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
	recorder_come_up(&f->r);
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
	recorder_come_up(&f->r);
	f->r.ops->set_paused(f->r.backend, true);
	ck_assert_int_eq(publish(f, "t:send", "is lost"), 1);
	if (command)
		freeReplyObject(redis_server_call(&f->server, command));
	else
		redis_server_kill(&f->server);
	recorder_until(&f->r, recorder_metric(&f->r, METRIC_BACKEND_LOST) == 1);
	ck_assert(f->r.state != BACKEND_UP);
	ck_assert_uint_eq(recorder_count(&f->r, "down"), 1);
	if (!command)
		redis_server_start(&f->server);
	recorder_run_for(&f->r, 50);
	ck_assert(f->r.state !=
		  BACKEND_UP); /* what confirms the channels is not read */
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.state == BACKEND_UP);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 2);
	tear_down(f);
}

START_TEST(test_a_server_that_leaves_in_a_pause_is_noticed)
{
	check_loss_in_a_pause(NULL, 600000); /* by the heartbeat's connection */
	check_loss_in_a_pause("CLIENT KILL TYPE pubsub", 300);
}
END_TEST

/* Publish 60 messages: the first pauses, the others are in the same read. */
static struct fixture *set_up_in_a_pause(void)
{
	struct fixture *f = set_up();
	redisContext *c = redisConnectUnix(f->server.path);

	f->r.conf.redis.heartbeat_ms = 600000; /* no canary shall wake it */
	recorder_come_up(&f->r);
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
	return f;
}

static void check_goes_on(struct fixture *f)
{
	f->r.ops->set_paused(f->r.backend, false);
	recorder_until(&f->r, f->r.messages == 60);
	ck_assert_ptr_nonnull(
	    strstr(f->r.told.data, "message t:send=58\nmessage t:send=59\n"));
}

START_TEST(test_what_was_read_before_a_pause_comes_after_it)
{
	struct fixture *f = set_up_in_a_pause();

	/* Nothing more is published: no event but ours can wake the reader. */
	check_goes_on(f);
	tear_down(f);
}
END_TEST

START_TEST(test_what_was_read_comes_though_the_connection_has_ended)
{
	struct fixture *f = set_up_in_a_pause();

	freeReplyObject(
	    redis_server_call(&f->server, "CLIENT KILL TYPE pubsub"));
	check_goes_on(f);
	recorder_until(&f->r, recorder_metric(&f->r, METRIC_BACKEND_LOST) == 1);
	recorder_until(&f->r, recorder_count(&f->r, "gap") == 2);
	tear_down(f);
}
END_TEST

START_TEST(test_a_wrong_password_is_told_and_not_hammered)
{
	struct fixture *f = set_up();
	char right[] = "s3cret";
	uint64_t failed;
	int64_t begin;

	redis_server_kill(&f->server);
	f->server.password = right;
	redis_server_start(&f->server);
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			set_password(f, "wrong");
		recorder_open(&f->r);
		begin = clock_ms();
		failed = recorder_metric(&f->r, METRIC_BACKEND_FAILED);
		recorder_until(&f->r, recorder_metric(&f->r,
					  METRIC_BACKEND_FAILED) >= failed + 8);
		/* Half of 20 + 40 + 80 + 100 ... ms at least between them. */
		ck_assert_int_ge(clock_ms() - begin, 10 + 20 + 40 + 4 * 50);
		ck_assert(f->r.state != BACKEND_UP);
		f->r.ops->close(f->r.backend);
	}
	set_password(f, right);
	recorder_come_up(&f->r);
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
	recorder_until(&f->r, f->r.state == BACKEND_UP);
	tear_down(f);
}
END_TEST

START_TEST(test_a_user_without_permission_stays_down)
{
	static const char *const rules[] = {
		"&* +unsubscribe +publish +client",
		"&* +subscribe +publish +client",
		"&* +subscribe +unsubscribe +client",
		"&roomcast:* +subscribe +unsubscribe +publish",
	};
	char user[] = "gate";

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct fixture *f = set_up();
		char command[128];

		(void)snprintf(command, sizeof command,
		    "ACL SETUSER gate on >x %s", rules[i]);
		freeReplyObject(redis_server_call(&f->server, command));
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

UNIT_MAIN("backend/redis_session", test_the_canary_is_not_given_out,
    test_after_a_crash_all_is_subscribed_again_and_the_gap_told,
    test_a_server_that_appears_late_is_found,
    test_a_lost_heartbeat_connection_costs_nothing,
    test_a_server_that_hangs_is_found_by_the_canary,
    test_rooms_that_nobody_waited_for_are_in_force_before_the_gap,
    test_paused_for_long_is_partly_up_and_no_outage,
    test_a_short_pause_makes_no_difference,
    test_a_server_that_leaves_in_a_pause_is_noticed,
    test_what_was_read_before_a_pause_comes_after_it,
    test_what_was_read_comes_though_the_connection_has_ended,
    test_a_wrong_password_is_told_and_not_hammered,
    test_a_user_that_may_do_just_enough_signs_in,
    test_a_user_without_permission_stays_down)
