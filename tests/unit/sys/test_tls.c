/*
 * tls: how much one read does, what counts as a record without data, that who
 * does not take the answers is not read, and what is written by one send. A
 * real client at the other end of a socket pair.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "sys/tls.h"
#include "sys/tls_server.h"
#include "tlsrig.h"

enum { SCRATCH = 65536, UPDATE_RECORD = 27 };

struct pair {
	struct tlsrig files;
	struct tls_server *listener;
	struct tls *server;
	SSL_CTX *client_context;
	SSL *client;
	int fds[2]; /* the server's, the client's */
	char scratch[SCRATCH];
};

static ssize_t read_once(struct pair *p)
{
	return tls_read(p->server, p->scratch, SCRATCH);
}

/* fragment: the longest record that the client asks for (TLSEXT_). */
static void open_pair_of(struct pair *p, uint8_t fragment)
{
	struct err e = { "" };
	int done;

	memset(p, 0, sizeof *p);
	tlsrig_open(&p->files);
	p->listener = tlsrig_listen(&p->files, &e);
	ck_assert_msg(p->listener != NULL, "%s", e.text);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fds), 0);
	p->server = tls_server_accept(p->listener, p->fds[0]);
	p->client_context = SSL_CTX_new(TLS_client_method());
	p->client = SSL_new(p->client_context);
	ck_assert(SSL_set_fd(p->client, p->fds[1]));
	ck_assert(SSL_set_tlsext_max_fragment_length(p->client, fragment));
	do {
		done = SSL_connect(p->client);
		ck_assert_int_eq(read_once(p), -EAGAIN);
	} while (done != 1 || !tls_is_up(p->server));
	/* Behind a record with data nothing of the handshake counts. */
	ck_assert_int_eq(SSL_write(p->client, "x", 1), 1);
	ck_assert_int_eq(read_once(p), 1);
	tls_forget_idle(p->server);
}

static void open_pair(struct pair *p)
{
	open_pair_of(p, TLSEXT_max_fragment_length_DISABLED);
}

static void close_pair(struct pair *p)
{
	tls_free(p->server);
	tls_server_free(p->listener);
	SSL_free(p->client);
	SSL_CTX_free(p->client_context);
	(void)close(p->fds[0]);
	(void)close(p->fds[1]);
	tlsrig_close(&p->files);
}

static void set_send_buffer(struct pair *p, int size)
{
	ck_assert_int_eq(
	    setsockopt(p->fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size),
	    0);
}

/* Count KeyUpdates by the client, or as many as its socket takes. */
static int update_keys(struct pair *p, int count, int kind)
{
	for (int i = 0; i < count; i++) {
		ck_assert(SSL_key_update(p->client, kind));
		if (SSL_do_handshake(p->client) != 1)
			return i;
	}
	return count;
}

static int unread(const struct pair *p)
{
	int bytes = 0;

	ck_assert_int_eq(ioctl(p->fds[0], FIONREAD, &bytes), 0);
	return bytes;
}

START_TEST(test_one_read_takes_some_records_only)
{
	struct pair p;
	int before;

	open_pair(&p);
	ck_assert_int_eq(
	    update_keys(&p, 100, SSL_KEY_UPDATE_NOT_REQUESTED), 100);
	before = unread(&p);
	ck_assert_int_eq(read_once(&p), -EAGAIN);
	ck_assert_int_ge(unread(&p), before - 8 * UPDATE_RECORD);
	ck_assert_int_lt(unread(&p), before);
	close_pair(&p);
}
END_TEST

START_TEST(test_data_behind_them_is_found_and_they_are_counted)
{
	struct pair p;
	ssize_t n;

	open_pair(&p);
	ck_assert_int_eq(
	    update_keys(&p, 100, SSL_KEY_UPDATE_NOT_REQUESTED), 100);
	ck_assert_int_eq(SSL_write(p.client, "data", 4), 4);
	do {
		n = read_once(&p);
	} while (n == -EAGAIN && unread(&p) > 0);
	ck_assert_int_eq(n, 4);
	ck_assert_uint_eq(tls_idle_records(p.server), 100);
	close_pair(&p);
}
END_TEST

START_TEST(test_records_with_data_are_not_counted)
{
	static char data[100000];
	struct pair p;
	size_t got = 0, sent = 0;

	open_pair(&p);
	while (got < sizeof data) {
		int n = sent < sizeof data ? SSL_write(p.client, data + sent,
						 (int)(sizeof data - sent))
					   : 0;
		ssize_t m = read_once(&p);

		sent += n > 0 ? (size_t)n : 0;
		ck_assert(m > 0 || m == -EAGAIN);
		got += m > 0 ? (size_t)m : 0;
	}
	ck_assert_uint_eq(tls_idle_records(p.server), 0);
	close_pair(&p);
}
END_TEST

/* What the client does not take, the server does not owe without end. */
START_TEST(test_while_answers_wait_nothing_is_read)
{
	struct pair p;
	char sink[4096];
	int before, sent;

	open_pair(&p);
	set_send_buffer(&p, 1);
	while (!tls_has_answers(p.server)) {
		sent = update_keys(&p, 10, SSL_KEY_UPDATE_REQUESTED);
		ck_assert_int_gt(sent, 0);
		for (int i = 0; i < sent && !tls_has_answers(p.server); i++)
			ck_assert_int_eq(read_once(&p), -EAGAIN);
	}
	ck_assert_int_gt(update_keys(&p, 10, SSL_KEY_UPDATE_REQUESTED), 0);
	before = unread(&p);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(read_once(&p), -EAGAIN);
	ck_assert_int_eq(unread(&p), before);
	ck_assert_int_eq(tls_writev(p.server, NULL, 0), -EAGAIN);
	/* It takes them: all goes on. */
	while (recv(p.fds[1], sink, sizeof sink, 0) > 0)
		(void)tls_writev(p.server, NULL, 0);
	ck_assert(!tls_has_answers(p.server));
	ck_assert_uint_eq(tls_unsent(p.server), 0);
	/* OpenSSL has answered the one before first, so at the second. */
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(read_once(&p), -EAGAIN);
	ck_assert_int_lt(unread(&p), before);
	close_pair(&p);
}
END_TEST

/* The stream at the client's end, as at the server's. */
START_TEST(test_a_stream_serves_either_end)
{
	struct pair p;
	struct tls *server, *client;
	char word[] = "ping";
	struct iovec iov = { word, 4 };
	ssize_t n;
	int fds[2];

	open_pair(&p);
	tls_setup(p.client_context);
	SSL_free(p.client);
	p.client = SSL_new(p.client_context);
	SSL_set_connect_state(p.client);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	server = tls_server_accept(p.listener, fds[0]);
	client = tls_new(&p.client, fds[1]);
	ck_assert_ptr_null(p.client);
	while (!tls_is_up(server) || !tls_is_up(client)) {
		ck_assert_int_eq(tls_read(client, p.scratch, SCRATCH), -EAGAIN);
		ck_assert_int_eq(tls_read(server, p.scratch, SCRATCH), -EAGAIN);
	}
	ck_assert_int_eq(tls_writev(client, &iov, 1), 4);
	ck_assert_int_eq(tls_read(server, p.scratch, SCRATCH), 4);
	ck_assert_int_eq(tls_writev(server, &iov, 1), 4);
	do
		n = tls_read(client, p.scratch, SCRATCH);
	while (n == -EAGAIN); /* the server's ticket comes first */
	ck_assert_int_eq(n, 4);
	tls_shutdown(server);
	ck_assert_int_eq(tls_read(client, p.scratch, SCRATCH), 0);
	tls_free(client);
	tls_free(server);
	(void)close(fds[0]);
	(void)close(fds[1]);
	close_pair(&p);
}
END_TEST

/* --- what is written --- */

enum { MESSAGE = 64 << 10, HEAD = 10 };

/* Bytes that tell where they are. */
static void fill(char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)((i * 31 + (i >> 8)) & 0xff);
}

/* What the server sends next keeps its bounds: a packet is a send. */
static int open_packets(struct pair *p)
{
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	ck_assert_int_eq(dup2(ends[0], p->fds[0]), p->fds[0]);
	(void)close(ends[0]);
	return ends[1];
}

START_TEST(test_a_frame_of_several_records_is_one_send)
{
	static char message[MESSAGE], packet[2 * MESSAGE];
	char head[HEAD] = "";
	struct iovec iov[] = { { head, HEAD }, { message, MESSAGE } };
	struct pair p;
	ssize_t got;
	int fd;

	open_pair(&p);
	fd = open_packets(&p);
	ck_assert_int_eq(tls_writev(p.server, iov, 2), HEAD + MESSAGE);
	got = recv(fd, packet, sizeof packet, 0);
	ck_assert_int_gt(got, HEAD + MESSAGE);
	ck_assert_int_lt(recv(fd, packet, sizeof packet, 0), 0);
	(void)close(fd);
	close_pair(&p);
}
END_TEST

/* The client reads all that there is; the bytes are those behind *at. */
static void read_all(struct pair *p, const char *expected, size_t *at)
{
	int n;

	while ((n = SSL_read(p->client, p->scratch, 5000)) > 0) {
		ck_assert_mem_eq(p->scratch, expected + *at, (size_t)n);
		*at += (size_t)n;
	}
}

/*
 * Pieces of all sizes to a client that reads now and then. The socket takes
 * part of a record, of several, or none: what is kept for it is never much
 * more than a record.
 */
static void write_to_slow_client(struct pair *p, size_t piece)
{
	static char all[1 << 20];
	size_t at = 0, read = 0;

	fill(all, sizeof all);
	while (read < sizeof all) {
		struct iovec iov[8];
		size_t next = at;
		int count = 0;
		ssize_t n;

		for (; count < 8 && next < sizeof all; count++) {
			size_t left = sizeof all - next;
			size_t len = piece < left ? piece : left;

			iov[count] = (struct iovec){ all + next, len };
			next += len;
		}
		n = tls_writev(p->server, iov, count);
		ck_assert(n >= 0 || n == -EAGAIN);
		at += n > 0 ? (size_t)n : 0;
		ck_assert_uint_le(tls_unsent(p->server), 32768);
		if (n <= 0 || tls_unsent(p->server) > 0)
			read_all(p, all, &read);
	}
	ck_assert_uint_eq(at, sizeof all);
}

START_TEST(test_a_slow_client_gets_all_in_order)
{
	static const int buffers[] = { 1, 32 << 10, 64 << 10, 200 << 10 };
	static const size_t pieces[] = { 130, 5000, 16384, 65546, 300000 };
	struct pair p;

	for (int i = 0; i < 4; i++) {
		open_pair(&p);
		set_send_buffer(&p, buffers[i]);
		for (int j = 0; j < 5; j++)
			write_to_slow_client(&p, pieces[j]);
		close_pair(&p);
	}
}
END_TEST

/* Some ask for records of 512 bytes. */
START_TEST(test_a_client_of_small_records_gets_all_in_order)
{
	struct pair p;

	open_pair_of(&p, TLSEXT_max_fragment_length_512);
	write_to_slow_client(&p, 65546);
	close_pair(&p);
}
END_TEST

START_TEST(test_a_lost_client_leaves_nothing_to_the_next)
{
	static char message[MESSAGE];
	struct iovec iov = { message, MESSAGE };
	struct pair lost, p;

	open_pair(&lost);
	open_pair(&p);
	(void)close(lost.fds[1]);
	ck_assert_int_eq(tls_writev(lost.server, &iov, 1), -EPIPE);
	ck_assert_int_eq(tls_writev(lost.server, &iov, 1), -EPIPE);
	write_to_slow_client(&p, 65546);
	close_pair(&lost);
	close_pair(&p);
}
END_TEST

UNIT_MAIN("sys/tls", test_one_read_takes_some_records_only,
    test_data_behind_them_is_found_and_they_are_counted,
    test_records_with_data_are_not_counted,
    test_while_answers_wait_nothing_is_read, test_a_stream_serves_either_end,
    test_a_frame_of_several_records_is_one_send,
    test_a_slow_client_gets_all_in_order,
    test_a_client_of_small_records_gets_all_in_order,
    test_a_lost_client_leaves_nothing_to_the_next)
