/* wire: over a pair of sockets whose other end the test holds. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "sys/resolve.h"
#include "sys/wire.h"
#include "unit.h"

enum { PIECE = 10000, PIECES = 400 };

/* The errno that the next send fails with, as a kernel out of buffers does. */
static int send_fails_with;

/* In place of libc's, for the whole of this program. */
ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	if (send_fails_with) {
		errno = send_fails_with;
		send_fails_with = 0;
		return -1;
	}
	return sendto(fd, bytes, len, flags, NULL, 0);
}

struct fixture {
	struct event_base *base;
	struct wire wire;
	int peer;
	size_t readable; /* calls */
	size_t drained;
	ssize_t got; /* by the last wire_read */
	char text[64];
};

static void on_readable(void *arg)
{
	struct fixture *f = arg;

	f->readable++;
	f->got = wire_read(&f->wire, f->text, sizeof f->text - 1);
	f->text[f->got > 0 ? f->got : 0] = '\0';
}

static void on_drained(void *arg)
{
	struct fixture *f = arg;

	f->drained++;
}

static const struct wire_sink sink = { on_readable, on_drained };

static struct fixture *set_up(void)
{
	static struct fixture f;
	int ends[2];

	f = (struct fixture){ .base = event_base_new() };
	signal(SIGPIPE, SIG_DFL); /* a wire does not rely on the daemon */
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	f.peer = ends[1];
	wire_open(&f.wire, f.base, ends[0], &sink, &f);
	return &f;
}

static void turn(struct fixture *f)
{
	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void tear_down(struct fixture *f)
{
	wire_close(&f->wire);
	wire_close(&f->wire);
	turn(f);
	if (f->peer >= 0)
		close(f->peer);
	event_base_free(f->base);
}

/* PIECES pieces, each of a byte of its own: far more than a socket takes. */
static void send_pieces(struct fixture *f)
{
	static char piece[PIECE];

	for (int i = 0; i < PIECES; i++) {
		memset(piece, 'a' + i % 26, sizeof piece);
		ck_assert_int_eq(
		    wire_send(&f->wire, slice_of(piece, PIECE)), 0);
	}
	ck_assert_uint_gt(wire_unsent(&f->wire), 0);
}

START_TEST(test_it_is_read_only_when_its_owner_wants)
{
	struct fixture *f = set_up();

	ck_assert_int_eq(send(f->peer, "one", 3, 0), 3);
	turn(f);
	ck_assert_uint_eq(f->readable, 0);
	wire_set_reading(&f->wire, true);
	turn(f);
	ck_assert_str_eq(f->text, "one");
	wire_set_reading(&f->wire, false);
	ck_assert_int_eq(send(f->peer, "two", 3, 0), 3);
	turn(f);
	ck_assert_uint_eq(f->readable, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_waking_calls_even_if_nothing_came)
{
	struct fixture *f = set_up();

	wire_set_reading(&f->wire, true);
	turn(f);
	ck_assert_uint_eq(f->readable, 0);
	wire_wake(&f->wire);
	turn(f);
	ck_assert_uint_eq(f->readable, 1);
	ck_assert_int_eq(f->got, -EAGAIN);
	tear_down(f);
}
END_TEST

START_TEST(test_what_a_full_socket_does_not_take_comes_in_order)
{
	struct fixture *f = set_up();
	size_t at = 0, wrong = 0;
	char text[4096];

	send_pieces(f);
	while (at < (size_t)PIECE * PIECES) {
		ssize_t len = recv(f->peer, text, sizeof text, 0);

		/* A ck_assert for each byte is a system call for each. */
		for (ssize_t i = 0; i < len; i++, at++)
			wrong += text[i] != 'a' + (int)(at / PIECE % 26);
		turn(f);
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(wire_unsent(&f->wire), 0);
	ck_assert_uint_gt(f->drained, 0);
	tear_down(f);
}
END_TEST

START_TEST(test_a_peer_that_has_gone_is_told_by_reading)
{
	struct fixture *f = set_up();

	send_pieces(f);
	close(f->peer);
	f->peer = -1;
	turn(f);
	ck_assert(wire_is_deaf(&f->wire));
	ck_assert_uint_eq(wire_unsent(&f->wire), 0);
	ck_assert_uint_eq(f->drained, 1);
	ck_assert_int_eq(wire_send(&f->wire, slice_str("x")), 0);
	wire_set_reading(&f->wire, true);
	turn(f);
	ck_assert_uint_eq(f->readable, 1);
	ck_assert(f->got == 0 || f->got == -ECONNRESET);
	tear_down(f);
}
END_TEST

START_TEST(test_a_send_that_fails_ends_it_behind_what_has_come)
{
	static const int codes[] = { ENOBUFS, ENOMEM, EPERM };
	char c;

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct fixture *f = set_up();

		ck_assert_int_eq(send(f->peer, "came", 4, 0), 4);
		wire_set_reading(&f->wire, true);
		send_fails_with = codes[i];
		ck_assert_int_eq(wire_send(&f->wire, slice_str("x")), 0);
		turn(f);
		ck_assert_str_eq(f->text, "came");
		turn(f);
		ck_assert_uint_eq(f->readable, 2);
		ck_assert_int_eq(f->got, -codes[i]);
		ck_assert_int_eq(recv(f->peer, &c, 1, 0), 0);
		tear_down(f);
	}
}
END_TEST

START_TEST(test_a_send_that_is_interrupted_goes_on)
{
	struct fixture *f = set_up();
	char c = 0;

	send_fails_with = EINTR;
	ck_assert_int_eq(wire_send(&f->wire, slice_str("x")), 0);
	turn(f);
	ck_assert_int_eq(recv(f->peer, &c, 1, 0), 1);
	ck_assert_int_eq(c, 'x');
	ck_assert(!wire_is_deaf(&f->wire));
	tear_down(f);
}
END_TEST

START_TEST(test_the_end_is_told_and_reading_goes_on)
{
	struct fixture *f = set_up();
	char c;

	wire_end(&f->wire);
	ck_assert_int_eq(recv(f->peer, &c, 1, 0), 0);
	ck_assert_int_eq(send(f->peer, "still", 5, 0), 5);
	wire_set_reading(&f->wire, true);
	turn(f);
	ck_assert_str_eq(f->text, "still");
	tear_down(f);
}
END_TEST

START_TEST(test_a_last_word_is_never_within_another)
{
	struct fixture *f = set_up();
	char text[8] = "";

	wire_say_last(&f->wire, slice_str("bye"));
	ck_assert_int_eq(recv(f->peer, text, sizeof text, 0), 3);
	ck_assert_str_eq(text, "bye");
	send_pieces(f);
	wire_say_last(&f->wire, slice_str("bye"));
	wire_close(&f->wire);
	for (ssize_t len = 1; len > 0;) {
		char piece[PIECE];

		len = recv(f->peer, piece, sizeof piece, 0);
		if (len > 0)
			ck_assert_ptr_null(
			    memmem(piece, (size_t)len, "bye", 3));
	}
	tear_down(f);
}
END_TEST

/* As one that was reset: to no server, and not to one of another family. */
START_TEST(test_a_socket_that_leads_nowhere_has_no_peer)
{
	const struct wire w = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	struct resolve_address peer;

	wire_peer(&w, &peer);
	ck_assert_uint_eq(peer.len, 0);
	(void)close(w.fd);
}
END_TEST

UNIT_MAIN("sys/wire", test_it_is_read_only_when_its_owner_wants,
    test_waking_calls_even_if_nothing_came,
    test_what_a_full_socket_does_not_take_comes_in_order,
    test_a_peer_that_has_gone_is_told_by_reading,
    test_a_send_that_fails_ends_it_behind_what_has_come,
    test_a_send_that_is_interrupted_goes_on,
    test_the_end_is_told_and_reading_goes_on,
    test_a_last_word_is_never_within_another,
    test_a_socket_that_leads_nowhere_has_no_peer)
