/* redis_find: where a server is by its URL, and as whom to come there. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "backend/redis_failure.h"
#include "backend/redis_find.h"
#include "backend/redis_login.h"
#include "conf/conf.h"
#include "conf/secret.h"
#include "unit.h"

struct fixture {
	struct event_base *base;
	struct conf_redis conf;
	struct redis_find *find;
	unsigned answers;
	size_t count;
	struct resolve_address first;
	char url[128];
};

static struct fixture *set_up(const char *url)
{
	static struct fixture f;
	struct err e = { "" };

	f = (struct fixture){ .base = event_base_new() };
	(void)snprintf(f.url, sizeof f.url, "%s", url);
	f.conf.url = f.url;
	f.find = redis_find_new(f.base, &f.conf, &e);
	ck_assert_msg(f.find, "%s", e.text);
	return &f;
}

static void tear_down(struct fixture *f)
{
	redis_find_free(f->find);
	for (int i = 0; i < 3; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_free(f->base);
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const struct redis_failure *why)
{
	struct fixture *f = arg;

	ck_assert((count > 0) == (why == NULL));
	f->answers++;
	f->count = count;
	if (count > 0)
		f->first = addresses[0];
}

static void tell_nothing(struct fixture *f)
{
	const struct redis_failure why =
	    redis_failure_make(REDIS_FAILURE_RESOLVE, "nobody knows");

	redis_find_tell(f->find, NULL, &why);
}

static void on_refused(void *arg, const struct resolve_address *addresses,
    size_t count, const struct redis_failure *why)
{
	struct fixture *f = arg;

	ck_assert_ptr_null(addresses);
	ck_assert_uint_eq(count, 0);
	ck_assert_str_eq(why->reason, "nobody knows");
	f->answers++;
}

static void ask(struct fixture *f)
{
	f->answers = 0;
	ck_assert_ptr_nonnull(redis_find_start(f->find, on_found, f));
	ck_assert_uint_eq(f->answers, 0); /* never at once */
	while (f->answers == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_uint_eq(f->answers, 1);
}

START_TEST(test_a_number_is_its_own_address)
{
	struct fixture *f = set_up("redis://127.0.0.1:7000/5");
	struct sockaddr_in addr;

	ask(f);
	ck_assert_uint_eq(f->count, 1);
	memcpy(&addr, &f->first.addr, sizeof addr);
	ck_assert_int_eq(addr.sin_family, AF_INET);
	ck_assert_uint_eq(addr.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	ck_assert_uint_eq(ntohs(addr.sin_port), 7000);
	ck_assert_str_eq(redis_find_shown(f->find), "127.0.0.1:7000");
	ck_assert_uint_eq(redis_find_database(f->find), 5);
	ask(f);
	ck_assert_uint_eq(f->count, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_path_is_its_own_address)
{
	struct fixture *f = set_up("unix:///run/r.sock");
	struct sockaddr_un addr;

	ask(f);
	ck_assert_uint_eq(f->count, 1);
	ck_assert_uint_eq(f->first.len, sizeof addr);
	memcpy(&addr, &f->first.addr, sizeof addr);
	ck_assert_int_eq(addr.sun_family, AF_UNIX);
	ck_assert_str_eq(addr.sun_path, "/run/r.sock");
	tear_down(f);
}
END_TEST

START_TEST(test_a_name_is_looked_up)
{
	struct fixture *f = set_up("redis://localhost");

	ask(f);
	ck_assert_uint_gt(f->count, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_who_gives_up_hears_nothing)
{
	static const char *const urls[] = { "redis://127.0.0.1",
		"redis://does-not-exist.invalid", "unix:///run/r.sock" };

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		struct fixture *f = set_up(urls[i]);

		redis_find_abandon(redis_find_start(f->find, on_found, f));
		redis_find_abandon(NULL);
		for (int turn = 0; turn < 5; turn++)
			event_base_loop(f->base, EVLOOP_NONBLOCK);
		ck_assert_uint_eq(f->answers, 0);
		tear_down(f);
	}
}
END_TEST

static void check_password(const struct redis_login *login, const char *wanted)
{
	struct err e = { "" };
	char *password;

	ck_assert_msg(
	    redis_login_password(login, &password, &e) == 0, "%s", e.text);
	if (wanted)
		ck_assert_str_eq(password, wanted);
	else
		ck_assert_ptr_null(password);
	secret_free(password);
}

START_TEST(test_user_and_password_are_of_the_url)
{
	struct fixture *f = set_up("redis://me:s%40x@h");
	const struct redis_login *login = redis_find_login(f->find);

	ck_assert_str_eq(login->username, "me");
	check_password(login, "s@x");
	tear_down(f);
	f = set_up("redis://h");
	ck_assert_ptr_null(redis_find_login(f->find)->username);
	check_password(redis_find_login(f->find), NULL);
	tear_down(f);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_keys_of_their_own_stand_above_the_url)
{
	char path[] = "/tmp/roomcast-unit-XXXXXX", user[] = "you";
	struct redis_find *find;
	struct fixture *f = set_up("redis://me@h");
	struct err e = { "" };
	char *password;

	close(mkstemp(path));
	f->conf.username = user;
	f->conf.password_file = path;
	find = redis_find_new(f->base, &f->conf, &e);
	ck_assert_str_eq(redis_find_login(find)->username, "you");
	write_file(path, "one\n");
	check_password(redis_find_login(find), "one");
	write_file(path, "two\n");
	check_password(redis_find_login(find), "two");
	unlink(path);
	ck_assert_int_lt(
	    redis_login_password(redis_find_login(find), &password, &e), 0);
	ck_assert_ptr_eq(
	    strstr(e.text, "redis.password_file: "), (char *)e.text);
	ck_assert_ptr_nonnull(strstr(e.text, path));
	ck_assert_ptr_null(password);
	redis_find_free(find);
	redis_find_free(NULL);
	tear_down(f);
}
END_TEST

/* --- an oracle --- */

static unsigned asked;

static void count_asked(void *arg)
{
	(void)arg;
	asked++;
}

static struct fixture *set_up_oracle(void)
{
	static char master[] = "mymaster";
	const struct redis_find_oracle oracle = { .ask = count_asked };
	struct fixture *f = set_up("redis://ignored");
	struct err e;

	redis_find_free(f->find);
	f->conf.sentinel.master = master;
	f->find = redis_find_new(f->base, &f->conf, &e);
	redis_find_set_oracle(f->find, &oracle);
	asked = 0;
	return f;
}

START_TEST(test_an_oracle_is_asked_each_time)
{
	struct fixture *f = set_up_oracle();
	struct address a = { .port = 7001 };

	strcpy(a.host, "::1");
	ck_assert_str_eq(redis_find_shown(f->find), "mymaster");
	for (unsigned i = 1; i < 3; i++) {
		f->answers = 0;
		ck_assert_ptr_nonnull(redis_find_start(f->find, on_found, f));
		ck_assert_ptr_nonnull(redis_find_start(f->find, on_found, f));
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		ck_assert_uint_eq(f->answers, 0);
		ck_assert_uint_eq(asked, 2 * i);
		redis_find_tell(f->find, &a, NULL);
		while (f->answers < 2)
			event_base_loop(f->base, EVLOOP_ONCE);
		ck_assert_uint_eq(f->count, 1);
		ck_assert_int_eq(f->first.addr.ss_family, AF_INET6);
	}
	ck_assert_str_eq(redis_find_shown(f->find), "[::1]:7001");
	tear_down(f);
}
END_TEST

START_TEST(test_what_an_oracle_has_told_is_looked_up_without_it)
{
	struct fixture *f = set_up_oracle();
	struct address a = { .port = 7001 };

	strcpy(a.host, "127.0.0.1");
	redis_find_tell(f->find, &a, NULL);
	ck_assert_ptr_nonnull(redis_find_again(f->find, on_found, f));
	ck_assert_uint_eq(f->answers, 0); /* never at once */
	while (f->answers == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_uint_eq(f->count, 1);
	ck_assert_int_eq(f->first.addr.ss_family, AF_INET);
	ck_assert_uint_eq(asked, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_an_oracle_that_knows_nothing)
{
	struct fixture *f = set_up_oracle();

	redis_find_abandon(redis_find_start(f->find, on_found, f));
	tell_nothing(f);
	ck_assert_uint_eq(f->answers, 0);
	ck_assert_ptr_nonnull(redis_find_start(f->find, on_refused, f));
	tell_nothing(f);
	ck_assert_uint_eq(f->answers, 1);
	tell_nothing(f);
	ck_assert_uint_eq(f->answers, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_who_is_sent_somewhere_asks_the_oracle_the_next_time)
{
	struct fixture *f = set_up_oracle();
	const struct address to = { .host = "127.0.0.1", .port = 7002 };

	redis_find_follow(f->find, &to);
	ck_assert(address_is_same(redis_find_address(f->find), &to));
	ck_assert_ptr_nonnull(redis_find_start(f->find, on_found, f));
	ck_assert_uint_eq(f->answers, 0); /* never at once */
	while (f->answers == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_uint_eq(f->count, 1);
	ck_assert_uint_eq(asked, 0);
	redis_find_abandon(redis_find_start(f->find, on_found, f));
	ck_assert_uint_eq(asked, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_doubt_lasts_until_another_one_is_found)
{
	struct fixture *f = set_up_oracle();
	const struct address a = { .host = "127.0.0.1", .port = 7001 };

	ck_assert(!redis_find_is_doubted(f->find));
	redis_find_doubt(f->find);
	ck_assert(redis_find_is_doubted(f->find));
	tell_nothing(f);
	ck_assert(redis_find_is_doubted(f->find));
	redis_find_tell(f->find, &a, NULL);
	ck_assert(!redis_find_is_doubted(f->find));
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/redis_find", test_a_number_is_its_own_address,
    test_a_path_is_its_own_address, test_a_name_is_looked_up,
    test_who_gives_up_hears_nothing, test_user_and_password_are_of_the_url,
    test_keys_of_their_own_stand_above_the_url,
    test_an_oracle_is_asked_each_time,
    test_what_an_oracle_has_told_is_looked_up_without_it,
    test_an_oracle_that_knows_nothing,
    test_who_is_sent_somewhere_asks_the_oracle_the_next_time,
    test_a_doubt_lasts_until_another_one_is_found)
