/* What those who come back may ask of the hub. */
#include <stdlib.h>

#include <check.h>

#include "conf/conf.h"
#include "core/allowances.h"
#include "core/resume.h"
#include "unit.h"

static struct conf conf;
static struct allowances all;

static void setup(void)
{
	conf = (struct conf){
		.limits.resumes = 100,
		.limits.resumes_per_address = 3,
		.limits.replay_rate_per_address = 1000,
	};
	allowances_init(&all, &conf);
}

static void teardown(void)
{
	allowances_fini(&all);
}

static struct resume from(unsigned char address)
{
	return (struct resume){
		.has_address = true,
		.address = ip_from_v4((unsigned char[]){ 10, 0, 0, address }),
	};
}

START_TEST(an_address_has_so_many_at_a_time)
{
	struct resume r[5];

	for (int i = 0; i < 5; i++) {
		r[i] = from(i < 4 ? 1 : 2);
		ck_assert_int_eq(allowances_enter(&all, &r[i]), i != 3);
	}
	allowances_leave(&all, &r[3], 0); /* it is not here */
	ck_assert(!allowances_enter(&all, &r[3]));
	allowances_leave(&all, &r[0], 0);
	ck_assert(allowances_enter(&all, &r[3]));
	ck_assert_uint_eq(all.count, 4);
}
END_TEST

START_TEST(all_have_so_many_at_a_time)
{
	static struct resume r[101];

	for (unsigned i = 0; i < 101; i++) {
		r[i] = from((unsigned char)i);
		ck_assert_int_eq(allowances_enter(&all, &r[i]), i < 100);
	}
}
END_TEST

/* It asks again and again; only who has not begun is sent away. */
START_TEST(who_has_begun_stays)
{
	struct resume r[4];

	for (int i = 0; i < 4; i++) {
		r[i] = from(1);
		r[i].state = RESUME_READS;
		ck_assert(allowances_enter(&all, &r[i]));
	}
}
END_TEST

static bool reads(struct resume *r, size_t bytes, int64_t now_ms)
{
	bool may = allowances_may_read(&all, r, now_ms);

	if (may) {
		r->page_bytes = bytes;
		allowances_leave(&all, r, now_ms);
		r->state = RESUME_READS;
		ck_assert(allowances_enter(&all, r));
	}
	return may;
}

START_TEST(an_address_has_so_many_bytes_a_second)
{
	struct resume r = from(1), other = from(2);

	ck_assert(allowances_enter(&all, &r));
	ck_assert(allowances_enter(&all, &other));
	ck_assert(reads(&r, 600, 5000));
	ck_assert(reads(&r, 600, 5000)); /* a page is whole */
	ck_assert(!reads(&r, 600, 5000));
	ck_assert(reads(&other, 600, 5000));
	ck_assert(!reads(&r, 600, 5200));
	ck_assert(reads(&r, 600, 5201));
	ck_assert(!reads(&r, 600, 5800));
	ck_assert(reads(&r, 600, 5802));
}
END_TEST

START_TEST(who_waits_goes_before_who_comes_later)
{
	struct resume first = from(1), later = from(1);

	ck_assert(allowances_enter(&all, &first));
	ck_assert(reads(&first, 1000, 5000));
	ck_assert(!reads(&first, 1000, 5000));
	ck_assert(allowances_enter(&all, &later));
	ck_assert(!reads(&later, 1000, 5001));
	ck_assert(reads(&first, 1000, 5001));
	ck_assert(reads(&later, 1000, 6001));
}
END_TEST

/* A turn reads the clock once, and pages take a while. */
START_TEST(what_is_owed_is_owed_in_the_rest_of_a_turn)
{
	struct resume first = from(1), second = from(1);

	ck_assert(allowances_enter(&all, &first));
	ck_assert(allowances_enter(&all, &second));
	ck_assert(allowances_may_read(&all, &first, 5000));
	first.page_bytes = 3000;
	allowances_leave(&all, &first, 5003);
	ck_assert(!allowances_may_read(&all, &second, 5000));
	ck_assert(!allowances_may_read(&all, &second, 7003));
	ck_assert(allowances_may_read(&all, &second, 7004));
}
END_TEST

START_TEST(without_an_address_or_limits_there_is_no_end)
{
	struct resume nowhere = { .has_address = false }, r[10];

	ck_assert(allowances_enter(&all, &nowhere));
	for (int i = 0; i < 10; i++)
		ck_assert(reads(&nowhere, 1 << 20, 0));
	conf.limits.resumes_per_address = 0;
	conf.limits.replay_rate_per_address = 0;
	for (int i = 0; i < 10; i++) {
		r[i] = from(1);
		ck_assert(allowances_enter(&all, &r[i]));
		ck_assert(reads(&r[i], 1 << 20, 0));
	}
}
END_TEST

START_TEST(addresses_are_forgotten_when_they_owe_nothing)
{
	struct resume r = from(1);

	ck_assert(allowances_enter(&all, &r));
	allowances_tick(&all, 5000);
	r.page_bytes = 3000;
	allowances_leave(&all, &r, 5000);
	allowances_tick(&all, 7999);
	ck_assert_uint_eq(all.addresses.count, 1);
	allowances_tick(&all, 8000);
	ck_assert_uint_eq(all.addresses.count, 0);
}
END_TEST

START_TEST(without_a_rate_nobody_is_remembered_for_what_he_owed)
{
	struct resume r = from(1);
	int64_t now_ms = 1000;

	ck_assert(allowances_enter(&all, &r));
	ck_assert(reads(&r, 600, now_ms));
	allowances_leave(&all, &r, now_ms);
	conf.limits.replay_rate_per_address = 0;
	for (int i = 0; i < 200; i++) {
		struct resume other = from((unsigned char)(2 + i));

		ck_assert(allowances_enter(&all, &other));
		allowances_leave(&all, &other, now_ms);
		now_ms += 500;
		allowances_tick(&all, now_ms);
	}
	ck_assert_uint_eq(all.addresses.count, 0);
}
END_TEST

/* The main thread does nothing else meanwhile. */
START_TEST(a_crowd_of_addresses_is_forgotten_over_several_ticks)
{
	enum { CROWD = 10000 };
	unsigned ticks = 0;

	for (unsigned i = 0; i < CROWD; i++) {
		struct resume r = from((unsigned char)i);

		r.address.bytes[0] = (unsigned char)(i >> 8);
		ck_assert(allowances_enter(&all, &r));
		allowances_leave(&all, &r, 0);
	}
	ck_assert_uint_eq(all.addresses.count, CROWD);
	for (; all.addresses.count > 0; ticks++)
		allowances_tick(&all, 1);
	ck_assert_uint_ge(ticks, 5);
	ck_assert_uint_le(ticks, 100);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/allowances",
    an_address_has_so_many_at_a_time, all_have_so_many_at_a_time,
    who_has_begun_stays, an_address_has_so_many_bytes_a_second,
    who_waits_goes_before_who_comes_later,
    without_a_rate_nobody_is_remembered_for_what_he_owed,
    what_is_owed_is_owed_in_the_rest_of_a_turn,
    without_an_address_or_limits_there_is_no_end,
    addresses_are_forgotten_when_they_owe_nothing,
    a_crowd_of_addresses_is_forgotten_over_several_ticks)
