/* redis_nodes: whom to ask, and at which one to be. */
#include <stdio.h>
#include <string.h>

#include "backend/redis_nodes.h"
#include "backend/redis_slots.h"
#include "base/buf.h"
#include "conf/conf_strings.h"
#include "unit.h"

static struct address node(unsigned number)
{
	struct address a = { .port = 7000 };

	(void)snprintf(a.host, sizeof a.host, "10.0.0.%u", number);
	return a;
}

/* Of so many masters, 10.0.0.1 and on, with a slot each. */
static struct redis_slots *table_of(unsigned masters)
{
	const struct address asked = { .port = 1 };
	struct redis_slots_reader *r = redis_slots_reader_new(&asked);
	struct resp_items *items = resp_items_new(REDIS_SLOTS_MAX_STRING);
	struct redis_slots *t = NULL;
	struct buf answer = { 0 };
	struct resp_part part;
	struct err e;
	int rc = 0;

	buf_printf(&answer, "*%u\r\n", masters);
	for (unsigned i = 1; i <= masters; i++)
		buf_printf(&answer,
		    "*3\r\n:%u\r\n:%u\r\n*2\r\n$%zu\r\n%s\r\n:7000\r\n", i, i,
		    strlen(node(i).host), node(i).host);
	ck_assert_int_eq(resp_items_feed(items, buf_slice(&answer)), 0);
	while (rc == 0 && resp_items_next(items, &part, &e) == 1)
		rc = redis_slots_take(r, &part, &t, &e);
	ck_assert_int_eq(rc, 1);
	redis_slots_reader_free(r);
	resp_items_free(items);
	buf_fini(&answer);
	return t;
}

static bool is(const struct address *a, unsigned number)
{
	const struct address b = node(number);

	return a && address_is_same(a, &b);
}

static bool is_in(const struct address *list, size_t count, unsigned number)
{
	for (size_t i = 0; i < count; i++)
		if (is(&list[i], number))
			return true;
	return false;
}

static char texts[][sizeof "10.0.0.102:7000"] = { "10.0.0.2:7000",
	"10.0.0.101:7000", "10.0.0.102:7000" };
static char *items[] = { texts[0], texts[1], texts[2] };
static const struct conf_strings configured = { .items = items, .count = 3 };

/* --- whom to ask --- */

START_TEST(test_at_first_those_of_the_configuration_are_asked)
{
	struct address order[REDIS_NODES_MAX];
	size_t count = redis_nodes_order(order, &configured, NULL);

	ck_assert_uint_eq(count, 3);
	ck_assert(is_in(order, count, 2));
	ck_assert(is_in(order, count, 101));
	ck_assert(is_in(order, count, 102));
}
END_TEST

START_TEST(test_masters_that_are_known_come_first_and_nobody_twice)
{
	struct redis_slots *t = table_of(3);
	struct address order[REDIS_NODES_MAX];
	size_t count = redis_nodes_order(order, &configured, t);

	ck_assert_uint_eq(count, 5);
	for (unsigned i = 1; i <= 3; i++)
		ck_assert(is_in(order, 3, i));
	ck_assert(is_in(order, count, 101));
	ck_assert(is_in(order, count, 102));
	redis_slots_free(t);
}
END_TEST

START_TEST(test_many_masters_leave_the_others_their_turn)
{
	struct redis_slots *t = table_of(100);
	struct address order[REDIS_NODES_MAX];
	size_t count = redis_nodes_order(order, &configured, t);

	ck_assert_uint_ge(count, REDIS_NODES_MAX / 2 + 2);
	ck_assert(is_in(order, count, 101));
	ck_assert(is_in(order, count, 102));
	redis_slots_free(t);
}
END_TEST

START_TEST(test_the_order_is_by_chance)
{
	struct redis_slots *t = table_of(3);
	bool is_first[4] = { false };

	for (int i = 0; i < 500; i++) {
		struct address order[REDIS_NODES_MAX];

		(void)redis_nodes_order(order, &configured, t);
		for (unsigned k = 1; k <= 3; k++)
			is_first[k] = is_first[k] || is(&order[0], k);
	}
	ck_assert(is_first[1] && is_first[2] && is_first[3]);
	redis_slots_free(t);
}
END_TEST

START_TEST(test_more_than_there_is_room_for)
{
	char many[REDIS_NODES_MAX][32];
	char *pointers[REDIS_NODES_MAX];
	struct conf_strings list = { pointers, REDIS_NODES_MAX };
	struct redis_slots *t = table_of(100);
	struct address order[REDIS_NODES_MAX];

	for (unsigned i = 0; i < REDIS_NODES_MAX; i++) {
		(void)snprintf(many[i], sizeof many[i], "10.0.1.%u:1", i);
		pointers[i] = many[i];
	}
	ck_assert_uint_eq(redis_nodes_order(order, &list, t), REDIS_NODES_MAX);
	redis_slots_free(t);
}
END_TEST

/* --- at which one to be --- */

START_TEST(test_any_master_is_taken_by_chance)
{
	struct redis_slots *t = table_of(3);
	const struct address answered = node(1);
	unsigned taken[4] = { 0 };

	for (int i = 0; i < 500; i++)
		for (unsigned k = 1; k <= 3; k++)
			taken[k] += is(redis_nodes_any(t, &answered, NULL), k);
	ck_assert(taken[1] > 0 && taken[2] > 0 && taken[3] > 0);
	redis_slots_free(t);
}
END_TEST

START_TEST(test_behind_a_failure_it_is_who_has_answered)
{
	struct redis_slots *t = table_of(3);
	const struct address one = node(1), two = node(2), other = node(9);

	for (int i = 0; i < 100; i++) {
		ck_assert(is(redis_nodes_any(t, &two, &one), 2));
		/* a replica has answered, or the one that has failed */
		ck_assert(!is(redis_nodes_any(t, &other, &one), 1));
		ck_assert(!is(redis_nodes_any(t, &one, &one), 1));
	}
	redis_slots_free(t);
}
END_TEST

START_TEST(test_one_master_alone_is_taken_again)
{
	struct redis_slots *t = table_of(1);
	const struct address one = node(1);

	ck_assert(is(redis_nodes_any(t, &one, &one), 1));
	redis_slots_free(t);
}
END_TEST

START_TEST(test_where_nobody_has_a_slot)
{
	struct redis_slots *t = redis_slots_new();
	const struct address one = node(1);

	ck_assert_ptr_null(redis_nodes_any(t, &one, NULL));
	ck_assert_ptr_null(redis_nodes_any(t, &one, &one));
	ck_assert_ptr_null(redis_nodes_of_slot(t, 7));
	ck_assert(!redis_slots_has(t, &one));
	redis_slots_free(t);
}
END_TEST

START_TEST(test_the_master_of_a_slot)
{
	struct redis_slots *t = table_of(3);
	const struct address two = node(2), other = node(9);

	ck_assert(is(redis_nodes_of_slot(t, 2), 2));
	ck_assert_ptr_null(redis_nodes_of_slot(t, 4));
	ck_assert(redis_slots_has(t, &two));
	ck_assert(!redis_slots_has(t, &other));
	redis_slots_free(t);
}
END_TEST

UNIT_MAIN("backend/redis_nodes",
    test_at_first_those_of_the_configuration_are_asked,
    test_masters_that_are_known_come_first_and_nobody_twice,
    test_many_masters_leave_the_others_their_turn, test_the_order_is_by_chance,
    test_more_than_there_is_room_for, test_any_master_is_taken_by_chance,
    test_behind_a_failure_it_is_who_has_answered,
    test_one_master_alone_is_taken_again, test_where_nobody_has_a_slot,
    test_the_master_of_a_slot)
