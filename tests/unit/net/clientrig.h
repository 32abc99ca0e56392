/*
 * clientrig: one client of a fake worker, at the other end of a socket pair,
 * and the real transport between them. Time passes when a test says so.
 */
#ifndef TESTS_UNIT_NET_CLIENTRIG_H
#define TESTS_UNIT_NET_CLIENTRIG_H

#include <sys/socket.h>
#include <unistd.h>

#include "../conf/parsed.h"
#include "../core/fakeworker.h"
#include "conf/conf_ref.h"
#include "net/access_log.h"
#include "net/io.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/transport.h"
#include "unit.h"

/* A request head up to the headers that a test adds; the key is RFC 6455's. */
#define CLIENT_HEAD(target)             \
	"GET " target " HTTP/1.1\r\n"   \
	"Host: example.com\r\n"         \
	"Upgrade: websocket\r\n"        \
	"Connection: Upgrade\r\n"       \
	"Sec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

struct clientrig {
	struct fakeworker fake; /* but its transport_ops */
	struct conf *conf;      /* the worker's; a test may change it */
	struct net_shared shared;
	struct net_worker net;
	struct conn_ref ref;
	struct conn *c; /* NULL once it has been freed */
	int fd;         /* the client's end; owned */
	bool is_over;   /* nothing follows what has been heard */
	size_t heard_len;
	char heard[1 << 16]; /* and not looked at yet */
};

static inline void client_init(
    struct clientrig *r, const char *yaml, bool rooms_need_watch)
{
	r->conf = must_parse(yaml);
	fake_init(&r->fake, rooms_need_watch);
	conf_unref(r->fake.worker->conf);
	r->fake.worker->conf = r->conf;
	r->fake.shared.ops = &transport_sockets;
	r->fake.shared.net = &r->shared;
	r->fake.worker->net = &r->net;
	r->net.access =
	    access_log_new(r->fake.worker, &r->shared.access_budget);
	r->fd = -1;
}

static inline void client_fini(struct clientrig *r)
{
	if (r->fd >= 0)
		(void)close(r->fd);
	fake_empty(&r->fake);
	access_log_free(r->net.access);
	pending_free_spares(&r->net);
	fake_fini(&r->fake);
}

/* The end of the worker's turn; whoever died in it is gone. */
static inline void client_end_turn(struct clientrig *r)
{
	fake_end_turn(&r->fake);
	r->c = conn_find(r->fake.worker, &r->ref);
}

/* A new connection, which has said nothing yet. */
static inline void client_connect(struct clientrig *r)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(
		AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
	    0);
	r->c = conn_new(r->fake.worker, fds[0]);
	ck_assert_ptr_nonnull(r->c);
	ck_assert_int_eq(io_watch(r->c), 0);
	r->ref = fake_ref(r->c);
	r->fd = fds[1];
	r->is_over = false;
	r->heard_len = 0;
}

static inline enum conn_state client_state(const struct clientrig *r)
{
	return r->c ? (enum conn_state)r->c->state : CONN_DEAD;
}

/* The worker notices that the client's socket can be read. */
static inline void client_wake(struct clientrig *r)
{
	ck_assert_ptr_nonnull(r->c);
	r->fake.shared.ops->on_readable(r->c);
	client_end_turn(r);
}

/* What the worker has not noticed yet. */
static inline void client_write(struct clientrig *r, const void *from, size_t n)
{
	ck_assert_int_eq(send(r->fd, from, n, MSG_NOSIGNAL), (ssize_t)n);
}

static inline void client_send(struct clientrig *r, const char *text)
{
	client_write(r, text, strlen(text));
	client_wake(r);
}

/* A masked frame with up to 125 bytes of payload; the mask is 0. */
static inline void client_write_frame(
    struct clientrig *r, unsigned first, const char *payload, size_t len)
{
	unsigned char frame[6 + 125] = { (unsigned char)first,
		(unsigned char)(0x80 | len) };

	memcpy(frame + 6, payload, len);
	client_write(r, frame, 6 + len);
}

static inline void client_send_frame(
    struct clientrig *r, unsigned first, const char *payload)
{
	client_write_frame(r, first, payload, strlen(payload));
	client_wake(r);
}

/* Read what has come; true when that was anything. */
static inline bool client_hear(struct clientrig *r)
{
	size_t room = sizeof r->heard - r->heard_len;
	ssize_t n;

	ck_assert_uint_gt(room, 0);
	n = recv(r->fd, r->heard + r->heard_len, room, 0);
	if (n > 0)
		r->heard_len += (size_t)n;
	r->is_over = r->is_over || n == 0;
	return n > 0;
}

/* Exactly these bytes have come, and nothing else. */
static inline void client_expect(struct clientrig *r, struct slice bytes)
{
	while (client_hear(r))
		;
	ck_assert_uint_eq(r->heard_len, bytes.len);
	ck_assert_mem_eq(r->heard, bytes.ptr, bytes.len);
	r->heard_len = 0;
}

/* Nothing follows, and the worker's side knows that nobody listens. */
static inline void client_expect_end(struct clientrig *r)
{
	while (client_hear(r))
		;
	ck_assert_uint_eq(r->heard_len, 0);
	ck_assert(r->is_over);
}

static inline void client_fire(struct wheel_timer *timer, void *arg)
{
	struct clientrig *r = arg;

	r->fake.shared.ops->on_due(container_of(timer, struct conn, timer));
}

static inline void client_pass(struct clientrig *r, int64_t ms)
{
	struct worker *w = r->fake.worker;

	while (ms > 0) {
		int64_t step = ms < WHEEL_TICK_MS ? ms : WHEEL_TICK_MS;

		w->now_ms += step;
		ms -= step;
		wheel_turn(&w->wheel, w->now_ms, client_fire, r);
		client_end_turn(r);
	}
}

static inline uint64_t client_metric(const struct clientrig *r, enum metric id)
{
	return fake_metric(&r->fake, id);
}

#endif
