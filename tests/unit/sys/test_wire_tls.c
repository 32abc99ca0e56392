/*
 * wire, through TLS: the other end of the pair of sockets is OpenSSL's server,
 * which the test turns by hand.
 */
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>

#include <event2/event.h>

#include "sys/tls_client.h"
#include "sys/tlsca.h"
#include "sys/wire.h"

enum { LARGE = 1 << 20, SCRATCH = 65536 };

static struct tlsca ca;
static struct tlsca_pair pair;
static SSL_CTX *server;

struct fixture {
	struct event_base *base;
	struct wire wire;
	int fd; /* the peer's; -1: it has gone */
	struct tls *peer;
	SSL *ssl;        /* peer's own */
	size_t piece;    /* how much one wire_read takes */
	size_t pause_at; /* stop reading from so many bytes on; 0: never */
	size_t readable; /* calls */
	struct buf got;
	ssize_t end; /* what wire_read has said last */
};

static void on_readable(void *arg)
{
	static char text[SCRATCH];
	struct fixture *f = arg;
	ssize_t got = wire_read(&f->wire, text, f->piece);

	f->readable++;
	f->end = got;
	if (got > 0)
		buf_putn(&f->got, text, (size_t)got);
	if (f->pause_at && f->got.len >= f->pause_at)
		wire_set_reading(&f->wire, false);
}

static const struct wire_sink sink = { on_readable, NULL };

static void set_up_all(void)
{
	tlsca_open(&ca, "ours");
	tlsca_issue(&ca, &pair, "DNS:redis.test", -TLSCA_DAY_S, TLSCA_DAY_S);
	server = tlsca_server(&pair);
}

static void tear_down_all(void)
{
	SSL_CTX_free(server);
	tlsca_pair_fini(&pair);
	tlsca_close(&ca);
}

static struct fixture *set_up(void)
{
	const struct tls_client_files files = { .ca = ca.file };
	static struct fixture f;
	struct tls *client;
	struct err e = { "" };
	int ends[2];

	f = (struct fixture){ .base = event_base_new(), .piece = SCRATCH };
	signal(SIGPIPE, SIG_DFL);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	f.fd = ends[1];
	f.peer = tlsca_accept(server, ends[1], &f.ssl);
	ck_assert_msg(
	    tls_client_connect(&client, &files, "redis.test", ends[0], &e) == 0,
	    "%s", e.text);
	wire_open_tls(&f.wire, f.base, ends[0], &client, &sink, &f);
	ck_assert_ptr_null(client);
	wire_set_reading(&f.wire, true);
	return &f;
}

static void turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void turns(struct fixture *f, int count)
{
	for (int i = 0; i < count; i++)
		turn(f);
}

/* What the peer reads now. */
static ssize_t peer_read(struct fixture *f, char *to)
{
	return tls_read(f->peer, to, SCRATCH);
}

static void shake_hands(struct fixture *f)
{
	char text[SCRATCH];

	while (!tls_is_up(f->peer) || !tls_is_up(wire_tls(&f->wire))) {
		turn(f);
		ck_assert_int_eq(peer_read(f, text), -EAGAIN);
		ck_assert(f->end == -EAGAIN);
	}
}

static struct fixture *set_up_and_shake(void)
{
	struct fixture *f = set_up();

	shake_hands(f);
	return f;
}

static void peer_leave(struct fixture *f)
{
	tls_free(f->peer);
	f->peer = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void tear_down(struct fixture *f)
{
	wire_close(&f->wire);
	wire_close(&f->wire);
	turn(f);
	peer_leave(f);
	buf_fini(&f->got);
	event_base_free(f->base);
}

/* The peer sends all of it in as few records as can be. */
static void peer_send(struct fixture *f, const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const struct iovec iov = { (void *)(uintptr_t)(bytes + at),
			len - at };
		ssize_t n = tls_writev(f->peer, &iov, 1);

		ck_assert(n > 0 || n == -EAGAIN);
		if (n > 0)
			at += (size_t)n;
		else
			turn(f);
	}
	while (tls_unsent(f->peer) > 0) {
		(void)tls_writev(f->peer, NULL, 0);
		turn(f);
	}
}

static const char *large(void)
{
	static char bytes[LARGE];

	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)('a' + i / 1000 % 26);
	return bytes;
}

static void check_got_large(struct fixture *f)
{
	ck_assert_uint_eq(f->got.len, LARGE);
	ck_assert_int_eq(memcmp(f->got.data, large(), LARGE), 0);
}

START_TEST(what_is_sent_waits_for_the_handshake)
{
	struct fixture *f = set_up();
	char text[SCRATCH];
	ssize_t n;

	ck_assert_int_eq(wire_send(&f->wire, slice_str("first ")), 0);
	ck_assert_int_eq(wire_send(&f->wire, slice_str("second")), 0);
	ck_assert_uint_eq(wire_unsent(&f->wire), 12);
	do {
		turn(f);
		n = peer_read(f, text);
	} while (n == -EAGAIN);
	ck_assert_int_eq(n, 12);
	ck_assert_int_eq(memcmp(text, "first second", 12), 0);
	ck_assert_uint_eq(wire_unsent(&f->wire), 0);
	tear_down(f);
}
END_TEST

/* A handshake that waits for the peer does not turn the loop. */
START_TEST(waiting_for_the_handshake_costs_nothing)
{
	struct fixture *f = set_up();
	size_t before;

	ck_assert_int_eq(wire_send(&f->wire, slice_str("x")), 0);
	turn(f);
	turn(f);
	before = f->readable;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(
		    event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
	ck_assert_uint_eq(f->readable, before);
	ck_assert(!event_pending(&f->wire.writable, EV_WRITE, NULL));
	tear_down(f);
}
END_TEST

START_TEST(large_things_come_whole)
{
	struct fixture *f = set_up_and_shake();

	peer_send(f, large(), LARGE);
	while (f->got.len < LARGE)
		turn(f);
	check_got_large(f);
	tear_down(f);
}
END_TEST

START_TEST(what_a_full_socket_does_not_take_comes_in_order)
{
	struct fixture *f = set_up_and_shake();
	char text[SCRATCH];
	struct buf got = { 0 };

	for (size_t at = 0; at < LARGE; at += 4096)
		ck_assert_int_eq(
		    wire_send(&f->wire, slice_of(large() + at, 4096)), 0);
	ck_assert_uint_gt(wire_unsent(&f->wire), 0);
	while (got.len < LARGE) {
		ssize_t n = peer_read(f, text);

		if (n > 0)
			buf_putn(&got, text, (size_t)n);
		turn(f);
	}
	ck_assert_int_eq(memcmp(got.data, large(), LARGE), 0);
	turn(f);
	ck_assert_uint_eq(wire_unsent(&f->wire), 0);
	buf_fini(&got);
	tear_down(f);
}
END_TEST

/*
 * A record is taken out of the socket whole. Read in small pieces, most of it
 * is inside, where no event tells of it.
 */
START_TEST(what_is_left_inside_is_told)
{
	struct fixture *f = set_up_and_shake();

	f->piece = 100;
	peer_send(f, large(), 16000);
	turns(f, 200);
	ck_assert_uint_eq(f->got.len, 16000);
	ck_assert_uint_eq(tls_pending(wire_tls(&f->wire)), 0);
	tear_down(f);
}
END_TEST

START_TEST(what_is_left_inside_by_a_pause_comes_after_it)
{
	struct fixture *f = set_up_and_shake();
	size_t calls;

	f->piece = 100;
	f->pause_at = 300;
	peer_send(f, large(), 16000);
	turns(f, 50);
	ck_assert_uint_eq(f->got.len, 300);
	ck_assert_uint_gt(tls_pending(wire_tls(&f->wire)), 0);
	calls = f->readable;
	turns(f, 50);
	ck_assert_uint_eq(f->readable, calls);
	f->pause_at = 0;
	wire_set_reading(&f->wire, true); /* nothing more is sent */
	turns(f, 200);
	ck_assert_uint_eq(f->got.len, 16000);
	tear_down(f);
}
END_TEST

START_TEST(what_comes_in_a_pause_waits_and_comes)
{
	struct fixture *f = set_up_and_shake();

	wire_set_reading(&f->wire, false);
	peer_send(f, large(), 20000);
	turns(f, 20);
	ck_assert_uint_eq(f->got.len, 0);
	wire_set_reading(&f->wire, true);
	turns(f, 20);
	ck_assert_uint_eq(f->got.len, 20000);
	tear_down(f);
}
END_TEST

/* As when a server is killed: no close_notify. */
START_TEST(a_peer_that_is_gone_is_an_end)
{
	struct fixture *f = set_up_and_shake();

	char text[SCRATCH];

	peer_send(f, "last", 4);
	ck_assert_int_eq(peer_read(f, text), -EAGAIN);
	peer_leave(f);
	while (f->end == -EAGAIN || f->end > 0)
		turn(f);
	ck_assert_int_eq(f->end, 0);
	ck_assert_uint_eq(f->got.len, 4);
	tear_down(f);
}
END_TEST

START_TEST(an_end_that_is_told_is_one)
{
	struct fixture *f = set_up_and_shake();

	tls_shutdown(f->peer);
	while (f->end == -EAGAIN)
		turn(f);
	ck_assert_int_eq(f->end, 0);
	tear_down(f);
}
END_TEST

START_TEST(our_end_is_told)
{
	struct fixture *f = set_up_and_shake();
	char text[SCRATCH];
	ssize_t n;

	ck_assert_int_eq(wire_send(&f->wire, slice_str("bye")), 0);
	wire_close(&f->wire);
	ck_assert_int_eq(peer_read(f, text), 3);
	n = peer_read(f, text);
	ck_assert_int_eq(n, 0);
	tear_down(f);
}
END_TEST

START_TEST(sending_to_who_has_gone_is_told_by_reading)
{
	struct fixture *f = set_up_and_shake();

	peer_leave(f);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(wire_send(&f->wire, slice_str("x")), 0);
	ck_assert(wire_is_deaf(&f->wire));
	while (f->end == -EAGAIN)
		turn(f);
	ck_assert(f->end == 0 || f->end == -ECONNRESET);
	tear_down(f);
}
END_TEST

/* The server asks for new keys and does not take what they are answered by. */
START_TEST(who_takes_no_answers_is_read_no_further)
{
	const int small = 1;
	struct fixture *f = set_up_and_shake();
	size_t calls;

	ck_assert_int_eq(
	    setsockopt(f->wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small),
	    0);
	while (!tls_has_answers(wire_tls(&f->wire))) {
		ck_assert_int_eq(
		    wire_send(&f->wire, slice_of(large(), 1000)), 0);
		(void)SSL_key_update(f->ssl, SSL_KEY_UPDATE_REQUESTED);
		(void)SSL_do_handshake(f->ssl);
		turn(f);
	}
	turn(f);
	calls = f->readable;
	turns(f, 50);
	ck_assert_uint_eq(f->readable, calls);
	/* It takes them: all goes on. */
	peer_send(f, "on", 2);
	while (f->got.len < 2) {
		static char text[SCRATCH];

		(void)peer_read(f, text);
		turn(f);
	}
	tear_down(f);
}
END_TEST

UNIT_MAIN_WITH(set_up_all, tear_down_all, "sys/wire through TLS",
    what_is_sent_waits_for_the_handshake,
    waiting_for_the_handshake_costs_nothing, large_things_come_whole,
    what_a_full_socket_does_not_take_comes_in_order,
    what_is_left_inside_is_told, what_is_left_inside_by_a_pause_comes_after_it,
    what_comes_in_a_pause_waits_and_comes, a_peer_that_is_gone_is_an_end,
    an_end_that_is_told_is_one, our_end_is_told,
    sending_to_who_has_gone_is_told_by_reading,
    who_takes_no_answers_is_read_no_further)
