/* redis: against things that are no Redis server, and names that are none. */
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "backend/redis.h"
#include "recorder.h"

/* Answers the first bytes of every connection with the same bytes. */
struct impostor {
	struct evconnlistener *listener;
	struct slice answer;
	unsigned port;
	size_t connections;
};

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)what, (void)arg;
	bufferevent_free(bev);
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct impostor *i = arg;
	struct evbuffer *input = bufferevent_get_input(bev);

	evbuffer_drain(input, evbuffer_get_length(input));
	if (i->answer.len > 0)
		bufferevent_write(bev, i->answer.ptr, i->answer.len);
	bufferevent_setcb(bev, NULL, NULL, on_event, NULL);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *addr, int len, void *arg)
{
	struct impostor *i = arg;
	struct bufferevent *bev = bufferevent_socket_new(
	    evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);

	(void)addr, (void)len;
	i->connections++;
	bufferevent_setcb(bev, on_read, NULL, on_event, i);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void impostor_open(
    struct impostor *i, struct event_base *base, int family)
{
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in addr4 = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const void *addr = family == AF_INET ? (void *)&addr4 : (void *)&addr6;
	socklen_t len = family == AF_INET ? sizeof addr4 : sizeof addr6;

	*i = (struct impostor){ .port = 0 };
	i->listener = evconnlistener_new_bind(
	    base, on_accept, i, LEV_OPT_CLOSE_ON_FREE, 16, addr, (int)len);
	if (!i->listener)
		return;
	getsockname(evconnlistener_get_fd(i->listener),
	    (struct sockaddr *)&addr6, &len);
	i->port = ntohs(addr6.sin6_port); /* at the same place in both */
}

/* Connect to what gives this answer, time and again: it never comes up. */
static void check_stays_down(struct slice answer)
{
	struct recorder r;
	struct impostor i;
	char url[64];

	recorder_init(&r, &redis_backend);
	r.conf.redis.reconnect_min_ms = 2;
	r.conf.redis.reconnect_max_ms = 4;
	r.conf.redis.heartbeat_ms = 20; /* for those that say nothing wrong */
	impostor_open(&i, r.base, AF_INET);
	i.answer = answer;
	(void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", i.port);
	r.conf.redis.url = url;
	recorder_open(&r);
	recorder_until(&r, recorder_metric(&r, METRIC_BACKEND_FAILED) >= 3);
	ck_assert_uint_ge(i.connections, 3);
	ck_assert_uint_eq(recorder_count(&r, "up"), 0);
	ck_assert_uint_eq(r.messages, 0);
	evconnlistener_free(i.listener);
	recorder_fini(&r);
}

START_TEST(test_what_is_not_redis_is_left_and_tried_again)
{
	static const char *const answers[] = {
		"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"\x15\x03\x01\x00\x02\x02\x50",
		"\xff\xfe\xfd",
		">3\r\n",
		"-LOADING Redis is loading the dataset in memory\r\n",
		"-DENIED Redis is running in protected mode\r\n",
		"-ERR max number of clients reached\r\n",
		"-NOAUTH Authentication required.\r\n",
		"-MOVED 1 127.0.0.1:7001\r\n",
		":1\r\n",
		"*0\r\n",
		"$-1\r\n",
		"$2147483647\r\n",
		"*1000000000\r\n",
	};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		check_stays_down(slice_str(answers[i]));
}
END_TEST

#define GREETED "+OK\r\n*1\r\n$6\r\nmaster\r\n"

START_TEST(test_a_server_that_derails_after_the_greeting_is_left)
{
	static const char *const answers[] = {
		GREETED "+OK\r\n",
		GREETED ":5\r\n",
		GREETED "*-1\r\n",
		GREETED "*0\r\n",
		GREETED "-MOVED 1 127.0.0.1:7001\r\n",
		GREETED "-ERR unknown command 'SUBSCRIBE'\r\n",
		GREETED "$2147483647\r\n",
		GREETED "*3\r\n$9\r\nsubscribe\r\n$3\r\nabc\r\n:1\r\n",
		GREETED "*3\r\n$11\r\nunsubscribe\r\n$6\r\nt:send\r\n:1\r\n",
		GREETED "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n:1\r\n",
		GREETED "*3\r\n$7\r\nmessage\r\n*1\r\n$1\r\na\r\n$1\r\nb\r\n",
		GREETED "*3\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n",
		GREETED ">3\r\n$7\r\nmessage\r\n",
		GREETED,
		GREETED "*3\r\n$7\r\nmess",
	};

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		check_stays_down(slice_str(answers[i]));
}
END_TEST

/* A host that is named in this way is found, or not; it answers wrongly. */
static void check_reaches(const char *host, int family)
{
	struct recorder r;
	struct impostor i;
	char url[64];

	recorder_init(&r, &redis_backend);
	impostor_open(&i, r.base, family);
	if (i.listener) { /* else there is no IPv6 here */
		i.answer = slice_str(":1\r\n");
		(void)snprintf(url, sizeof url, "redis://%s:%u", host, i.port);
		r.conf.redis.url = url;
		recorder_open(&r);
		recorder_until(&r, i.connections >= 2);
		evconnlistener_free(i.listener);
	}
	recorder_fini(&r);
}

START_TEST(test_numbers_and_names_of_this_machine_are_found)
{
	check_reaches("127.0.0.1", AF_INET);
	check_reaches("localhost", AF_INET);
	check_reaches("[::1]", AF_INET6);
}
END_TEST

START_TEST(test_closing_while_a_name_is_looked_up_is_clean)
{
	char url[] = "redis://does-not-exist.invalid";

	for (int turns = 0; turns < 8; turns++) {
		struct recorder r;

		recorder_init(&r, &redis_backend);
		r.conf.redis.url = url;
		recorder_open(&r);
		for (int i = 0; i < turns; i++)
			recorder_turn(&r, i);
		recorder_fini(&r);
	}
}
END_TEST

UNIT_MAIN("backend/redis_faults",
    test_what_is_not_redis_is_left_and_tried_again,
    test_a_server_that_derails_after_the_greeting_is_left,
    test_numbers_and_names_of_this_machine_are_found,
    test_closing_while_a_name_is_looked_up_is_clean)
