/* redis_slots: what nodes answer to CLUSTER SLOTS, recorded and made up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/redis_slots.h"
#include "base/buf.h"
#include "unit.h"

#define ID "$40\r\ndb47ad86ea274f9228e051758a1eca8bf6f52039\r\n"

static const struct address asked = { .host = "10.0.0.1", .port = 7000 };

/* The table of an answer, or NULL and why there is none. */
static struct redis_slots *read_answer(struct slice answer, struct err *e)
{
	struct resp_items *items = resp_items_new(REDIS_SLOTS_MAX_STRING);
	struct redis_slots_reader *r = redis_slots_reader_new(&asked);
	struct redis_slots *t = NULL;
	struct resp_part part;
	int rc = 0;

	ck_assert_int_eq(resp_items_feed(items, answer), 0);
	while (rc == 0) {
		ck_assert_int_eq(resp_items_next(items, &part, e), 1);
		rc = redis_slots_take(r, &part, &t, e);
	}
	ck_assert(rc == 1 || rc == -EPROTO);
	ck_assert_uint_eq(resp_items_rest(items).len * (size_t)(rc == 1), 0);
	redis_slots_reader_free(r);
	resp_items_free(items);
	return t;
}

static struct redis_slots *read_text(const char *answer)
{
	struct err e = { "" };
	struct redis_slots *t = read_answer(slice_str(answer), &e);

	ck_assert_msg(t != NULL, "%s", e.text);
	return t;
}

/* Whose a slot is, as HOST:PORT; "" when nobody's. */
static void check_slot(
    const struct redis_slots *t, unsigned slot, const char *shown)
{
	uint16_t master = redis_slots_master(t, (uint16_t)slot);
	char text[ADDRESS_TEXT_MAX] = "";

	if (master != REDIS_SLOTS_NOBODY)
		address_format(redis_slots_address(t, master), text);
	ck_assert_msg(strcmp(text, shown) == 0, "slot %u is at %s", slot, text);
}

/* --- recorded --- */

START_TEST(test_ranges_and_holes)
{
	struct redis_slots *t = read_text(
	    "*3\r\n"
	    "*3\r\n:0\r\n:5\r\n*4\r\n$3\r\n::1\r\n:17001\r\n" ID "*0\r\n"
	    "*3\r\n:9\r\n:9\r\n*4\r\n$3\r\n::1\r\n:17001\r\n" ID "*0\r\n"
	    "*3\r\n:10\r\n:16000\r\n*4\r\n$3\r\n::1\r\n:17002\r\n" ID "*0\r\n");

	ck_assert_uint_eq(redis_slots_count(t), 2);
	check_slot(t, 0, "[::1]:17001");
	check_slot(t, 5, "[::1]:17001");
	check_slot(t, 6, "");
	check_slot(t, 8, "");
	check_slot(t, 9, "[::1]:17001");
	check_slot(t, 10, "[::1]:17002");
	check_slot(t, 16000, "[::1]:17002");
	check_slot(t, 16001, "");
	check_slot(t, 16383, "");
	redis_slots_free(t);
}
END_TEST

/* A node that has met no other one knows no address of its own. */
START_TEST(test_no_host_is_that_of_who_was_asked)
{
	struct redis_slots *t =
	    read_text("*2\r\n"
		      "*3\r\n:0\r\n:5\r\n*4\r\n$0\r\n\r\n:17001\r\n" ID "*0\r\n"
		      "*3\r\n:6\r\n:6\r\n*4\r\n$-1\r\n:17002\r\n" ID
		      "*4\r\n$2\r\nip\r\n$3\r\n::1\r\n$8\r\nhostname\r\n"
		      "$9\r\na.example\r\n");

	check_slot(t, 0, "10.0.0.1:17001");
	check_slot(t, 6, "10.0.0.1:17002");
	redis_slots_free(t);
}
END_TEST

START_TEST(test_hosts_that_are_names)
{
	struct redis_slots *t =
	    read_text("*3\r\n"
		      "*3\r\n:0\r\n:5\r\n*4\r\n$9\r\na.example\r\n:17001\r\n" ID
		      "*2\r\n$2\r\nip\r\n$3\r\n::1\r\n"
		      "*3\r\n:9\r\n:9\r\n*4\r\n$9\r\na.example\r\n:17001\r\n" ID
		      "*2\r\n$2\r\nip\r\n$3\r\n::1\r\n"
		      "*3\r\n:10\r\n:16000\r\n*4\r\n$1\r\n?\r\n:17002\r\n" ID
		      "*2\r\n$2\r\nip\r\n$3\r\n::1\r\n");

	ck_assert_uint_eq(redis_slots_count(t), 2);
	check_slot(t, 5, "a.example:17001");
	check_slot(t, 10, "[::1]:17002"); /* it has not said its name yet */
	redis_slots_free(t);
}
END_TEST

/* Redis 6 says nothing beside the id, its first versions not even that. */
START_TEST(test_replicas_and_older_servers)
{
	struct redis_slots *t = read_text(
	    "*2\r\n"
	    "*5\r\n:0\r\n:5460\r\n"
	    "*3\r\n$9\r\n127.0.0.1\r\n:30001\r\n" ID
	    "*3\r\n$9\r\n127.0.0.1\r\n:30004\r\n" ID
	    "*3\r\n$1\r\n?\r\n:0\r\n" ID
	    "*4\r\n:5461\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:30002\r\n"
	    "*2\r\n$9\r\n127.0.0.1\r\n:30005\r\n");

	ck_assert_uint_eq(redis_slots_count(t), 2);
	check_slot(t, 5460, "127.0.0.1:30001");
	check_slot(t, 5461, "127.0.0.1:30002");
	redis_slots_free(t);
}
END_TEST

/* --- made up --- */

START_TEST(test_whose_address_is_not_known)
{
	struct redis_slots *t =
	    read_text("*7\r\n"
		      "*2\r\n:0\r\n:0\r\n"
		      "*3\r\n:1\r\n:1\r\n*2\r\n$1\r\n?\r\n:7001\r\n"
		      "*3\r\n:2\r\n:2\r\n*4\r\n$1\r\n?\r\n:7001\r\n" ID
		      "*2\r\n$2\r\nip\r\n$0\r\n\r\n"
		      "*3\r\n:3\r\n:3\r\n*2\r\n$1\r\na\r\n:0\r\n"
		      "*3\r\n:4\r\n:4\r\n*2\r\n$1\r\na\r\n:65536\r\n"
		      "*3\r\n:5\r\n:5\r\n*2\r\n$3\r\na b\r\n:7001\r\n"
		      "*3\r\n:6\r\n:6\r\n*0\r\n");

	for (unsigned i = 0; i <= 6; i++)
		check_slot(t, i, "");
	ck_assert_uint_eq(redis_slots_count(t), 0);
	redis_slots_free(t);
}
END_TEST

START_TEST(test_no_slots_at_all)
{
	struct redis_slots *t = read_text("*0\r\n");

	ck_assert_uint_eq(redis_slots_count(t), 0);
	check_slot(t, 0, "");
	redis_slots_free(t);
}
END_TEST

/* More of a node, more of a range, more about a node. */
START_TEST(test_what_is_not_known_is_passed_over)
{
	struct redis_slots *t =
	    read_text("*1\r\n*5\r\n:0\r\n:16383\r\n"
		      "*6\r\n$1\r\n?\r\n:7001\r\n" ID
		      "*6\r\n*1\r\n*1\r\n$2\r\nip\r\n$1\r\nx\r\n$4\r\nzone\r\n"
		      "$2\r\nip\r\n$2\r\nip\r\n$1\r\na\r\n"
		      "*2\r\n$2\r\nip\r\n$1\r\nb\r\n:1\r\n"
		      "$4\r\nmore\r\n*2\r\n$1\r\nc\r\n:7003\r\n");

	ck_assert_uint_eq(redis_slots_count(t), 1);
	check_slot(t, 16383, "a:7001");
	redis_slots_free(t);
}
END_TEST

START_TEST(test_what_is_no_answer)
{
	static const char *const answers[] = {
		"$-1\r\n",
		":1\r\n",
		"-ERR This instance has cluster support disabled\r\n",
		"*1\r\n:1\r\n",
		"*1\r\n*0\r\n",
		"*1\r\n*1\r\n:1\r\n",
		"*1\r\n*2\r\n:1\r\n:0\r\n",
		"*1\r\n*2\r\n:0\r\n:16384\r\n",
		"*1\r\n*2\r\n:-1\r\n:0\r\n",
		"*1\r\n*2\r\n$1\r\n0\r\n:0\r\n",
		"*1\r\n*2\r\n*1\r\n:0\r\n:0\r\n",
		"*1\r\n*3\r\n:0\r\n:0\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
	};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct err e = { "" };

		ck_assert_msg(read_answer(slice_str(answers[i]), &e) == NULL,
		    "%s", answers[i]);
		ck_assert(e.text[0] != '\0');
	}
}
END_TEST

/* --- bounds --- */

/* Of so many masters, each of which has its slot. */
static struct redis_slots *read_many(unsigned masters, struct err *e)
{
	struct buf answer = { 0 };
	struct redis_slots *t;

	buf_printf(&answer, "*%u\r\n", masters);
	for (unsigned i = 0; i < masters; i++)
		buf_printf(&answer,
		    "*3\r\n:%u\r\n:%u\r\n*2\r\n$1\r\na\r\n:%u\r\n", i, i,
		    i + 1);
	t = read_answer(buf_slice(&answer), e);
	buf_fini(&answer);
	return t;
}

START_TEST(test_masters_have_a_bound)
{
	struct err e = { "" };
	struct redis_slots *t = read_many(REDIS_SLOTS_MAX_MASTERS, &e);

	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(redis_slots_count(t), REDIS_SLOTS_MAX_MASTERS);
	check_slot(t, REDIS_SLOTS_MAX_MASTERS - 1, "a:1024");
	redis_slots_free(t);
	ck_assert_ptr_null(read_many(REDIS_SLOTS_MAX_MASTERS + 1, &e));
	ck_assert_str_eq(e.text, "more than 1024 masters");
}
END_TEST

/* An array that announces more than anybody would read. */
START_TEST(test_answers_have_a_bound)
{
	struct redis_slots_reader *r = redis_slots_reader_new(&asked);
	const struct resp_part answer = { .type = RESP_ARRAY,
		.number = RESP_ITEMS_MAX_COUNT };
	const struct resp_part range = { .type = RESP_ARRAY, .number = 2 };
	const struct resp_part slot = { .type = RESP_INTEGER };
	struct redis_slots *t;
	struct err e = { "" };
	size_t items = 1;
	int rc = redis_slots_take(r, &answer, &t, &e);

	for (; rc == 0; items++)
		rc = redis_slots_take(
		    r, items % 3 == 1 ? &range : &slot, &t, &e);
	ck_assert_int_eq(rc, -EPROTO);
	ck_assert_str_eq(e.text, "an answer without end");
	ck_assert_uint_eq(items, REDIS_SLOTS_MAX_ITEMS + 1);
	redis_slots_reader_free(r);
}
END_TEST

START_TEST(test_slots_have_a_bound)
{
	static const char answer[] =
	    "*2\r\n"
	    "*3\r\n:0\r\n:16383\r\n*2\r\n$1\r\na\r\n:1\r\n"
	    "*3\r\n:7\r\n:7\r\n*2\r\n$1\r\na\r\n:1\r\n";
	struct err e = { "" };

	ck_assert_ptr_null(read_answer(slice_str(answer), &e));
	ck_assert_str_eq(e.text, "more slots than there are");
}
END_TEST

/* --- what is learnt by the way --- */

START_TEST(test_a_slot_moves)
{
	const struct address other = { .host = "b", .port = 7 };
	struct err e = { "" };
	struct redis_slots *t = read_many(3, &e);
	struct redis_slots *copy = redis_slots_copy(t);

	ck_assert_uint_eq(redis_slots_find(t, &other), REDIS_SLOTS_NOBODY);
	ck_assert_int_eq(redis_slots_move(t, 1, &other), 0);
	ck_assert_int_eq(redis_slots_move(t, 9, &other), 0);
	ck_assert_int_eq(
	    redis_slots_move(t, 2, redis_slots_address(copy, 0)), 0);
	ck_assert_int_eq(redis_slots_move(t, 0, NULL), 0);
	check_slot(t, 0, "");
	check_slot(t, 1, "b:7");
	check_slot(t, 2, "a:1");
	check_slot(t, 9, "b:7");
	ck_assert_uint_eq(redis_slots_count(t), 4);
	ck_assert_uint_eq(redis_slots_find(t, &other), 3);
	check_slot(copy, 0, "a:1");
	check_slot(copy, 1, "a:2");
	check_slot(copy, 9, "");
	redis_slots_free(copy);
	redis_slots_free(t);
}
END_TEST

START_TEST(test_a_master_is_found_however_it_is_spelt)
{
	const struct address as_announced = { .host = "::1", .port = 7 },
			     spelt = { .host = "0:0:0:0:0:0:0:1", .port = 7 },
			     other = { .host = "::1", .port = 8 };
	struct redis_slots *t = redis_slots_new();

	ck_assert_int_eq(redis_slots_move(t, 1, &as_announced), 0);
	ck_assert_uint_eq(redis_slots_find(t, &spelt), 0);
	ck_assert(redis_slots_has(t, &spelt));
	ck_assert(!redis_slots_has(t, &other));
	redis_slots_free(t);
}
END_TEST

START_TEST(test_a_move_has_no_room)
{
	const struct address other = { .host = "b", .port = 7 };
	struct err e = { "" };
	struct redis_slots *t = read_many(REDIS_SLOTS_MAX_MASTERS, &e);

	ck_assert_int_eq(redis_slots_move(t, 1, &other), -EPROTO);
	check_slot(t, 1, "");
	redis_slots_free(t);
}
END_TEST

START_TEST(test_a_copy_of_nothing)
{
	struct redis_slots *t = redis_slots_new();
	struct redis_slots *copy = redis_slots_copy(t);
	const struct address other = { .host = "b", .port = 7 };

	ck_assert_int_eq(redis_slots_move(copy, 1, &other), 0);
	ck_assert_uint_eq(redis_slots_count(t), 0);
	redis_slots_free(copy);
	redis_slots_free(t);
}
END_TEST

UNIT_MAIN("backend/redis_slots", test_ranges_and_holes,
    test_no_host_is_that_of_who_was_asked, test_hosts_that_are_names,
    test_replicas_and_older_servers, test_whose_address_is_not_known,
    test_no_slots_at_all, test_what_is_not_known_is_passed_over,
    test_what_is_no_answer, test_masters_have_a_bound,
    test_answers_have_a_bound, test_slots_have_a_bound, test_a_slot_moves,
    test_a_master_is_found_however_it_is_spelt, test_a_move_has_no_room,
    test_a_copy_of_nothing)
