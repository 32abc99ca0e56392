/* hook: with an app that answers, and with callers that come and go. */
#include "hookrig.h"

START_TEST(test_a_yes_brings_user_and_rooms)
{
	struct rig *r = rig_new();
	struct asked *a;

	rig_hook(r, "http://127.0.0.1:%u/ok", 1, 5000);
	a = rig_ask(r);
	rig_until(r, a->answers > 0);
	ck_assert_int_eq(a->status, 200);
	ck_assert_str_eq(a->user, "42");
	ck_assert_uint_eq(a->room_count, 2);
	ck_assert_str_eq(a->room, "a");
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_CALLS), 1);
	rig_free(r);
}
END_TEST

START_TEST(test_a_no_keeps_its_status)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/status/401", 1, 5000);
	ck_assert_int_eq(rig_status(r), 401);
	rig_hook(r, "http://127.0.0.1:%u/status/403", 1, 5000);
	ck_assert_int_eq(rig_status(r), 403);
	rig_free(r);
}
END_TEST

START_TEST(test_an_empty_yes_is_none)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/empty", 1, 5000);
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_ANSWER), 1);
	rig_hook(r, "http://127.0.0.1:%u/nothing", 1, 5000);
	ck_assert_int_eq(rig_status(r), 503);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_STATUS), 1);
	rig_free(r);
}
END_TEST

START_TEST(test_every_framing_of_a_body_is_understood)
{
	static const char *const urls[] = {
		"http://127.0.0.1:%u/chunked",
		"http://127.0.0.1:%u/until-close",
		"http://127.0.0.1:%u/bytes",
		"http://127.0.0.1:%u/early-hints",
	};
	struct rig *r = rig_new();

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		rig_hook(r, urls[i], 1, 5000);
		ck_assert_int_eq(rig_status(r), 200);
		ck_assert_int_eq(rig_status(r), 200);
		ck_assert_str_eq(r->asked[2 * i].user, "42");
		ck_assert_str_eq(r->asked[2 * i + 1].user, "42");
	}
	rig_free(r);
}
END_TEST

START_TEST(test_the_app_is_told_what_it_needs)
{
	const struct hook_header headers[] = {
		{ slice_str("cookie"), slice_str("sid=1; b=2") },
		{ slice_str("authorization"), slice_str("Bearer x\r\nA: b") },
		{ slice_str("accept-language"), slice_str("pt-BR") },
	};
	const struct hook_request rq = {
		.uri = slice_str("/ws/a%2fb?x=1&token=t"),
		.headers = headers,
		.header_count = 3,
		.client_address = slice_str("2001:db8::7"),
		.connection_id = slice_str("c0ffee"),
	};
	struct rig *r = rig_new();
	char expected[512];
	struct asked *a;

	rig_hook(r, "http://127.0.0.1:%u/echo", 1, 5000);
	a = rig_ask_with(r, &rq);
	rig_until(r, a->answers > 0);
	(void)snprintf(expected, sizeof expected,
	    "GET /echo HTTP/1.1\n"
	    "Host: 127.0.0.1:%u\n"
	    "X-Original-URI: /ws/a%%2fb?x=1&token=t\n"
	    "X-Forwarded-For: 2001:db8::7\n"
	    "X-Connection-Id: c0ffee\n"
	    "cookie: sid=1; b=2\n"
	    "accept-language: pt-BR\n"
	    "User-Agent: roomcast/" ROOMCAST_VERSION,
	    r->port);
	ck_assert_str_eq(a->head, expected);
	rig_free(r);
}
END_TEST

START_TEST(test_one_connection_carries_many_calls)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/ok", 8, 5000);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(rig_status(r), 200);
	ck_assert_int_eq(app_state(r, "connections"), 1);
	ck_assert_int_eq(app_state(r, "calls"), 20);
	rig_hook(r, "http://127.0.0.1:%u/status/403", 8, 5000);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(rig_status(r), 403);
	ck_assert_int_eq(app_state(r, "connections"), 2);
	rig_free(r);
}
END_TEST

START_TEST(test_a_host_name_finds_the_address_that_listens)
{
	struct rig *r = rig_new();

	/* ::1 too, on most machines, where the app does not listen. */
	rig_hook(r, "http://localhost:%u/ok", 1, 5000);
	ck_assert_int_eq(rig_status(r), 200);
	ck_assert_int_eq(rig_status(r), 200);
	rig_free(r);
}
END_TEST

START_TEST(test_calls_in_parallel_are_bounded_and_the_rest_wait)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/hold", 4, 20000);
	for (int i = 0; i < 40; i++)
		ck_assert_ptr_nonnull(rig_ask(r)->call);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_QUEUED), 40);
	rig_until(r, app_state(r, "parallel") == 4);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_QUEUED), 36);
	ck_assert_uint_eq(r->answered, 0);
	app_tell(r, "release");
	rig_until(r, r->answered == 40);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(r->asked[i].status, 200);
	ck_assert_int_eq(app_state(r, "max_parallel"), 4);
	ck_assert_int_eq(app_state(r, "connections"), 4);
	rig_free(r);
}
END_TEST

START_TEST(test_the_queue_is_bounded)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/ok", 2, 5000);
	for (int i = 0; i < 2 * HOOK_QUEUE_FACTOR; i++)
		ck_assert_ptr_nonnull(rig_ask(r)->call);
	ck_assert_ptr_null(rig_ask(r)->call);
	ck_assert_uint_eq(rig_metric(r, METRIC_HOOK_FAILED_QUEUE), 1);
	rig_until(r, r->answered == 2 * HOOK_QUEUE_FACTOR);
	ck_assert_int_eq(rig_status(r), 200);
	rig_free(r);
}
END_TEST

START_TEST(test_who_cancels_is_not_answered)
{
	struct rig *r = rig_new();
	struct asked *gone[3], *stays;

	rig_hook(r, "http://127.0.0.1:%u/hold", 2, 20000);
	for (int i = 0; i < 3; i++)
		gone[i] = rig_ask(r);
	hook_cancel(gone[0]->call); /* before it is put to the app */
	stays = rig_ask(r);
	rig_until(r, app_state(r, "parallel") == 2);
	hook_cancel(gone[1]->call);
	hook_cancel(gone[2]->call); /* both hold a connection */
	hook_cancel(NULL);
	rig_until(r, app_state(r, "calls") == 3);
	app_tell(r, "release");
	rig_until(r, stays->answers > 0);
	ck_assert_int_eq(stays->status, 200);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(gone[i]->answers, 0);
	rig_free(r);
}
END_TEST

static void cancel_next(void *arg, const struct hook_answer *answer)
{
	struct asked *a = arg;

	rig_on_answer(arg, answer);
	hook_cancel(a[1].call);
	a[1].call = NULL;
	rig_ask(a->rig);
}

START_TEST(test_an_answer_may_cancel_and_ask)
{
	const struct hook_request rq = { .uri = slice_str("/") };
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/ok", 1, 5000);
	r->asked_count = 1;
	r->asked[0].rig = r;
	r->asked[0].call = hook_ask(r->hook, &rq, cancel_next, &r->asked[0]);
	rig_ask(r);
	rig_until(r, r->asked[2].answers > 0);
	ck_assert_uint_eq(r->asked[0].answers, 1);
	ck_assert_uint_eq(r->asked[1].answers, 0);
	rig_free(r);
}
END_TEST

START_TEST(test_a_hook_may_go_with_calls_under_way)
{
	struct rig *r = rig_new();

	rig_hook(r, "http://127.0.0.1:%u/hold", 2, 5000);
	for (int i = 0; i < 5; i++)
		rig_ask(r);
	rig_until(r, app_state(r, "parallel") == 2);
	rig_hook(r, "http://no-such-host.invalid:%u/", 2, 5000);
	rig_ask(r);
	event_base_loop(r->base, EVLOOP_NONBLOCK);
	rig_free(r); /* counts that no call is left in a queue */
}
END_TEST

START_TEST(test_a_retired_hook_answers_who_has_asked_and_goes)
{
	struct rig *r = rig_new();
	struct list retired;
	struct asked *held;

	list_init(&retired);
	rig_hook(r, "http://127.0.0.1:%u/hold", 1, 5000);
	held = rig_ask(r);
	rig_until(r, app_state(r, "parallel") == 1);
	hook_retire(r->hook, &retired);
	r->hook = NULL;
	(void)event_base_loop(r->base, EVLOOP_NONBLOCK);
	ck_assert(!list_is_empty(&retired));
	app_tell(r, "release");
	rig_until(r, held->answers > 0);
	ck_assert_int_eq(held->status, 200);
	rig_until(r, list_is_empty(&retired));

	rig_hook(r, "http://127.0.0.1:%u/ok", 1, 5000);
	hook_retire(r->hook, &retired); /* nobody has asked */
	r->hook = NULL;
	rig_until(r, list_is_empty(&retired));
	rig_free(r);
}
END_TEST

START_TEST(test_a_retired_hook_may_go_with_calls_under_way)
{
	struct rig *r = rig_new();
	struct list retired;

	list_init(&retired);
	rig_hook(r, "http://127.0.0.1:%u/hold", 1, 5000);
	rig_ask(r);
	rig_until(r, app_state(r, "parallel") == 1);
	hook_retire(r->hook, &retired);
	r->hook = NULL;
	hook_free_retired(&retired);
	rig_free(r);
}
END_TEST

UNIT_MAIN("net/hook", test_a_yes_brings_user_and_rooms,
    test_a_no_keeps_its_status, test_an_empty_yes_is_none,
    test_every_framing_of_a_body_is_understood,
    test_the_app_is_told_what_it_needs, test_one_connection_carries_many_calls,
    test_a_host_name_finds_the_address_that_listens,
    test_calls_in_parallel_are_bounded_and_the_rest_wait,
    test_the_queue_is_bounded, test_who_cancels_is_not_answered,
    test_an_answer_may_cancel_and_ask, test_a_hook_may_go_with_calls_under_way,
    test_a_retired_hook_answers_who_has_asked_and_goes,
    test_a_retired_hook_may_go_with_calls_under_way)
