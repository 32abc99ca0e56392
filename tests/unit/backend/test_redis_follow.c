/* redis_follow: where nodes of a cluster send us, and for how long. */
#include <string.h>

#include <event2/event.h>

#include "backend/redis_failure.h"
#include "backend/redis_find.h"
#include "backend/redis_follow.h"
#include "conf/conf_redis.h"
#include "unit.h"

static const struct conf_tls no_tls;

struct fixture {
	struct event_base *base;
	struct redis_find *find;
	struct redis_follow follow;
	struct redis_failure why;
};

static struct fixture *set_up(bool is_in_cluster)
{
	static struct fixture f;
	const struct address first = { .host = "10.0.0.1", .port = 7000 };
	const struct redis_login nobody = { .username = NULL };

	f = (struct fixture){ .base = event_base_new() };
	f.find = redis_find_new_at(f.base, NULL, &first, &nobody, &no_tls);
	redis_follow_init(&f.follow, f.find, is_in_cluster);
	return &f;
}

static void tear_down(struct fixture *f)
{
	redis_find_free(f->find);
	event_base_free(f->base);
}

static enum redis_follow_way take(struct fixture *f, const char *error)
{
	enum redis_follow_way way =
	    redis_follow_take(&f->follow, "XREAD", slice_str(error), &f->why);

	if (way != REDIS_FOLLOW_NOWHERE)
		redis_follow_go(&f->follow);
	return way;
}

static void check_at(const struct fixture *f, const char *shown)
{
	ck_assert_str_eq(redis_find_shown(f->find), shown);
}

START_TEST(test_a_slot_that_has_moved)
{
	struct fixture *f = set_up(true);

	ck_assert(take(f, "MOVED 7 10.0.0.2:7001") == REDIS_FOLLOW_MOVED);
	check_at(f, "10.0.0.2:7001");
	ck_assert(f->why.kind == REDIS_FAILURE_MOVED);
	ck_assert_str_eq(
	    f->why.reason, "the key's slot is at 10.0.0.2:7001 by now");
	tear_down(f);
}
END_TEST

/* The log names it with what has become of it. */
START_TEST(test_who_has_sent_us_is_shown_until_we_go)
{
	struct fixture *f = set_up(true);

	(void)redis_follow_take(
	    &f->follow, "XREAD", slice_str("MOVED 7 10.0.0.2:7001"), &f->why);
	check_at(f, "10.0.0.1:7000");
	redis_follow_go(&f->follow);
	check_at(f, "10.0.0.2:7001");
	tear_down(f);
}
END_TEST

START_TEST(test_a_key_that_is_moving)
{
	struct fixture *f = set_up(true);

	ck_assert(take(f, "ASK 7 ::1:7001") == REDIS_FOLLOW_ASK);
	check_at(f, "[::1]:7001");
	ck_assert_str_eq(f->why.reason, "the key is on its way to [::1]:7001");
	tear_down(f);
}
END_TEST

START_TEST(test_no_host_is_the_one_that_was_asked)
{
	struct fixture *f = set_up(true);

	ck_assert(take(f, "MOVED 7 :7001") == REDIS_FOLLOW_MOVED);
	check_at(f, "10.0.0.1:7001");
	ck_assert(take(f, "ASK 7 redis-2.test:7002") == REDIS_FOLLOW_ASK);
	check_at(f, "redis-2.test:7002");
	tear_down(f);
}
END_TEST

START_TEST(test_what_leads_nowhere_is_a_refusal)
{
	static const char *const errors[] = { "MOVED 7 ?:7001", "MOVED 7",
		"ASK", "MOVED 99999 10.0.0.2:7001", "TRYAGAIN Multiple keys",
		"CLUSTERDOWN Hash slot not served", "LOADING Redis is" };
	struct fixture *f = set_up(true);

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		ck_assert(take(f, errors[i]) == REDIS_FOLLOW_NOWHERE);
		check_at(f, "10.0.0.1:7000");
		ck_assert_str_eq(f->why.command, "XREAD");
		ck_assert_str_eq(f->why.reason, errors[i]);
		ck_assert_ptr_nonnull(f->why.remedy);
		ck_assert_ptr_null(strstr(f->why.remedy, "redis.cluster"));
	}
	tear_down(f);
}
END_TEST

START_TEST(test_outside_of_a_cluster_nobody_is_followed)
{
	struct fixture *f = set_up(false);

	ck_assert(take(f, "MOVED 7 10.0.0.2:7001") == REDIS_FOLLOW_NOWHERE);
	check_at(f, "10.0.0.1:7000");
	ck_assert_ptr_nonnull(strstr(f->why.remedy, "redis.cluster"));
	tear_down(f);
}
END_TEST

START_TEST(test_round_and_round_has_an_end)
{
	struct fixture *f = set_up(true);

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < REDIS_FOLLOW_MAX; i++)
			ck_assert(take(f, i % 2 ? "MOVED 7 10.0.0.1:7000"
						: "MOVED 7 10.0.0.2:7000") ==
				  REDIS_FOLLOW_MOVED);
		ck_assert(
		    take(f, "MOVED 7 10.0.0.9:1") == REDIS_FOLLOW_NOWHERE);
		check_at(f, "10.0.0.2:7000");
		ck_assert_ptr_nonnull(strstr(f->why.reason, "round"));
	}
	tear_down(f);
}
END_TEST

START_TEST(test_who_has_arrived_begins_to_count_anew)
{
	struct fixture *f = set_up(true);

	for (unsigned i = 0; i < 3 * REDIS_FOLLOW_MAX; i++) {
		ck_assert(
		    take(f, "MOVED 7 10.0.0.2:7000") == REDIS_FOLLOW_MOVED);
		redis_follow_arrive(&f->follow);
	}
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/redis_follow", test_a_slot_that_has_moved,
    test_who_has_sent_us_is_shown_until_we_go, test_a_key_that_is_moving,
    test_no_host_is_the_one_that_was_asked,
    test_what_leads_nowhere_is_a_refusal,
    test_outside_of_a_cluster_nobody_is_followed,
    test_round_and_round_has_an_end, test_who_has_arrived_begins_to_count_anew)
