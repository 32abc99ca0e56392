/* redis: where what is PUBLISHed is kept, on a real server. */
#include "redis_rig.h"

static struct fixture *set_up_kept(const char *room_prefix)
{
	static char mark[] = "t:mark", prefix[32];
	struct fixture *f = set_up();

	(void)snprintf(prefix, sizeof prefix, "%s", room_prefix);
	f->r.conf.history.is_on = true;
	f->r.conf.channels.mark = mark;
	f->r.conf.channels.room_prefix = prefix;
	return f;
}

static struct fixture *open_kept(void)
{
	struct fixture *f = set_up_kept("t:room:");

	recorder_come_up(&f->r);
	return f;
}

static long long patterns(struct fixture *f)
{
	return redis_server_number(
	    redis_server_call(&f->server, "PUBSUB NUMPAT"));
}

START_TEST(test_all_rooms_come_and_none_is_watched)
{
	struct fixture *f = open_kept();

	ck_assert(!f->r.ops->needs_watch(&f->r.conf));
	ck_assert_int_eq(patterns(f), 1);
	ck_assert_int_eq(channels(f, "*"), 3); /* send, broadcast, mark */
	ck_assert_int_eq(publish(f, "t:room:any", "in"), 1);
	ck_assert_int_eq(publish(f, "t:room:", "empty"), 1);
	ck_assert_int_eq(publish(f, "t:room", "not ours"), 0);
	recorder_until(&f->r, f->r.messages == 2);
	ck_assert_uint_eq(recorder_count(&f->r, "message t:room:any=in"), 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_prefix_stands_for_itself)
{
	struct fixture *f = set_up_kept("r*[a-z]?\\:");

	recorder_come_up(&f->r);
	ck_assert_int_eq(publish(f, "r*[a-z]?\\:x", "1"), 1);
	ck_assert_int_eq(publish(f, "rooms*a!:x", "2"), 0);
	ck_assert_int_eq(publish(f, "r*aa\\:x", "3"), 0);
	recorder_until(&f->r, f->r.messages == 1);
	tear_down(f);
}
END_TEST

START_TEST(test_without_a_prefix_there_is_no_pattern)
{
	struct fixture *f = set_up_kept("");

	recorder_come_up(&f->r);
	ck_assert_int_eq(patterns(f), 0);
	ck_assert(!f->r.ops->needs_watch(&f->r.conf));
	tear_down(f);
}
END_TEST

START_TEST(test_up_is_behind_a_mark_and_marks_go_on)
{
	struct fixture *f = set_up_kept("t:room:");

	f->r.conf.redis.heartbeat_ms = 20;
	recorder_come_up(&f->r);
	ck_assert_ptr_nonnull(strstr(f->r.told.data, "\nmark\ngap\nup\n"));
	recorder_until(&f->r, recorder_count(&f->r, "mark") > 5);
	ck_assert_uint_eq(f->r.messages, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_lost_subscription_is_void)
{
	struct fixture *f = open_kept();

	freeReplyObject(
	    redis_server_call(&f->server, "CLIENT KILL TYPE pubsub"));
	recorder_until(&f->r, recorder_count(&f->r, "gap") == 2);
	ck_assert_ptr_nonnull(
	    strstr(f->r.told.data, "\nvoid\ndown\nmark\ngap\nup"));
	redis_server_kill(&f->server);
	recorder_until(&f->r, recorder_count(&f->r, "void") == 2);
	tear_down(f);
}
END_TEST

START_TEST(test_a_lost_heartbeat_connection_is_not)
{
	struct fixture *f = set_up_kept("t:room:");

	recorder_come_up(&f->r);
	for (int i = 0; i < 3; i++) {
		size_t marks = recorder_count(&f->r, "mark");

		freeReplyObject(
		    redis_server_call(&f->server, "CLIENT KILL TYPE normal"));
		recorder_until(
		    &f->r, recorder_count(&f->r, "mark") > marks + 1);
	}
	ck_assert_uint_eq(recorder_count(&f->r, "void"), 0);
	ck_assert_uint_eq(recorder_count(&f->r, "down"), 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_barrier_is_answered)
{
	struct fixture *f = set_up_kept("t:room:");

	f->r.conf.redis.heartbeat_ms = 600000;
	recorder_come_up(&f->r);
	ck_assert_int_eq(publish(f, "t:send", "before"), 1);
	f->r.ops->ask_barrier(f->r.backend);
	recorder_until(&f->r, recorder_count(&f->r, "barrier") == 1);
	ck_assert_ptr_nonnull(
	    strstr(f->r.told.data, "\nmessage t:send=before\nmark\nbarrier\n"));
	tear_down(f);
}
END_TEST

/* Who may publish marks but not hear rooms would miss them without a word. */
START_TEST(test_the_pattern_must_be_permitted_to_the_letter)
{
	char user[] = "gate";

	for (size_t i = 0; i < 2; i++) {
		struct fixture *f = set_up_kept("t:room:");

		freeReplyObject(redis_server_call(&f->server,
		    i ? "ACL SETUSER gate on >x &t:* &t:room:* +subscribe "
			"+psubscribe +publish"
		      : "ACL SETUSER gate on >x &t:* +subscribe +psubscribe "
			"+publish"));
		f->r.conf.redis.username = user;
		set_password(f, "x");
		recorder_open(&f->r);
		if (i)
			recorder_until(&f->r, f->r.state == BACKEND_UP);
		else
			recorder_until(&f->r,
			    recorder_metric(&f->r, METRIC_BACKEND_FAILED) >= 3);
		ck_assert((f->r.state == BACKEND_UP) == (i == 1));
		tear_down(f);
	}
}
END_TEST

START_TEST(test_closing_is_clean_at_any_moment)
{
	struct fixture *f = set_up_kept("t:room:");

	recorder_close_at_any_moment(&f->r);
	recorder_come_up(&f->r);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/redis_kept", test_all_rooms_come_and_none_is_watched,
    test_a_prefix_stands_for_itself, test_without_a_prefix_there_is_no_pattern,
    test_up_is_behind_a_mark_and_marks_go_on, test_a_lost_subscription_is_void,
    test_a_lost_heartbeat_connection_is_not, test_a_barrier_is_answered,
    test_the_pattern_must_be_permitted_to_the_letter,
    test_closing_is_clean_at_any_moment)
