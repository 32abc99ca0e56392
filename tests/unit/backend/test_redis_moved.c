/* redis_moved: when a name has left the address in use. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_moved.h"
#include "conf/conf.h"
#include "unit.h"

struct fixture {
	struct event_base *base;
	struct redis_find *find;
	struct redis_moved moved;
	unsigned calls;
};

static void on_moved(void *arg)
{
	struct fixture *f = arg;

	f->calls++;
}

static struct fixture *set_up(const char *url)
{
	static struct fixture f;
	static char copy[64];
	static struct conf_redis conf;
	struct err e = { "" };

	f = (struct fixture){ .base = event_base_new() };
	(void)snprintf(copy, sizeof copy, "%s", url);
	conf = (struct conf_redis){ .url = copy };
	f.find = redis_find_new(f.base, &conf, &e);
	ck_assert_msg(f.find, "%s", e.text);
	redis_moved_init(&f.moved, f.find, on_moved, &f);
	return &f;
}

static void tear_down(struct fixture *f)
{
	redis_moved_end(&f->moved);
	redis_find_free(f->find);
	for (int i = 0; i < 3; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_free(f->base);
}

static void begin(struct fixture *f, const char *host, unsigned port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	struct resolve_address in_use = { .len = sizeof addr };

	ck_assert_int_eq(inet_pton(AF_INET, host, &addr.sin_addr), 1);
	memcpy(&in_use.addr, &addr, sizeof addr);
	redis_moved_begin(&f->moved, &in_use);
}

static void ask(struct fixture *f)
{
	redis_moved_ask(&f->moved);
	redis_moved_ask(&f->moved); /* one at a time */
	while (f->moved.query)
		event_base_loop(f->base, EVLOOP_ONCE);
}

/* The name leads to the server with this number now, and is looked up. */
static void answer(struct fixture *f, unsigned number)
{
	const struct address name = *redis_find_address(f->find);
	struct address to = { .port = 7000 };

	(void)snprintf(to.host, sizeof to.host, "127.0.0.%u", number);
	redis_find_follow(f->find, &to);
	ask(f);
	redis_find_follow(f->find, &name);
}

static void answer_often(struct fixture *f, unsigned number, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		answer(f, number);
}

/* The last of so many tells, and none before it. */
static void check_told_by(struct fixture *f, unsigned number, unsigned count)
{
	answer_often(f, number, count - 1);
	ck_assert_uint_eq(f->calls, 0);
	answer(f, number);
	ck_assert_uint_eq(f->calls, 1);
}

/* Connected to the first, which an answer leaves out, and the next has. */
static struct fixture *set_up_a_name_that_flaps(void)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.1", 7000);
	answer(f, 2);
	answer(f, 1);
	return f;
}

START_TEST(test_the_third_answer_without_it_tells)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.2", 7000);
	ask(f);
	ask(f);
	ck_assert_uint_eq(f->calls, 0);
	ask(f);
	ck_assert_uint_eq(f->calls, 1);
	ask(f);
	ck_assert_uint_eq(f->calls, 1);
	begin(f, "127.0.0.1", 7001); /* another port is another server */
	ask(f);
	ask(f);
	ask(f);
	ck_assert_uint_eq(f->calls, 2);
	tear_down(f);
}
END_TEST

START_TEST(test_an_answer_with_it_begins_anew)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.1", 7000);
	for (int i = 0; i < 5; i++)
		ask(f);
	f->moved.absent = REDIS_MOVED_ANSWERS - 1;
	ask(f);
	ck_assert_uint_eq(f->moved.absent, 0);
	ck_assert_uint_eq(f->calls, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_look_up_that_fails_says_nothing)
{
	struct fixture *f = set_up("redis://does-not-exist.invalid");

	begin(f, "127.0.0.1", 6379);
	for (int i = 0; i < 5; i++)
		ask(f);
	ck_assert_uint_eq(f->moved.absent, 0);
	ck_assert_uint_eq(f->calls, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_path_never_moves)
{
	struct fixture *f = set_up("unix:///run/r.sock");
	struct resolve_address in_use = { .len = 2 };

	in_use.addr.ss_family = AF_UNIX;
	redis_moved_begin(&f->moved, &in_use);
	for (int i = 0; i < 5; i++)
		ask(f);
	ck_assert_uint_eq(f->calls, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_one_of_many_in_strict_turn_never_tells)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.1", 7000);
	for (unsigned i = 1; i < 100; i++)
		answer(f, 1 + i % 5);
	ck_assert_uint_eq(f->calls, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_of_many_that_it_may_lead_to_each_needs_its_share)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.1", 7000);
	answer(f, 2);
	answer(f, 3);
	check_told_by(f, 4, 4 * REDIS_MOVED_SHARE - 2);
	tear_down(f);
}
END_TEST

START_TEST(test_who_came_back_once_is_waited_for)
{
	struct fixture *f = set_up_a_name_that_flaps();

	check_told_by(f, 2, 2 * REDIS_MOVED_SHARE);
	tear_down(f);
}
END_TEST

START_TEST(test_the_next_connection_knows_that_the_name_flaps)
{
	struct fixture *f = set_up_a_name_that_flaps();

	begin(f, "127.0.0.3", 7000);
	check_told_by(f, 1, 3 * REDIS_MOVED_SHARE);
	tear_down(f);
}
END_TEST

START_TEST(test_of_another_name_nothing_is_known)
{
	const struct address other = { .host = "127.0.0.9", .port = 7000 };
	struct fixture *f = set_up_a_name_that_flaps();

	redis_find_follow(f->find, &other);
	begin(f, "127.0.0.9", 7000);
	answer_often(f, 3, REDIS_MOVED_ANSWERS);
	ck_assert_uint_eq(f->calls, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_to_be_connected_there_again_is_to_come_back)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");

	begin(f, "127.0.0.1", 7000);
	answer_often(f, 2, REDIS_MOVED_ANSWERS);
	ck_assert_uint_eq(f->calls, 1);
	begin(f, "127.0.0.1", 7000);
	answer_often(f, 2, 2 * REDIS_MOVED_SHARE - 1);
	ck_assert_uint_eq(f->calls, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_name_that_moves_again_and_again_does_not_flap)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");
	char host[] = "127.0.0.1";

	for (unsigned i = 1; i < 9; i++) {
		host[sizeof host - 2] = (char)('0' + i);
		begin(f, host, 7000);
		answer_often(f, i, 2);
		answer_often(f, i + 1, REDIS_MOVED_ANSWERS);
		ck_assert_uint_eq(f->calls, i);
	}
	tear_down(f);
}
END_TEST

START_TEST(test_a_name_that_is_steady_again_is_believed_again)
{
	struct fixture *f = set_up_a_name_that_flaps();

	answer_often(f, 1, 2 * REDIS_MOVED_SHARE - 1);
	check_told_by(f, 3, REDIS_MOVED_ANSWERS);
	tear_down(f);
}
END_TEST

START_TEST(test_more_addresses_than_are_remembered_do_not_wait_longer)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000");
	const unsigned most = RESOLVE_MAX * REDIS_MOVED_SHARE;

	begin(f, "127.0.0.1", 7000);
	for (unsigned i = 0; i < most - 1; i++)
		answer(f, 2 + i % 100);
	ck_assert_uint_eq(f->calls, 0);
	answer(f, 2);
	ck_assert_uint_eq(f->calls, 1);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/redis_moved", test_the_third_answer_without_it_tells,
    test_an_answer_with_it_begins_anew, test_a_look_up_that_fails_says_nothing,
    test_a_path_never_moves, test_one_of_many_in_strict_turn_never_tells,
    test_of_many_that_it_may_lead_to_each_needs_its_share,
    test_who_came_back_once_is_waited_for,
    test_the_next_connection_knows_that_the_name_flaps,
    test_of_another_name_nothing_is_known,
    test_to_be_connected_there_again_is_to_come_back,
    test_a_name_that_moves_again_and_again_does_not_flap,
    test_a_name_that_is_steady_again_is_believed_again,
    test_more_addresses_than_are_remembered_do_not_wait_longer)
