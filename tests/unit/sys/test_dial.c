/* dial: addresses that refuse, one that does not, and second thoughts. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "sys/dial.h"
#include "unit.h"

struct fixture {
	struct event_base *base;
	int listener;
	uint16_t port;         /* of the listener */
	uint16_t refused_port; /* nobody listens there */
	unsigned outcomes;
	int fd;
	char why[160];
};

static void on_outcome(void *arg, int fd, const char *why)
{
	struct fixture *f = arg;

	f->outcomes++;
	f->fd = fd;
	(void)strncpy(f->why, why ? why : "", sizeof f->why - 1);
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*port = ntohs(addr.sin_port);
	return fd;
}

static struct fixture *set_up(void)
{
	static struct fixture f;

	f = (struct fixture){ .base = event_base_new(), .fd = -1 };
	close(listen_somewhere(&f.refused_port));
	f.listener = listen_somewhere(&f.port);
	return &f;
}

static void tear_down(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_free(f->base);
	close(f->listener);
	if (f->fd >= 0)
		close(f->fd);
}

static struct resolve_address loopback(uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port) };
	struct resolve_address a = { .len = sizeof addr };

	memcpy(&a.addr, &addr, sizeof addr);
	return a;
}

/* An address that fails at once: no such file. */
static struct resolve_address nowhere(void)
{
	struct sockaddr_un addr = { AF_UNIX, "/nowhere/at/all" };
	struct resolve_address a = { .len = sizeof addr };

	memcpy(&a.addr, &addr, sizeof addr);
	return a;
}

static struct dial *dial(struct fixture *f, struct resolve_address to)
{
	return dial_start(f->base, &to, 1, on_outcome, f);
}

static void wait_for_outcome(struct fixture *f)
{
	ck_assert_uint_eq(f->outcomes, 0); /* never at once */
	while (f->outcomes == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_uint_eq(f->outcomes, 1);
}

START_TEST(test_a_host_that_listens_is_connected_to)
{
	struct fixture *f = set_up();
	int peer;

	struct dial *d = dial(f, loopback(f->port));
	wait_for_outcome(f);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_str_eq(f->why, "");
	dial_abandon(d);
	peer = accept(f->listener, NULL, NULL);
	ck_assert_int_eq(send(f->fd, "x", 1, 0), 1);
	close(peer);
	tear_down(f);
}
END_TEST

START_TEST(test_a_host_that_refuses_is_told_with_its_reason)
{
	struct fixture *f = set_up();

	ck_assert_ptr_nonnull(dial(f, loopback(f->refused_port)));
	wait_for_outcome(f);
	ck_assert_int_eq(f->fd, -1);
	ck_assert_str_eq(f->why, strerrordesc_np(ECONNREFUSED));
	tear_down(f);
}
END_TEST

START_TEST(test_what_fails_at_once_is_told_later)
{
	struct fixture *f = set_up();

	ck_assert_ptr_nonnull(dial(f, nowhere()));
	wait_for_outcome(f);
	ck_assert_int_eq(f->fd, -1);
	ck_assert_str_eq(f->why, strerrordesc_np(ENOENT));
	tear_down(f);
}
END_TEST

START_TEST(test_the_next_address_is_tried_where_one_fails)
{
	struct fixture *f = set_up();
	const struct resolve_address to[] = { nowhere(),
		loopback(f->refused_port), loopback(f->port) };

	struct dial *d = dial_start(f->base, to, 3, on_outcome, f);

	wait_for_outcome(f);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_str_eq(f->why, "");
	dial_abandon(d);
	tear_down(f);
}
END_TEST

START_TEST(test_whoever_will_not_do_is_passed_over)
{
	struct fixture *f = set_up();
	const struct resolve_address to[] = { loopback(f->port), nowhere(),
		loopback(f->port), loopback(f->refused_port) };
	struct dial *d = dial_start(f->base, to, 4, on_outcome, f);

	for (int i = 0; i < 2; i++) {
		wait_for_outcome(f);
		ck_assert_int_ge(f->fd, 0);
		close(f->fd);
		f->outcomes = 0;
		ck_assert(dial_next(d));
	}
	wait_for_outcome(f);
	ck_assert_int_eq(f->fd, -1);
	ck_assert_str_eq(f->why, strerrordesc_np(ECONNREFUSED));
	tear_down(f);
}
END_TEST

START_TEST(test_behind_the_last_address_there_is_none)
{
	struct fixture *f = set_up();
	struct dial *d = dial(f, loopback(f->port));

	wait_for_outcome(f);
	ck_assert(!dial_next(d));
	ck_assert(!dial_next(d));
	dial_abandon(d);
	ck_assert_uint_eq(f->outcomes, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_who_gives_up_hears_nothing)
{
	struct fixture *f = set_up();

	for (int turns = 0; turns < 4; turns++) {
		struct dial *d = dial(f, loopback(f->port));

		for (int i = 0; i < turns && f->outcomes == 0; i++)
			event_base_loop(f->base, EVLOOP_NONBLOCK);
		dial_abandon(d);
		if (f->outcomes > 0)
			break;
	}
	ck_assert_uint_le(f->outcomes, 1);
	dial_abandon(NULL);
	tear_down(f);
}
END_TEST

START_TEST(test_an_address_that_fails_is_not_the_first_again)
{
	struct fixture *f = set_up();
	const struct resolve_address addresses[] = { nowhere(),
		loopback(f->port), nowhere() };
	struct dial_list l = { .count = 0 };
	size_t tried = 0;
	int error = 0;

	dial_list_set(&l, addresses, 3);
	f->fd = dial_list_next(&l, &tried, &error);
	ck_assert_int_ge(f->fd, 0);
	ck_assert_uint_eq(tried, 2);
	ck_assert_uint_eq(l.first, 1);
	ck_assert_int_eq(error, ENOENT);
	dial_list_set(&l, addresses, 3);
	ck_assert_uint_eq(l.first, 1); /* nothing new */
	dial_list_pass_over(&l, 0);
	ck_assert_uint_eq(l.first, 1); /* known already */
	dial_list_pass_over(&l, 1);
	ck_assert_uint_eq(l.first, 2);
	ck_assert_int_eq(dial_list_next(&l, &tried, &error), -1);
	ck_assert_uint_eq(tried, 3);
	dial_list_set(&l, addresses, 2);
	ck_assert_uint_eq(l.first, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_of_no_addresses_there_is_no_error)
{
	struct dial_list l = { .count = 0 };
	size_t tried = 0;
	int error = 0;

	ck_assert_int_eq(dial_list_next(&l, &tried, &error), -1);
	ck_assert_int_eq(error, 0);
	dial_list_pass_over(&l, 0);
	ck_assert_uint_eq(l.first, 0);
}
END_TEST

UNIT_MAIN("sys/dial", test_a_host_that_listens_is_connected_to,
    test_a_host_that_refuses_is_told_with_its_reason,
    test_what_fails_at_once_is_told_later,
    test_the_next_address_is_tried_where_one_fails,
    test_whoever_will_not_do_is_passed_over,
    test_behind_the_last_address_there_is_none, test_who_gives_up_hears_nothing,
    test_an_address_that_fails_is_not_the_first_again,
    test_of_no_addresses_there_is_no_error)
