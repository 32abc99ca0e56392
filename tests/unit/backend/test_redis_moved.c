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

UNIT_MAIN("backend/redis_moved", test_the_third_answer_without_it_tells,
    test_an_answer_with_it_begins_anew, test_a_look_up_that_fails_says_nothing,
    test_a_path_never_moves)
