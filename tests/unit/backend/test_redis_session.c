/* redis_session: a real server that is stopped, killed, paused and refuses. */
#include "redis_rig.h"

START_TEST(test_the_canary_is_not_given_out)
{
	struct fixture *f = set_up();

	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	ck_assert_int_eq(channels(f, "roomcast:heartbeat:*"), 1);
	recorder_run_for(&f->r, 1000);
	ck_assert_uint_eq(f->r.messages, 0);
	ck_assert(f->r.is_up);
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

	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
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
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	kill(f->server.pid, SIGSTOP);
	begin = clock_ms();
	recorder_until(&f->r, recorder_count(&f->r, "down") == 1);
	/* A heartbeat may have been under way, and the next one due. */
	ck_assert_int_ge(clock_ms() - begin, 190);
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

	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
	f->r.ops->set_paused(f->r.backend, true);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(publish(f, "t:send", "waits"), 1);
	recorder_until(&f->r, !f->r.is_up);
	recorder_run_for(&f->r, 700);
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
	check_loss_in_a_pause("CLIENT KILL TYPE pubsub", 300);
}
END_TEST

/* Publish 60 messages: the first pauses, the others are in the same read. */
static struct fixture *set_up_in_a_pause(void)
{
	struct fixture *f = set_up();
	redisContext *c = redisConnectUnix(f->server.path);

	f->r.conf.redis.heartbeat_ms = 600000; /* no canary shall wake it */
	recorder_open(&f->r);
	recorder_until(&f->r, f->r.is_up);
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

UNIT_MAIN("backend/redis_session", test_the_canary_is_not_given_out,
    test_after_a_crash_all_is_subscribed_again_and_the_gap_told,
    test_a_server_that_appears_late_is_found,
    test_a_lost_heartbeat_connection_costs_nothing,
    test_a_server_that_hangs_is_found_by_the_canary,
    test_paused_for_long_is_down_but_no_outage,
    test_a_short_pause_makes_no_difference,
    test_a_server_that_leaves_in_a_pause_is_noticed,
    test_what_was_read_before_a_pause_comes_after_it,
    test_what_was_read_comes_though_the_connection_has_ended,
    test_a_wrong_password_is_told_and_not_hammered,
    test_a_user_that_may_do_just_enough_signs_in,
    test_a_user_without_permission_stays_down)
