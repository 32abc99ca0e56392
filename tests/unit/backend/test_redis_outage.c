/*
 * redis_outage: how long to wait, and when that begins anew. The Makefile lets
 * the clock be set and what a timer is armed with be seen.
 */
#include <netinet/in.h>
#include <string.h>

#include <event2/event.h>

#include "backend/redis_outage.h"
#include "base/clock.h"
#include "core/metrics.h"
#include "sys/timer.h"
#include "unit.h"

enum { MIN_MS = 100, MAX_MS = 1000 };

static int64_t now_ms;
static int64_t armed_ms; /* the last delay */

int64_t __wrap_clock_ms(void);
void __wrap_timer_arm(struct event *timer, int64_t ms, const char *component);
void __real_timer_arm(struct event *timer, int64_t ms, const char *component);

int64_t __wrap_clock_ms(void)
{
	return now_ms;
}

void __wrap_timer_arm(struct event *timer, int64_t ms, const char *component)
{
	armed_ms = ms;
	__real_timer_arm(timer, ms, component);
}

static struct event_base *base;
static struct redis_outage o;
static struct metrics source;
static int attempts;

static void attempt(void *arg)
{
	(void)arg;
	attempts++;
}

static void set_up(void)
{
	const struct redis_outage_options options = {
		.connection = REDIS_CONNECTION_STREAM,
		.lost = "stream lost",
		.failed = "cannot read the stream",
		.min_ms = MIN_MS,
		.max_ms = MAX_MS,
		.attempt = attempt,
	};

	memset(&source, 0, sizeof source);
	now_ms = 5000;
	attempts = 0;
	base = event_base_new();
	redis_outage_init(&o, base, &options, &source);
}

static void tear_down(void)
{
	redis_outage_fini(&o);
	event_base_free(base);
}

/* Returns after how many ms the next attempt is to come. */
static int64_t lose(bool was_up, const char *reason)
{
	const struct redis_failure why =
	    redis_failure_make(REDIS_FAILURE_CLOSED, reason);

	redis_outage_fail(&o, was_up, "host:1", &why);
	ck_assert(redis_outage_awaits(&o));
	return armed_ms;
}

/* Up at a server with this port. */
static int64_t end_at(uint16_t port)
{
	struct resolve_address server = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	memcpy(&server.addr, &in, sizeof in);
	return redis_outage_end(&o, &server);
}

static void check_about(int64_t delay_ms, int64_t full_ms)
{
	ck_assert_int_ge(delay_ms, full_ms / 2);
	ck_assert_int_le(delay_ms, full_ms);
}

START_TEST(test_the_delay_doubles_up_to_its_bound)
{
	for (int64_t full = MIN_MS; full < MAX_MS; full *= 2)
		check_about(lose(false, "refused"), full);
	for (int i = 0; i < 50; i++)
		check_about(lose(false, "refused"), MAX_MS);
}
END_TEST

START_TEST(test_only_a_connection_that_lasted_begins_anew)
{
	for (int i = 0; i < 10; i++)
		(void)lose(false, "refused");
	ck_assert_int_eq(end_at(1), 0);
	now_ms += 999;
	check_about(lose(true, "closed"), MAX_MS);
	(void)end_at(1);
	now_ms += 1000;
	check_about(lose(true, "closed"), MIN_MS);
}
END_TEST

START_TEST(test_an_outage_lasts_from_the_loss_to_the_end)
{
	(void)end_at(1);
	(void)lose(true, "closed");
	ck_assert_uint_eq(o.told_count, 1);
	now_ms += 500;
	(void)lose(false, "refused"); /* the same outage */
	ck_assert_int_eq(end_at(1), 500);
	ck_assert_uint_eq(o.told_count, 0);
}
END_TEST

/* Whether that is in the log, so long behind what came before. */
static bool is_told(const char *reason, int64_t after_ms)
{
	now_ms += after_ms;
	(void)lose(false, reason);
	return o.told_ms == now_ms;
}

START_TEST(test_each_reason_is_told_once_an_outage)
{
	static const char *const reasons[] = { "a", "b", "c", "d" };

	for (int i = 0; i < REDIS_OUTAGE_TOLD; i++)
		ck_assert(is_told(reasons[i], 1000));
	for (int i = 0; i < REDIS_OUTAGE_TOLD; i++)
		ck_assert(!is_told(reasons[i], 1000));
	ck_assert(is_told("e", 1000)); /* in place of the first */
	ck_assert(!is_told("e", 1000));
	ck_assert(is_told("a", 1000));
	(void)end_at(1);
	ck_assert(is_told("e", 1000));
}
END_TEST

START_TEST(test_one_that_lasts_is_told_once_a_minute)
{
	ck_assert(is_told("refused", 1000));
	ck_assert(!is_told("refused", 59999));
	ck_assert(is_told("refused", 1));
	ck_assert(!is_told("refused", 1000));
}
END_TEST

START_TEST(test_each_is_counted_by_its_kind)
{
	const struct redis_failure role =
	    redis_failure_make(REDIS_FAILURE_ROLE, "a replica");
	struct metrics *const block = &source;

	(void)lose(false, "refused");
	(void)end_at(1);
	redis_outage_fail(&o, true, "host:1", &role);
	redis_outage_fail(&o, false, "host:1", &role);
	redis_outage_fail(&o, false, "host:1", &role);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_SOURCE_FAILED_STREAM_CLOSED), 1);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_SOURCE_LOST_STREAM_CLOSED), 0);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_SOURCE_LOST_STREAM_ROLE), 1);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_SOURCE_FAILED_STREAM_ROLE), 2);
}
END_TEST

START_TEST(test_another_server_is_a_failover)
{
	struct metrics *const block = &source;
	const uint16_t ports[] = { 1, 1, 2, 2, 1 };
	const uint64_t failovers[] = { 0, 0, 1, 1, 2 };

	for (size_t i = 0; i < 5; i++) {
		(void)lose(true, "closed");
		(void)end_at(ports[i]);
		ck_assert_uint_eq(
		    metrics_sum(&block, 1, METRIC_SOURCE_FAILOVERS_STREAM),
		    failovers[i]);
	}
}
END_TEST

START_TEST(test_a_server_that_is_not_known_is_no_failover)
{
	const struct resolve_address unknown = { .len = 0 };
	struct metrics *const block = &source;

	(void)end_at(1);
	(void)redis_outage_end(&o, &unknown);
	(void)end_at(1);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_SOURCE_FAILOVERS_STREAM), 0);
}
END_TEST

/* Let all come that is due. */
static void turn(void)
{
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

START_TEST(test_at_rest_no_attempt_comes)
{
	(void)lose(false, "refused");
	redis_outage_hurry(&o);
	redis_outage_rest(&o);
	ck_assert(!redis_outage_awaits(&o));
	turn();
	ck_assert_int_eq(attempts, 0);
}
END_TEST

START_TEST(test_who_knows_where_hurries_and_the_delay_grows_on)
{
	(void)lose(false, "refused");
	redis_outage_hurry(&o);
	ck_assert_int_eq(armed_ms, 0);
	turn();
	ck_assert_int_eq(attempts, 1);
	ck_assert(!redis_outage_awaits(&o));
	check_about(lose(false, "refused"), 2 * MIN_MS);
}
END_TEST

START_TEST(test_at_another_server_the_delay_begins_anew)
{
	for (int i = 0; i < 10; i++)
		(void)lose(false, "refused");
	redis_outage_move(&o);
	ck_assert_int_eq(armed_ms, 0);
	turn();
	ck_assert_int_eq(attempts, 1);
	check_about(lose(false, "refused"), MIN_MS);
}
END_TEST

/* Servers that send us to and fro, each as often as it is asked. */
START_TEST(test_who_is_sent_to_and_fro_hurries_no_more_than_five_times_a_second)
{
	int at_once = 0;

	for (int i = 0; i < 3000; i++) { /* one each ms */
		now_ms++;
		(void)lose(false, "refused");
		if (i % 2 == 0)
			redis_outage_hurry(&o);
		else
			redis_outage_move(&o);
		at_once += armed_ms == 0;
	}
	ck_assert_int_ge(at_once, 15);
	ck_assert_int_le(at_once, 20);
	check_about(lose(false, "refused"), o.options.max_ms);
}
END_TEST

START_TEST(test_a_hurry_that_is_one_too_many_leaves_the_delay)
{
	int64_t delay_ms;

	for (int i = 0; i < REDIS_OUTAGE_HURRIES; i++) {
		(void)lose(false, "refused");
		redis_outage_hurry(&o);
		ck_assert_int_eq(armed_ms, 0);
	}
	delay_ms = lose(false, "refused");
	redis_outage_hurry(&o);
	ck_assert_int_eq(armed_ms, delay_ms);
	redis_outage_move(&o);
	ck_assert_int_eq(armed_ms, delay_ms);
	ck_assert(redis_outage_awaits(&o));
	now_ms += 1000;
	redis_outage_move(&o);
	ck_assert_int_eq(armed_ms, 0);
}
END_TEST

START_TEST(test_what_will_pass_is_waited_for)
{
	for (int i = 0; i < 10; i++)
		(void)lose(false, "refused");
	redis_outage_return(&o, 500);
	ck_assert_int_eq(armed_ms, 500);
	check_about(lose(false, "refused"), MIN_MS);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_outage",
    test_the_delay_doubles_up_to_its_bound,
    test_only_a_connection_that_lasted_begins_anew,
    test_an_outage_lasts_from_the_loss_to_the_end,
    test_each_reason_is_told_once_an_outage,
    test_one_that_lasts_is_told_once_a_minute, test_each_is_counted_by_its_kind,
    test_another_server_is_a_failover,
    test_a_server_that_is_not_known_is_no_failover,
    test_at_rest_no_attempt_comes,
    test_who_knows_where_hurries_and_the_delay_grows_on,
    test_at_another_server_the_delay_begins_anew,
    test_who_is_sent_to_and_fro_hurries_no_more_than_five_times_a_second,
    test_a_hurry_that_is_one_too_many_leaves_the_delay,
    test_what_will_pass_is_waited_for)
