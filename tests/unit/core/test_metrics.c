/* What /metrics says, to the letter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/metrics.h"
#include "core/metrics_names.h"
#include "core/metrics_text.h"
#include "unit.h"

static struct metrics threads[2]; /* the main one, and a worker */
static struct metrics third;
static struct metrics *const blocks[] = { &threads[0], &threads[1] };
static struct buf text;

static void set_up(void)
{
	memset(threads, 0, sizeof threads);
}

static void tear_down(void)
{
	buf_fini(&text);
}

static const char *print(void)
{
	text.len = 0;
	metrics_print(blocks, 2, &text);
	buf_putn(&text, "", 1);
	return text.data;
}

static void check_has(const char *lines)
{
	ck_assert_msg(strstr(print(), lines) != NULL, "missing: %s\nin: %s",
	    lines, text.data);
}

/* The value of a sample, or a failure. */
static double sample(const char *name)
{
	const char *at = strstr(print(), name);

	ck_assert_msg(at != NULL, "missing: %s", name);
	return strtod(at + strlen(name), NULL);
}

START_TEST(test_threads_are_summed)
{
	metrics_add(&threads[0], METRIC_DELIVERIES, 40);
	metrics_inc(&threads[1], METRIC_DELIVERIES);
	metrics_inc(&threads[1], METRIC_DELIVERIES);
	check_has("# HELP roomcast_deliveries_total Messages queued to a "
		  "connection.\n"
		  "# TYPE roomcast_deliveries_total counter\n"
		  "roomcast_deliveries_total 42\n");
	metrics_sub(&threads[0], METRIC_ROOMS, 1); /* between two changes */
	check_has("\nroomcast_rooms -1\n");
}
END_TEST

START_TEST(test_seconds_are_kept_in_milliseconds)
{
	metrics_set(&threads[0], METRIC_HISTORY_AGE, 1290);
	check_has("# TYPE roomcast_history_age_seconds gauge\n"
		  "roomcast_history_age_seconds 1.29\n");
	metrics_set(&threads[0], METRIC_HISTORY_AGE, 3000);
	check_has("\nroomcast_history_age_seconds 3\n");
}
END_TEST

START_TEST(test_a_worker_has_a_sample_of_its_own)
{
	struct metrics *const all[] = { &threads[0], &threads[1], &third };

	metrics_set(&threads[1], METRIC_WORKER_LAG, 5);
	metrics_set(&third, METRIC_WORKER_LAG, 7);
	text.len = 0;
	metrics_print(all, 3, &text);
	buf_putn(&text, "", 1);
	ck_assert_ptr_nonnull(strstr(text.data,
	    "# TYPE roomcast_worker_lag_seconds gauge\n"
	    "roomcast_worker_lag_seconds{worker=\"0\"} 0.005\n"
	    "roomcast_worker_lag_seconds{worker=\"1\"} 0.007\n#"));
}
END_TEST

/* On the bound is below it; each bucket has all that is below; threads add. */
START_TEST(test_a_histogram_is_cumulative)
{
	metrics_observe(&threads[0], METRIC_CURSOR_AGE, 0);
	metrics_observe(&threads[1], METRIC_CURSOR_AGE, 1000000);
	metrics_observe(&threads[0], METRIC_CURSOR_AGE, 1000001);
	metrics_observe(&threads[1], METRIC_CURSOR_AGE, 3600000000);
	metrics_observe(&threads[1], METRIC_CURSOR_AGE, 3600000001);
	metrics_observe(&threads[1], METRIC_CURSOR_AGE, METRICS_BEYOND);
	check_has("# TYPE roomcast_cursor_age_seconds histogram\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"1\"} 2\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"5\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"30\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"120\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"600\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"3600\"} 4\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"+Inf\"} 6\n"
		  "roomcast_cursor_age_seconds_sum 7202.000002\n"
		  "roomcast_cursor_age_seconds_count 6\n");
}
END_TEST

START_TEST(test_many_are_observed_at_once)
{
	metrics_observe_many(&threads[0], METRIC_CURSOR_AGE, 2000000, 3);
	check_has("roomcast_cursor_age_seconds_bucket{le=\"1\"} 0\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"5\"} 3\n");
	check_has("roomcast_cursor_age_seconds_sum 6\n"
		  "roomcast_cursor_age_seconds_count 3\n");
}
END_TEST

/* Those behind the last place count with it. */
START_TEST(test_listeners_have_their_names)
{
	ck_assert_ptr_null(strstr(print(), "listener_accepted"));
	metrics_name_listener(&threads[0], "a");
	metrics_name_listener(&threads[0], "b");
	metrics_inc(&threads[1], metrics_at(METRIC_LISTENER_ACCEPTED, 1));
	check_has("# TYPE roomcast_listener_accepted_total counter\n"
		  "roomcast_listener_accepted_total{listener=\"a\"} 0\n"
		  "roomcast_listener_accepted_total{listener=\"b\"} 1\n#");
	ck_assert_uint_eq(metrics_at(METRIC_LISTENER_ACCEPTED, 99),
	    METRIC_LISTENER_ACCEPTED_LAST);
	for (int i = 0; i < METRICS_LISTENERS; i++)
		metrics_name_listener(&threads[0], "c");
	metrics_names_free(&threads[0]);
	ck_assert_ptr_null(strstr(print(), "listener_accepted"));
}
END_TEST

/* There are as many as were set last; of those behind nothing is said. */
START_TEST(test_certificates_come_and_go)
{
	static const char name[] = "roomcast_listener_certificate_expiry_"
				   "seconds";

	ck_assert_ptr_null(strstr(print(), name));
	metrics_set_certificate(&threads[0], 0, "certificate=\"a\"", 5);
	metrics_set_certificate(&threads[0], 1, "certificate=\"b\"", 6);
	metrics_set_certificate(&threads[0], 0, "certificate=\"c\"", 7);
	check_has("seconds{certificate=\"c\"} 7\n"
		  "roomcast_listener_certificate_expiry_seconds"
		  "{certificate=\"b\"} 6\n#");
	metrics_cut_certificates(&threads[0], 1);
	check_has("seconds{certificate=\"c\"} 7\n#");
	metrics_set_certificate(
	    &threads[0], METRICS_CERTIFICATES, "certificate=\"d\"", 8);
	metrics_cut_certificates(&threads[0], 0);
	ck_assert_ptr_null(strstr(print(), name));
}
END_TEST

START_TEST(test_without_sources_there_is_nothing_of_them)
{
	ck_assert_ptr_null(strstr(print(), "source"));
}
END_TEST

START_TEST(test_sources_are_numbered_and_stand_together)
{
	struct metrics *a = metrics_source_new(&threads[0], "kind=\"a\"");
	struct metrics *b = metrics_source_new(&threads[0], "kind=\"b\"");

	metrics_set(a, METRIC_SOURCE_INFO, 1);
	metrics_set(b, METRIC_SOURCE_INFO, 1);
	metrics_set(b, METRIC_SOURCE_ROLE_REPLICA, 1);
	check_has("# TYPE roomcast_source_info gauge\n"
		  "roomcast_source_info{source=\"0\",kind=\"a\"} 1\n"
		  "roomcast_source_info{source=\"1\",kind=\"b\"} 1\n#");
	check_has("# TYPE roomcast_source_role gauge\n"
		  "roomcast_source_role{source=\"0\",role=\"master\"} 0\n"
		  "roomcast_source_role{source=\"1\",role=\"master\"} 0\n"
		  "roomcast_source_role{source=\"0\",role=\"replica\"} 0\n"
		  "roomcast_source_role{source=\"1\",role=\"replica\"} 1\n"
		  "roomcast_source_role{source=\"0\",role=\"unknown\"} 0\n"
		  "roomcast_source_role{source=\"1\",role=\"unknown\"} 0\n#");
	metrics_source_free(&threads[0], a);
	check_has("roomcast_source_info{source=\"0\",kind=\"b\"} 1\n#");
	metrics_source_free(&threads[0], b);
	ck_assert_ptr_null(strstr(print(), "source"));
}
END_TEST

START_TEST(test_what_a_source_counts_its_thread_has_counted)
{
	struct metrics *a = metrics_source_new(&threads[0], "");
	struct metrics *b = metrics_source_new(&threads[0], "");

	metrics_inc(a, METRIC_BACKEND_LOST);
	metrics_add(b, METRIC_BACKEND_LOST, 2);
	metrics_inc(&threads[1], METRIC_BACKEND_LOST);
	check_has("\nroomcast_backend_lost_total 4\n");
	ck_assert_uint_eq(metrics_sum(blocks, 2, METRIC_BACKEND_LOST), 4);
	metrics_source_free(&threads[0], b);
	metrics_source_free(&threads[0], a);
}
END_TEST

START_TEST(test_a_histogram_of_a_source)
{
	struct metrics *a = metrics_source_new(&threads[0], "");

	metrics_observe(a, METRIC_SOURCE_ROUND_TRIP, 2500);
	check_has("heartbeat_round_trip_seconds_bucket{source=\"0\","
		  "le=\"0.001\"} 0\n"
		  "roomcast_source_heartbeat_round_trip_seconds_bucket{"
		  "source=\"0\",le=\"0.0025\"} 1\n");
	check_has("_bucket{source=\"0\",le=\"+Inf\"} 1\n"
		  "roomcast_source_heartbeat_round_trip_seconds_sum{"
		  "source=\"0\"} 0.0025\n"
		  "roomcast_source_heartbeat_round_trip_seconds_count{"
		  "source=\"0\"} 1\n");
	metrics_source_free(&threads[0], a);
}
END_TEST

START_TEST(test_a_stopwatch_runs_on)
{
	static const char name[] =
	    "roomcast_source_down_seconds_total{source=\"0\"} ";
	struct metrics *a = metrics_source_new(&threads[0], "");

	check_has("# TYPE roomcast_source_down_seconds_total counter\n");
	ck_assert_double_eq(sample(name), 0);
	metrics_run(a, METRIC_SOURCE_DOWN, true);
	metrics_run(a, METRIC_SOURCE_DOWN, true);
	ck_assert_double_lt(sample(name), 2);
	metrics_add(a, METRIC_SOURCE_DOWN, 5000); /* it ran before, too */
	ck_assert_double_ge(sample(name), 5);
	ck_assert_double_lt(sample(name), 7);
	metrics_run(a, METRIC_SOURCE_DOWN, false);
	metrics_run(a, METRIC_SOURCE_DOWN, false);
	ck_assert_double_ge(sample(name), 5);
	ck_assert_double_lt(sample(name), 7);
	metrics_source_free(&threads[0], a);
}
END_TEST

START_TEST(test_an_age_grows)
{
	static const char name[] =
	    "roomcast_source_heartbeat_age_seconds{source=\"0\"} ";
	struct metrics *a = metrics_source_new(&threads[0], "");

	metrics_set(a, METRIC_SOURCE_HEARTBEAT_AGE, (uint64_t)clock_ms());
	ck_assert_double_lt(sample(name), 2);
	metrics_sub(a, METRIC_SOURCE_HEARTBEAT_AGE, 9000);
	ck_assert_double_ge(sample(name), 9);
	ck_assert_double_lt(sample(name), 11);
	metrics_source_free(&threads[0], a);
}
END_TEST

/* The first 64 for good, all that follow in one. */
START_TEST(test_routes_keep_their_numbers)
{
	const unsigned others = METRICS_ROUTES - 1;
	char path[16];

	ck_assert_ptr_null(strstr(print(), "route_accepted"));
	for (unsigned i = 0; i < others; i++) {
		(void)sprintf(path, "/%u", i);
		ck_assert_uint_eq(metrics_name_route(&threads[0], path), i);
	}
	ck_assert_ptr_null(strstr(print(), "route=\"other\""));
	ck_assert_uint_eq(metrics_name_route(&threads[0], "/new"), others);
	ck_assert_uint_eq(metrics_name_route(&threads[0], "/newer"), others);
	ck_assert_uint_eq(metrics_name_route(&threads[0], "/7"), 7);
	metrics_inc(
	    &threads[1], metrics_of_route(METRIC_ROUTE_ACCEPTED, others));
	ck_assert(sample("roomcast_route_accepted_total{route=\"/7\"}") == 0);
	ck_assert(
	    sample("roomcast_route_accepted_total{route=\"other\"}") == 1);
	ck_assert_int_eq(
	    METRIC_ROUTE_ACCEPTED + (int)others, METRIC_ROUTE_ACCEPTED_LAST);
	metrics_names_free(&threads[0]);
	ck_assert_ptr_null(strstr(print(), "route_accepted"));
}
END_TEST

START_TEST(test_labels_are_escaped)
{
	metrics_put_label(&text, "a", "one");
	metrics_put_label(&text, "b", "C:\\x \"y\"\nz");
	ck_assert(slice_eq(buf_slice(&text),
	    slice_str("a=\"one\",b=\"C:\\\\x \\\"y\\\"\\nz\"")));
}
END_TEST

/* The first three buckets of this one end at 1, 5 and 30 s. */
START_TEST(test_a_quantile_lies_in_its_bucket)
{
	uint64_t counts[7] = { 0 };

	ck_assert_uint_eq(metrics_buckets(METRIC_CURSOR_AGE), 7);
	ck_assert_uint_eq(metrics_quantile(METRIC_CURSOR_AGE, counts, 0.5), 0);
	counts[1] = 4;
	ck_assert_uint_eq(
	    metrics_quantile(METRIC_CURSOR_AGE, counts, 0.5), 3000000);
	ck_assert_uint_eq(
	    metrics_quantile(METRIC_CURSOR_AGE, counts, 1), 5000000);
	counts[0] = 4;
	ck_assert_uint_eq(
	    metrics_quantile(METRIC_CURSOR_AGE, counts, 0.25), 500000);
	ck_assert_uint_eq(
	    metrics_quantile(METRIC_CURSOR_AGE, counts, 0.75), 3000000);
	counts[6] = 8; /* beyond the last bound, an hour */
	ck_assert_uint_eq(
	    metrics_quantile(METRIC_CURSOR_AGE, counts, 0.99), 3600000000);
}
END_TEST

START_TEST(test_the_largest_of_the_threads)
{
	metrics_set(&threads[1], METRIC_QUEUE_AGE, 7);
	ck_assert_uint_eq(metrics_max(blocks, 2, METRIC_QUEUE_AGE), 7);
	metrics_set(&threads[0], METRIC_QUEUE_AGE, 9);
	ck_assert_uint_eq(metrics_max(blocks, 2, METRIC_QUEUE_AGE), 9);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "core/metrics", test_threads_are_summed,
    test_seconds_are_kept_in_milliseconds,
    test_a_worker_has_a_sample_of_its_own, test_a_histogram_is_cumulative,
    test_many_are_observed_at_once, test_listeners_have_their_names,
    test_certificates_come_and_go,
    test_without_sources_there_is_nothing_of_them,
    test_sources_are_numbered_and_stand_together,
    test_what_a_source_counts_its_thread_has_counted,
    test_a_histogram_of_a_source, test_a_stopwatch_runs_on, test_an_age_grows,
    test_routes_keep_their_numbers, test_labels_are_escaped,
    test_a_quantile_lies_in_its_bucket, test_the_largest_of_the_threads)
