/*
 * tls: how much one read does, what counts as a record without data, and that
 * who does not take the answers is not read. A real client at the other end
 * of a socket pair.
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

static void open_pair(struct pair *p)
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
	do {
		done = SSL_connect(p->client);
		ck_assert_int_eq(read_once(p), -EAGAIN);
	} while (done != 1 || !tls_is_up(p->server));
	/* Behind a record with data nothing of the handshake counts. */
	ck_assert_int_eq(SSL_write(p->client, "x", 1), 1);
	ck_assert_int_eq(read_once(p), 1);
	tls_forget_idle(p->server);
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
	const int small = 1;
	struct pair p;
	char sink[4096];
	int before, sent;

	open_pair(&p);
	ck_assert_int_eq(
	    setsockopt(p.fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small),
	    0);
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

UNIT_MAIN("sys/tls", test_one_read_takes_some_records_only,
    test_data_behind_them_is_found_and_they_are_counted,
    test_records_with_data_are_not_counted,
    test_while_answers_wait_nothing_is_read, test_a_stream_serves_either_end)
