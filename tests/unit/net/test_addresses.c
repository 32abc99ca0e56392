/*
 * addresses: the two limits, who is forgotten and when, random operations
 * against a plain array, and several threads at once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "../base/rng.h"
#include "net/addresses.h"
#include "unit.h"

enum { START_MS = 1000000 };

static struct addresses *new_addresses(size_t connections, unsigned handshakes)
{
	const struct addresses_limits limits = { connections, handshakes };

	return addresses_new(&limits);
}

/* Of 2^32 IPv4 clients, this one. */
static struct ip client(uint32_t number)
{
	const unsigned char bytes[] = { (unsigned char)(number >> 24),
		(unsigned char)(number >> 16), (unsigned char)(number >> 8),
		(unsigned char)number };

	return ip_from_v4(bytes);
}

static struct ip parsed(const char *text)
{
	struct ip ip;

	ck_assert(ip_parse(slice_str(text), &ip));
	return ip;
}

START_TEST(an_address_has_so_many_connections_at_a_time)
{
	struct addresses *a = new_addresses(3, 0);
	struct ip x = client(1), y = client(2);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_TOO_MANY);
	ck_assert_int_eq(addresses_admit(a, &y, START_MS), ADDRESSES_ADMITTED);
	addresses_release(a, &x);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_TOO_MANY);
	addresses_free(a);
	addresses_free(NULL);
}
END_TEST

START_TEST(an_address_makes_so_many_handshakes_a_second)
{
	struct addresses *a = new_addresses(0, 5);
	struct ip x = client(1), y = client(2);

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
		addresses_release(a, &x); /* that it goes again is no help */
	}
	ck_assert_int_eq(
	    addresses_admit(a, &x, START_MS + 199), ADDRESSES_TOO_FAST);
	ck_assert_int_eq(
	    addresses_admit(a, &y, START_MS + 199), ADDRESSES_ADMITTED);
	ck_assert_int_eq(
	    addresses_admit(a, &x, START_MS + 200), ADDRESSES_ADMITTED);
	ck_assert_int_eq(
	    addresses_admit(a, &x, START_MS + 200), ADDRESSES_TOO_FAST);
	addresses_free(a);
}
END_TEST

START_TEST(a_full_house_costs_no_handshake)
{
	struct addresses *a = new_addresses(1, 2);
	struct ip x = client(1);

	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS), ADDRESSES_TOO_MANY);
	addresses_release(a, &x);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	addresses_release(a, &x);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_TOO_FAST);
	addresses_free(a);
}
END_TEST

START_TEST(an_ipv6_client_is_its_64)
{
	struct addresses *a = new_addresses(1, 0);
	struct ip one = parsed("2001:db8:1:2::1");
	struct ip same = parsed("2001:db8:1:2:ffff::9");
	struct ip other = parsed("2001:db8:1:3::1");

	ck_assert_int_eq(
	    addresses_admit(a, &one, START_MS), ADDRESSES_ADMITTED);
	ck_assert_int_eq(
	    addresses_admit(a, &same, START_MS), ADDRESSES_TOO_MANY);
	ck_assert_int_eq(
	    addresses_admit(a, &other, START_MS), ADDRESSES_ADMITTED);
	addresses_release(a, &same); /* either names the same */
	ck_assert_int_eq(
	    addresses_admit(a, &same, START_MS), ADDRESSES_ADMITTED);
	addresses_free(a);
}
END_TEST

START_TEST(limits_may_change_while_clients_are_here)
{
	static const struct addresses_limits none, one = { 1, 0 };
	struct addresses *a = new_addresses(2, 0);
	struct ip x = client(1);

	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	addresses_set_limits(a, &none);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	for (int i = 0; i < 1000; i++)
		addresses_release(a, &x);
	addresses_set_limits(a, &one);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_TOO_MANY);
	addresses_release(a, &x);
	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	addresses_release(a, &x);
	addresses_free(a);
}
END_TEST

/* The clocks of the workers differ by what a turn takes. */
START_TEST(a_clock_behind_another_gives_no_handshakes_back)
{
	struct addresses *a = new_addresses(0, 4);
	struct ip x = client(1);

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(
		    addresses_admit(a, &x, START_MS - i), ADDRESSES_TOO_FAST);
	addresses_free(a);
}
END_TEST

START_TEST(who_has_gone_is_forgotten_after_a_second)
{
	struct addresses *a = new_addresses(0, 5);
	struct ip x = client(1), y = client(2);

	ck_assert_int_eq(addresses_admit(a, &x, START_MS), ADDRESSES_ADMITTED);
	addresses_release(a, &x);
	ck_assert_int_eq(
	    addresses_admit(a, &y, START_MS + 999), ADDRESSES_ADMITTED);
	ck_assert_uint_eq(addresses_count(a), 2);
	ck_assert_int_eq(
	    addresses_admit(a, &y, START_MS + 1000), ADDRESSES_ADMITTED);
	ck_assert_uint_eq(addresses_count(a), 1);
	ck_assert_int_eq(
	    addresses_admit(a, &y, START_MS + 100000), ADDRESSES_ADMITTED);
	ck_assert_uint_eq(addresses_count(a), 1); /* y is still here */
	addresses_free(a);
}
END_TEST

/* Whether it was admitted. Many asserts are slow: these loops count. */
static bool comes(struct addresses *a, uint32_t number, int64_t now_ms)
{
	struct ip x = client(number);

	return addresses_admit(a, &x, now_ms) == ADDRESSES_ADMITTED;
}

static void goes(struct addresses *a, uint32_t number)
{
	struct ip x = client(number);

	addresses_release(a, &x);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* All workers wait for the lock meanwhile: a few in a call. */
START_TEST(a_crowd_that_has_gone_is_forgotten_over_many_calls)
{
	enum { CROWD = 1000, LATER_MS = START_MS + 5000 };
	struct addresses *a = new_addresses(0, 0);
	uint32_t calls = 0;

	for (uint32_t i = 0; i < CROWD; i++) {
		ck_assert(comes(a, i, START_MS));
		goes(a, i);
	}
	for (; addresses_count(a) > 1; calls++)
		ck_assert(comes(a, CROWD, LATER_MS));
	ck_assert_uint_ge(calls, CROWD / 10);
	ck_assert_uint_le(calls, CROWD);
	addresses_free(a);
}
END_TEST

/* Each comes once and goes: the table holds a second's worth of them. */
START_TEST(a_parade_of_addresses_needs_bounded_memory)
{
	enum { PER_MS = 10, MANY = 100000 };
	struct addresses *a = new_addresses(10, 10);
	size_t most = 0;
	uint32_t admitted = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		admitted += comes(a, i, START_MS + i / PER_MS);
		goes(a, i);
		most = larger(most, addresses_count(a));
	}
	ck_assert_uint_eq(admitted, MANY);
	ck_assert_uint_le(most, 1000 * PER_MS + 1);
	addresses_free(a);
}
END_TEST

START_TEST(who_knocks_in_vain_keeps_no_others_remembered)
{
	enum { MANY = 10000, KNOCKER = MANY };
	struct addresses *a = new_addresses(0, 1);
	unsigned refused = 0;
	size_t most = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		if (comes(a, KNOCKER, START_MS + i))
			goes(a, KNOCKER);
		else
			refused++;
		if (comes(a, i, START_MS + i))
			goes(a, i);
		most = larger(most, addresses_count(a));
	}
	ck_assert_uint_ge(refused, MANY - 11);
	ck_assert_uint_le(most, 2100);
	addresses_free(a);
}
END_TEST

START_TEST(a_hundred_thousand_addresses_each_keep_their_count)
{
	enum { MANY = 100000 };
	struct addresses *a = new_addresses(2, 0);
	uint32_t admitted = 0;

	for (uint32_t i = 0; i < 2 * MANY; i++)
		admitted += comes(a, i % MANY, START_MS);
	ck_assert_uint_eq(admitted, 2 * MANY);
	ck_assert_uint_eq(addresses_count(a), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		admitted += comes(a, i, START_MS + 5000);
		goes(a, i);
		goes(a, i);
	}
	ck_assert_uint_eq(admitted, 2 * MANY);
	ck_assert(comes(a, MANY, START_MS + 6000));
	ck_assert_uint_lt(addresses_count(a), MANY);
	addresses_free(a);
}
END_TEST

START_TEST(random_operations_agree_with_a_plain_array)
{
	enum { CLIENTS = 40, OPERATIONS = 100000, MAX = 5 };
	struct addresses *a = new_addresses(MAX, 0);
	unsigned counts[CLIENTS] = { 0 }, wrong = 0;
	int64_t now = START_MS;
	uint64_t seed = 1;

	for (int i = 0; i < OPERATIONS; i++) {
		uint32_t who = (uint32_t)rng_below(&seed, CLIENTS);

		now += (int64_t)rng_below(&seed, 100);
		if (rng_below(&seed, 5) < 3) {
			bool is_in = comes(a, who, now);

			wrong += is_in != (counts[who] < MAX);
			counts[who] += is_in;
		} else if (counts[who] > 0) {
			goes(a, who);
			counts[who]--;
		}
		wrong += addresses_count(a) > CLIENTS;
	}
	ck_assert_uint_eq(wrong, 0);
	addresses_free(a);
}
END_TEST

/* --- threads --- */

enum { THREADS = 4, ROUNDS = 20000, SHARED = 8, LIMIT = 3 };

struct crowd {
	struct addresses *a;
	_Atomic int inside[SHARED]; /* admitted and not released */
	_Atomic bool is_over;       /* a limit was passed */
};

struct visitor {
	struct crowd *crowd;
	uint64_t seed;
};

static void visit(struct crowd *c, uint32_t who, int64_t now)
{
	struct ip x = client(who);

	if (addresses_admit(c->a, &x, now) != ADDRESSES_ADMITTED)
		return;
	if (atomic_fetch_add(&c->inside[who], 1) >= LIMIT)
		atomic_store(&c->is_over, true);
	(void)atomic_fetch_sub(&c->inside[who], 1);
	addresses_release(c->a, &x);
}

static void *run_visitor(void *arg)
{
	struct visitor *v = arg;

	for (int64_t i = 0; i < ROUNDS; i++)
		visit(v->crowd, (uint32_t)rng_below(&v->seed, SHARED),
		    START_MS + i);
	return NULL;
}

START_TEST(threads_share_one_count)
{
	struct crowd crowd = { .a = new_addresses(LIMIT, 1000000) };
	struct visitor visitors[THREADS];
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++) {
		visitors[i] = (struct visitor){ &crowd, (uint64_t)i + 1 };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, run_visitor,
				     &visitors[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert(!atomic_load(&crowd.is_over));
	for (uint32_t who = 0; who < SHARED; who++) {
		struct ip x = client(who);

		for (int i = 0; i < LIMIT; i++)
			ck_assert_int_eq(
			    addresses_admit(crowd.a, &x, START_MS + 2 * ROUNDS),
			    ADDRESSES_ADMITTED);
	}
	addresses_free(crowd.a);
}
END_TEST

UNIT_MAIN("net/addresses", an_address_has_so_many_connections_at_a_time,
    an_address_makes_so_many_handshakes_a_second,
    a_full_house_costs_no_handshake, an_ipv6_client_is_its_64,
    limits_may_change_while_clients_are_here,
    a_clock_behind_another_gives_no_handshakes_back,
    who_has_gone_is_forgotten_after_a_second,
    a_crowd_that_has_gone_is_forgotten_over_many_calls,
    a_parade_of_addresses_needs_bounded_memory,
    who_knocks_in_vain_keeps_no_others_remembered,
    a_hundred_thousand_addresses_each_keep_their_count,
    random_operations_agree_with_a_plain_array, threads_share_one_count)
