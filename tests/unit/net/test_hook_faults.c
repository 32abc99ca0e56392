/* hook: with an app that is down, slow, talks nonsense, or will not stop. */
#include "base/clock.h"
#include "hookrig.h"

/* Ask twice, the second time perhaps on a connection left over: 503. */
static void expect(struct rig *r, const char *url, enum metric reason)
{
	unsigned before = rig_metric(r, reason);

	rig_hook(r, url, 1, 5000);
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_uint_eq(rig_metric(r, reason), before + 2);
}

START_TEST(test_any_other_status_is_a_failure_and_never_followed)
{
	struct rig *r = rig_new();

	expect(r, "http://127.0.0.1:%u/status/500", METRIC_HOOK_FAILED_STATUS);
	expect(r, "http://127.0.0.1:%u/status/404", METRIC_HOOK_FAILED_STATUS);
	expect(r, "http://127.0.0.1:%u/status/201", METRIC_HOOK_FAILED_STATUS);
	ck_assert_int_eq(app_state(r, "calls"), 6);
	expect(r, "http://127.0.0.1:%u/redirect", METRIC_HOOK_FAILED_STATUS);
	ck_assert_int_eq(app_state(r, "calls"), 8);
	rig_free(r);
}
END_TEST

START_TEST(test_what_is_not_json_is_a_failure)
{
	struct rig *r = rig_new();

	expect(r, "http://127.0.0.1:%u/text", METRIC_HOOK_FAILED_ANSWER);
	rig_free(r);
}
END_TEST

START_TEST(test_what_is_too_large_is_not_read_on)
{
	struct rig *r = rig_new();

	expect(r, "http://127.0.0.1:%u/huge", METRIC_HOOK_FAILED_SIZE);
	expect(r, "http://127.0.0.1:%u/endless", METRIC_HOOK_FAILED_SIZE);
	expect(r, "http://127.0.0.1:%u/endless-head", METRIC_HOOK_FAILED_SIZE);
	rig_free(r);
}
END_TEST

START_TEST(test_what_is_not_http_is_a_failure)
{
	struct rig *r = rig_new();

	expect(r, "http://127.0.0.1:%u/garbage", METRIC_HOOK_FAILED_HTTP);
	expect(r, "http://127.0.0.1:%u/two-lengths", METRIC_HOOK_FAILED_HTTP);
	expect(r, "http://127.0.0.1:%u/upgrade", METRIC_HOOK_FAILED_HTTP);
	rig_free(r);
}
END_TEST

START_TEST(test_an_early_close_is_a_failure_and_not_tried_again)
{
	struct rig *r = rig_new();

	expect(r, "http://127.0.0.1:%u/cut", METRIC_HOOK_FAILED_CLOSED);
	expect(r, "http://127.0.0.1:%u/never", METRIC_HOOK_FAILED_CLOSED);
	ck_assert_int_eq(app_state(r, "calls"), 4);
	rig_free(r);
}
END_TEST

START_TEST(test_a_kept_connection_found_closed_is_replaced_once)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/once", 1, 5000);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rig_status(r), 200);
	ck_assert_int_eq(app_state(r, "calls"), 5);
	ck_assert_int_eq(app_state(r, "connections"), 3);

	rig_hook(r, "http://127.0.0.1:%u/auth", 1, 5000);
	ck_assert_int_eq(rig_status(r), 200);
	app_tell(r, "mode/never");
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_int_eq(app_state(r, "calls"), 5 + 1 + 2);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_CLOSED), 1);
	rig_free(r);
}
END_TEST

START_TEST(test_who_closes_behind_each_answer_loses_no_call)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/dismiss", 4, 20000);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 40; i++)
			ck_assert_ptr_nonnull(rig_ask(r)->call);
		rig_until(r, r->answered == r->asked_count);
	}
	for (size_t i = 0; i < r->asked_count; i++)
		ck_assert_int_eq(r->asked[i].status, 200);
	rig_free(r);
}
END_TEST

START_TEST(test_what_is_stuffed_behind_an_answer_admits_nobody)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/stuffed", 1, 5000);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rig_status(r), 403);
	ck_assert_int_eq(app_state(r, "connections"), 10);
	rig_free(r);
}
END_TEST

START_TEST(test_an_app_that_is_down_is_a_failure_at_once)
{
	struct rig *r = rig_new();
	int64_t before = clock_ms();

	app_end(r);
	r->pid = 0;
	expect(r, "http://127.0.0.1:%u/ok", METRIC_HOOK_FAILED_CONNECT);
	expect(r, "http://localhost:%u/ok", METRIC_HOOK_FAILED_CONNECT);
	ck_assert_int_lt(clock_ms() - before, 5000);
	rig_free(r);
}
END_TEST

START_TEST(test_a_host_that_is_not_found_is_a_failure)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://no-such-host.invalid:%u/ok", 1, 300);
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_RESOLVE) +
			      rig_metric(r, METRIC_HOOK_FAILED_TIMEOUT),
	    1);
	rig_free(r);
}
END_TEST

/* All that is asked is answered: so many ms behind this one. */
static int64_t answer_all(struct rig *r, int64_t begin_ms)
{
	rig_until(r, r->answered == r->asked_count);
	return clock_ms() - begin_ms;
}

START_TEST(test_the_time_out_holds_from_asking_on)
{
	static const char *const urls[] = {
		"http://127.0.0.1:%u/hang",
		"http://127.0.0.1:%u/hang-within",
	};
	enum { CALLS = HOOK_QUEUE_FACTOR, TIME_OUT_MS = 200 };
	struct rig *r = rig_new();

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		int64_t passed, begin_ms = clock_ms();

		rig_hook(r, urls[i], 1, TIME_OUT_MS);
		for (int j = 0; j < CALLS; j++) /* all but one in the queue */
			ck_assert_ptr_nonnull(rig_ask(r)->call);
		passed = answer_all(r, begin_ms);
		ck_assert_int_ge(passed, TIME_OUT_MS - 1);
		/* Not one behind the other. */
		ck_assert_int_lt(passed, CALLS * TIME_OUT_MS);
	}
	for (size_t i = 0; i < r->asked_count; i++)
		ck_assert_int_eq(r->asked[i].status, 503);
	ck_assert_uint_eq(
	    rig_metric(r, METRIC_HOOK_FAILED_TIMEOUT), r->asked_count);
	rig_free(r);
}
END_TEST

START_TEST(test_a_hanging_app_frees_its_connections_for_later_calls)
{
	struct rig *r = rig_new();

	/* Long enough for an app that answers, on a machine that is busy. */
	rig_hook(r, "http://127.0.0.1:%u/auth", 1, 1500);
	app_tell(r, "mode/hang");
	ck_assert_int_eq(rig_status(r), 503);
	app_tell(r, "mode/ok");
	ck_assert_int_eq(rig_status(r), 200);
	rig_free(r);
}
END_TEST

/* A socket that listens and whose queue is full: connects hang. */
static int listen_deaf(struct rig *r, int *filler)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	r->port = ntohs(addr.sin_port);
	*filler = app_connect(r);
	return fd;
}

START_TEST(test_a_connection_that_never_comes_about_times_out)
{
	struct rig *r = rig_new();
	enum { LINKS = 2, TIME_OUT_MS = 200 };
	enum { CALLS = LINKS * HOOK_QUEUE_FACTOR };
	int filler, fd = listen_deaf(r, &filler);
	int64_t begin_ms = clock_ms();

	rig_hook(r, "http://127.0.0.1:%u/ok", LINKS, TIME_OUT_MS);
	for (int i = 0; i < CALLS; i++)
		ck_assert_ptr_nonnull(rig_ask(r)->call);
	/* Not some behind the others. */
	ck_assert_int_lt(answer_all(r, begin_ms), CALLS / LINKS * TIME_OUT_MS);
	for (size_t i = 0; i < r->asked_count; i++)
		ck_assert_int_eq(r->asked[i].status, 503);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_TIMEOUT), CALLS);
	close(filler);
	close(fd);
	rig_free(r);
}
END_TEST

START_TEST(test_a_slow_app_holds_up_no_other)
{
	struct rig *r = rig_new();
	struct asked *slow;
	struct hook *other;

	other = rig_hook(r, "http://127.0.0.1:%u/hold", 1, 20000);
	slow = rig_ask(r);
	r->hook = NULL; /* a second one beside it */
	rig_hook(r, "http://127.0.0.1:%u/ok", 1, 20000);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rig_status(r), 200);
	ck_assert_uint_eq(slow->answers, 0);
	app_tell(r, "release");
	rig_until(r, slow->answers > 0);
	ck_assert_int_eq(slow->status, 200);
	hook_free(other);
	rig_free(r);
}
END_TEST

UNIT_MAIN("net/hook_faults",
    test_any_other_status_is_a_failure_and_never_followed,
    test_what_is_not_json_is_a_failure, test_what_is_too_large_is_not_read_on,
    test_what_is_not_http_is_a_failure,
    test_an_early_close_is_a_failure_and_not_tried_again,
    test_a_kept_connection_found_closed_is_replaced_once,
    test_who_closes_behind_each_answer_loses_no_call,
    test_what_is_stuffed_behind_an_answer_admits_nobody,
    test_an_app_that_is_down_is_a_failure_at_once,
    test_a_host_that_is_not_found_is_a_failure,
    test_the_time_out_holds_from_asking_on,
    test_a_hanging_app_frees_its_connections_for_later_calls,
    test_a_connection_that_never_comes_about_times_out,
    test_a_slow_app_holds_up_no_other)
