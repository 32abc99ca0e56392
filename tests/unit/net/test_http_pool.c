/* http_pool: several addresses, and idle connections that are none any more. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_pool.h"
#include "unit.h"

#define REQUEST "GET / HTTP/1.1\r\n\r\n"
#define REPLY   "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"

struct fixture {
	struct event_base *base;
	struct http_pool pool;
	int listener;
	size_t tried;
	struct http_link *link; /* what the pool gave last */
	int error;
	unsigned done, idle_ends;
};

static void on_link(void *arg, struct http_link *l, enum http_link_event what)
{
	struct fixture *f = arg;

	switch (what) {
	case HTTP_LINK_DONE:
		f->done++;
		http_pool_give_back(&f->pool, l);
		return;
	case HTTP_LINK_REFUSED:
		f->error = l->error;
		http_pool_drop(&f->pool, l);
		f->link = http_pool_dial(&f->pool, &f->tried, &f->error);
		return;
	default:
		ck_assert_int_eq(what, HTTP_LINK_IDLE_END);
		f->idle_ends++;
		http_pool_drop(&f->pool, l);
	}
}

static int listen_somewhere(struct sockaddr_in *addr)
{
	socklen_t len = sizeof *addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	ck_assert_int_eq(bind(fd, (struct sockaddr *)addr, len), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

/* Its addresses: one that refuses, then one that listens. */
static struct fixture *set_up(void)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	struct sockaddr_in addr;

	(void)signal(SIGPIPE, SIG_IGN);
	f->base = event_base_new();
	f->pool.base = f->base;
	f->pool.links = (struct http_link_options){
		.max_body = 1024,
		.fn = on_link,
		.arg = f,
	};
	f->pool.max_links = 4;
	http_pool_init(&f->pool);
	close(listen_somewhere(&addr));
	memcpy(&f->pool.addresses.list[0].addr, &addr, sizeof addr);
	f->listener = listen_somewhere(&addr);
	memcpy(&f->pool.addresses.list[1].addr, &addr, sizeof addr);
	f->pool.addresses.list[0].len = sizeof addr;
	f->pool.addresses.list[1].len = sizeof addr;
	f->pool.addresses.count = 2;
	f->pool.addresses_until_ms = clock_ms() + 60000;
	return f;
}

static void tear_down(struct fixture *f)
{
	http_pool_fini(&f->pool);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_free(f->base);
	close(f->listener);
	free(f);
}

static struct http_link *take(struct fixture *f)
{
	f->tried = 0;
	f->link = http_pool_take(&f->pool, &f->tried, &f->error);
	while (f->link && f->link->state == HTTP_LINK_CONNECTING)
		event_base_loop(f->base, EVLOOP_ONCE);
	return f->link;
}

/* Take a link and use it once; the app's end of it. */
static int use(struct fixture *f)
{
	char request[sizeof REQUEST];
	struct http_link *l = take(f);
	int peer = accept(f->listener, NULL, NULL);

	ck_assert_int_ge(peer, 0);
	ck_assert_int_eq(http_link_send(l, slice_str(REQUEST)), 0);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(
	    recv(peer, request, sizeof request, 0), (int)strlen(REQUEST));
	ck_assert_int_gt(send(peer, REPLY, strlen(REPLY), 0), 0);
	while (f->done == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_int_eq(l->state, HTTP_LINK_IDLE);
	return peer;
}

START_TEST(test_an_address_that_refuses_is_passed_over)
{
	struct fixture *f = set_up();

	ck_assert_ptr_nonnull(take(f));
	ck_assert_uint_eq(f->tried, 2);
	ck_assert_uint_eq(f->pool.addresses.first, 1);
	ck_assert_uint_eq(f->pool.link_count, 1);
	ck_assert_ptr_nonnull(take(f)); /* and not tried again by the next */
	ck_assert_uint_eq(f->tried, 1);
	ck_assert_uint_eq(f->pool.link_count, 2);
	tear_down(f);
}
END_TEST

START_TEST(test_no_address_is_tried_twice)
{
	struct fixture *f = set_up();

	f->pool.addresses.list[1] = f->pool.addresses.list[0];
	ck_assert_ptr_null(take(f));
	ck_assert_int_eq(f->error, ECONNREFUSED);
	ck_assert_uint_eq(f->tried, 2);
	ck_assert_uint_eq(f->pool.link_count, 0);
	ck_assert_int_eq(f->pool.addresses_until_ms, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_an_idle_link_is_used_again)
{
	struct fixture *f = set_up();
	int peer = use(f);
	struct http_link *first = f->link;

	ck_assert_ptr_eq(take(f), first);
	ck_assert_uint_eq(f->pool.link_count, 1);
	close(peer);
	tear_down(f);
}
END_TEST

/* The loop has not told it yet, but something is to be read there. */
static void check_not_used_again(struct fixture *f)
{
	struct pollfd p = { .fd = f->link->wire.fd, .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	f->tried = 0;
	f->link = http_pool_take(&f->pool, &f->tried, &f->error);
	ck_assert_ptr_nonnull(f->link);
	ck_assert_uint_eq(f->link->uses, 0);
	ck_assert_uint_eq(f->pool.link_count, 1);
}

START_TEST(test_an_idle_link_that_was_closed_is_not_used_again)
{
	struct fixture *f = set_up();

	close(use(f));
	check_not_used_again(f);
	tear_down(f);
}
END_TEST

START_TEST(test_what_comes_unasked_answers_nobody)
{
	struct fixture *f = set_up();
	int peer = use(f);

	ck_assert_int_gt(send(peer, REPLY, strlen(REPLY), 0), 0);
	check_not_used_again(f);
	close(peer);
	tear_down(f);
}
END_TEST

START_TEST(test_an_idle_link_ends_with_its_connection)
{
	struct fixture *f = set_up();

	close(use(f));
	while (f->idle_ends == 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	ck_assert_uint_eq(f->pool.link_count, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_no_more_links_than_may_be)
{
	struct fixture *f = set_up();

	for (int i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(take(f));
	ck_assert_ptr_null(take(f));
	ck_assert_int_eq(f->error, 0);
	http_pool_drop(
	    &f->pool, container_of(f->pool.busy.next, struct http_link, node));
	ck_assert_ptr_nonnull(take(f));
	tear_down(f);
}
END_TEST

UNIT_MAIN("net/http_pool", test_an_address_that_refuses_is_passed_over,
    test_no_address_is_tried_twice, test_an_idle_link_is_used_again,
    test_an_idle_link_that_was_closed_is_not_used_again,
    test_what_comes_unasked_answers_nobody,
    test_an_idle_link_ends_with_its_connection, test_no_more_links_than_may_be)
