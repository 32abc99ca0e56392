/*
 * tls_handover: OpenSSL's clients of all kinds, whose handshake OpenSSL makes
 * and whose records are our own from then on: all they write and read, with
 * KeyUpdates between, through sockets that take little.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "sys/tls_contexts.h"
#include "sys/tls_handover.h"
#include "sys/tls_tickets.h"
#include "tlsca.h"

static struct tlsca ca;
static struct tlsca_pair pair;

static void set_up(void)
{
	tlsca_open(&ca, "ours");
	tlsca_issue(&ca, &pair, "DNS:localhost", -TLSCA_DAY_S, TLSCA_DAY_S);
}

static void tear_down(void)
{
	tlsca_pair_fini(&pair);
	tlsca_close(&ca);
}

/* --- a client and its server --- */

struct both {
	SSL_CTX *server_ctx, *client_ctx;
	SSL *client;
	struct tls *server;
	int fds[2]; /* the server's, the client's */
	char scratch[65536];
};

static ssize_t read_once(struct both *b)
{
	return tls_read(b->server, b->scratch, sizeof b->scratch);
}

static void take_little(int fd)
{
	const int size = 1;

	ck_assert_int_eq(
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
}

/* A connection of these contexts, before its handshake. */
static void connect_anew(struct both *b)
{
	SSL *own;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b->fds), 0);
	take_little(b->fds[0]);
	take_little(b->fds[1]);
	b->server = tlsca_accept(b->server_ctx, b->fds[0], &own);
	b->client = SSL_new(b->client_ctx);
	ck_assert(SSL_set_fd(b->client, b->fds[1]));
}

/* As after an end that both have said: what they agreed on can be resumed. */
static void disconnect(struct both *b)
{
	SSL_set_shutdown(b->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(b->client);
	tls_free(b->server);
	(void)close(b->fds[0]);
	(void)close(b->fds[1]);
}

static void open_both(struct both *b)
{
	b->server_ctx = tlsca_server(&pair);
	tls_handover_prepare(b->server_ctx);
	ck_assert(SSL_CTX_set_session_id_context(
	    b->server_ctx, (const unsigned char *)"t", 1));
	b->client_ctx = SSL_CTX_new(TLS_client_method());
	(void)SSL_CTX_set_mode(
	    b->client_ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
			       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	connect_anew(b);
}

static void close_both(struct both *b)
{
	disconnect(b);
	SSL_CTX_free(b->server_ctx);
	SSL_CTX_free(b->client_ctx);
}

/* The server's end is up at the client's next word. */
static void shake_hands(struct both *b)
{
	int done;

	do {
		done = SSL_connect(b->client);
		ck_assert_int_eq(read_once(b), -EAGAIN);
		(void)tls_writev(b->server, NULL, 0);
	} while (done != 1 || !tls_is_up(b->server));
}

/* Read what the client has waiting, before any data. */
static void read_tickets(struct both *b)
{
	char c;

	do {
		(void)tls_writev(b->server, NULL, 0);
		ck_assert_int_le(SSL_read(b->client, &c, 1), 0);
		ERR_clear_error();
	} while (tls_unsent(b->server) > 0);
}

/*
 * Whether records are made without OpenSSL, which answers a KeyUpdate at the
 * read behind that which brought it.
 */
static bool is_taken_over(struct both *b)
{
	char c;

	read_tickets(b);
	ck_assert(SSL_key_update(b->client, SSL_KEY_UPDATE_REQUESTED));
	ck_assert_int_eq(SSL_do_handshake(b->client), 1);
	ck_assert_int_eq(read_once(b), -EAGAIN);
	return recv(b->fds[1], &c, 1, MSG_PEEK) == 1;
}

/* --- what goes through --- */

enum { BYTES = 200000, TURNS_MAX = 200000 };

/* Bytes that tell where they are; each direction its own. */
static char byte_at(size_t at, int seed)
{
	return (char)((at * 31 + (at >> 8) + (size_t)seed) & 0xff);
}

static void fill(char *bytes, int seed)
{
	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = byte_at(i, seed);
}

struct flow {
	char bytes[BYTES];
	size_t sent, got;
	size_t again; /* length of a write that is to be tried again */
};

static struct flow up, down; /* from the client, and to it */

static size_t next_len(const struct flow *f, size_t most)
{
	size_t left = BYTES - f->sent;

	if (f->again > 0)
		return f->again;
	return left < most ? left : most;
}

static void check_got(struct flow *f, const char *bytes, ssize_t n)
{
	if (n <= 0)
		return;
	ck_assert_uint_le(f->got + (size_t)n, BYTES);
	ck_assert_mem_eq(bytes, f->bytes + f->got, (size_t)n);
	f->got += (size_t)n;
}

static void move_client(struct both *b, int turn)
{
	size_t len = next_len(&up, 1 + (size_t)turn * 991 % 40000);
	int n;

	ERR_clear_error();
	/* Not while a record of its own is half sent. */
	if (turn % 3 == 0 && SSL_key_update(b->client,
				 turn % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED
					       : SSL_KEY_UPDATE_NOT_REQUESTED))
		(void)SSL_do_handshake(b->client);
	ERR_clear_error();
	n = len > 0 ? SSL_write(b->client, up.bytes + up.sent, (int)len) : 0;
	up.sent += n > 0 ? (size_t)n : 0;
	up.again = n < 0 ? len : 0;
	n = SSL_read(b->client, b->scratch, sizeof b->scratch);
	check_got(&down, b->scratch, n);
}

static void move_server(struct both *b, int turn)
{
	size_t len = next_len(&down, 1 + (size_t)turn * 577 % 50000);
	struct iovec iov = { down.bytes + down.sent, len };
	ssize_t n = tls_writev(b->server, &iov, 1);

	ck_assert(n >= 0 || n == -EAGAIN);
	down.sent += n > 0 ? (size_t)n : 0;
	n = read_once(b);
	ck_assert(n > 0 || n == -EAGAIN);
	check_got(&up, b->scratch, n);
}

/* Both write and read at once, and the client renews keys meanwhile. */
static void exchange(struct both *b)
{
	up.sent = up.got = up.again = 0;
	down.sent = down.got = 0;
	fill(up.bytes, 1);
	fill(down.bytes, 2);
	for (int turn = 0; up.got < BYTES || down.got < BYTES; turn++) {
		ck_assert_int_lt(turn, TURNS_MAX);
		move_client(b, turn);
		move_server(b, turn);
	}
}

/* The end of either side is the other's. */
static void part(struct both *b)
{
	ssize_t n;
	char c;

	tls_shutdown(b->server);
	ck_assert_int_eq(SSL_read(b->client, &c, 1), 0);
	ck_assert_int_eq(SSL_get_error(b->client, 0), SSL_ERROR_ZERO_RETURN);
	ck_assert_int_eq(SSL_shutdown(b->client), 1);
	while ((n = read_once(b)) == -EAGAIN)
		;
	ck_assert_int_eq(n, 0);
	ck_assert(tls_has_ended(b->server));
}

static void check_taken_over(struct both *b)
{
	ck_assert(is_taken_over(b));
	exchange(b);
	part(b);
}

/* --- tests --- */

START_TEST(all_cipher_suites_are_taken_over)
{
	static const char *const suites[] = { "TLS_AES_128_GCM_SHA256",
		"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" };

	for (int i = 0; i < 3; i++) {
		struct both b;

		open_both(&b);
		ck_assert(SSL_set_ciphersuites(b.client, suites[i]));
		shake_hands(&b);
		ck_assert_str_eq(SSL_get_cipher(b.client), suites[i]);
		check_taken_over(&b);
		close_both(&b);
	}
}
END_TEST

/* The tickets are records under the last key: their number matters. */
START_TEST(however_many_tickets_are_sent)
{
	static const size_t counts[] = { 0, 1, 2, 7 };

	for (int i = 0; i < 4; i++) {
		struct both b;

		open_both(&b);
		disconnect(&b);
		ck_assert(SSL_CTX_set_num_tickets(b.server_ctx, counts[i]));
		connect_anew(&b);
		shake_hands(&b);
		check_taken_over(&b);
		close_both(&b);
	}
}
END_TEST

START_TEST(a_resumed_handshake)
{
	SSL_SESSION *session;
	struct both b;

	open_both(&b);
	shake_hands(&b);
	read_tickets(&b);
	session = SSL_get1_session(b.client);
	ck_assert(SSL_SESSION_is_resumable(session));
	disconnect(&b);
	connect_anew(&b);
	ck_assert(SSL_set_session(b.client, session));
	shake_hands(&b);
	ck_assert(SSL_session_reused(b.client));
	ck_assert(tls_is_resumed(b.server));
	check_taken_over(&b);
	SSL_SESSION_free(session);
	close_both(&b);
}
END_TEST

/* Its first guess of a key share is not what the server has. */
START_TEST(a_handshake_with_a_second_hello)
{
	char one[] = "P-384", two[] = "X25519:P-384";
	struct both b;

	open_both(&b);
	disconnect(&b);
	ck_assert(SSL_CTX_set1_groups_list(b.server_ctx, one));
	connect_anew(&b);
	ck_assert(SSL_set1_groups_list(b.client, two));
	shake_hands(&b);
	ck_assert_int_eq(SSL_get_negotiated_group(b.client), NID_secp384r1);
	check_taken_over(&b);
	close_both(&b);
}
END_TEST

/* Its certificate is in the ticket, which is longer than one record then. */
START_TEST(a_client_with_a_certificate_and_short_records)
{
	static const uint8_t lens[] = { TLSEXT_max_fragment_length_DISABLED,
		TLSEXT_max_fragment_length_512, TLSEXT_max_fragment_length_1024,
		TLSEXT_max_fragment_length_4096 };
	struct tlsca_pair own;

	tlsca_issue(&ca, &own, "DNS:a.test", -TLSCA_DAY_S, TLSCA_DAY_S);
	for (int i = 0; i < 4; i++) {
		struct both b;

		open_both(&b);
		disconnect(&b);
		SSL_CTX_set_verify(b.server_ctx,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		ck_assert(
		    SSL_CTX_load_verify_locations(b.server_ctx, ca.file, NULL));
		connect_anew(&b);
		ck_assert(SSL_use_certificate(b.client, own.certificate));
		ck_assert(SSL_use_PrivateKey(b.client, own.key));
		ck_assert(
		    SSL_set_tlsext_max_fragment_length(b.client, lens[i]));
		shake_hands(&b);
		ck_assert_ptr_nonnull(tls_peer(b.server));
		check_taken_over(&b);
		close_both(&b);
	}
	tlsca_pair_fini(&own);
}
END_TEST

/* The context changes in the middle of the handshake then. */
START_TEST(a_client_that_gets_another_certificate_by_its_name)
{
	struct tls_tickets *tickets = tls_tickets_new();
	struct tls_dates dates[2];
	struct tlsca_pair other;
	struct tls_files files[2];
	const struct tls_settings settings = { .pairs = files,
		.pair_count = 2 };
	char name[] = "other.test";
	struct both b;
	struct err e;
	X509 *shown;

	tlsca_issue(&ca, &other, "DNS:other.test", -TLSCA_DAY_S, TLSCA_DAY_S);
	files[0] = (struct tls_files){ pair.file, pair.key_file };
	files[1] = (struct tls_files){ other.file, other.key_file };
	open_both(&b);
	disconnect(&b);
	SSL_CTX_free(b.server_ctx);
	b.server_ctx = tls_contexts_load(&settings, tickets, dates, &e);
	ck_assert_ptr_nonnull(b.server_ctx);
	connect_anew(&b);
	ck_assert(SSL_set_tlsext_host_name(b.client, name));
	shake_hands(&b);
	shown = SSL_get1_peer_certificate(b.client);
	ck_assert_int_eq(X509_cmp(shown, other.certificate), 0);
	X509_free(shown);
	check_taken_over(&b);
	close_both(&b);
	tls_tickets_unref(tickets);
	tlsca_pair_fini(&other);
}
END_TEST

START_TEST(a_client_that_cuts_and_pads_its_records)
{
	static const size_t blocks[] = { 16, 500, 4096, 16384 };

	for (int i = 0; i < 4; i++) {
		struct both b;

		open_both(&b);
		ck_assert(SSL_set_block_padding(b.client, blocks[i]));
		ck_assert(SSL_set_max_send_fragment(b.client, 512));
		shake_hands(&b);
		check_taken_over(&b);
		close_both(&b);
	}
}
END_TEST

/* In one segment with it: a KeyUpdate, and data under the next key. */
START_TEST(what_comes_right_behind_finished_is_read)
{
	struct both b;
	ssize_t n;
	char c;

	open_both(&b);
	while (SSL_connect(b.client) != 1) {
		ck_assert(!tls_is_up(b.server));
		ck_assert_int_eq(read_once(&b), -EAGAIN);
		(void)tls_writev(b.server, NULL, 0);
	}
	ck_assert(!tls_is_up(b.server));
	ck_assert_int_eq(SSL_write(b.client, "first", 5), 5);
	ck_assert(SSL_key_update(b.client, SSL_KEY_UPDATE_REQUESTED));
	ck_assert_int_eq(SSL_write(b.client, "second", 6), 6);
	ck_assert_int_eq(read_once(&b), 5);
	ck_assert_mem_eq(b.scratch, "first", 5);
	while ((n = read_once(&b)) == -EAGAIN)
		ck_assert_int_le(SSL_read(b.client, &c, 1), 0);
	ck_assert_int_eq(n, 6);
	ck_assert_mem_eq(b.scratch, "second", 6);
	check_taken_over(&b);
	close_both(&b);
}
END_TEST

START_TEST(an_older_tls_stays_with_openssl)
{
	struct iovec iov = { (void *)(uintptr_t) "word", 4 };
	struct both b;

	open_both(&b);
	ck_assert(SSL_set_max_proto_version(b.client, TLS1_2_VERSION));
	shake_hands(&b);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(SSL_write(b.client, "a word", 6), 6);
		/* A part, and the rest is inside; ours has no such thing. */
		ck_assert_int_eq(tls_read(b.server, b.scratch, 2), 2);
		ck_assert_uint_eq(tls_pending(b.server), 4);
		ck_assert_int_eq(read_once(&b), 4);
		ck_assert_int_eq(tls_writev(b.server, &iov, 1), 4);
		ck_assert_int_eq(SSL_read(b.client, b.scratch, 9), 4);
	}
	part(&b);
	close_both(&b);
}
END_TEST

/* And what is not a server's prepared context, whatever its version. */
START_TEST(a_context_that_was_not_prepared_stays_with_openssl)
{
	struct both b;

	open_both(&b);
	disconnect(&b);
	SSL_CTX_free(b.server_ctx);
	b.server_ctx = tlsca_server(&pair);
	connect_anew(&b);
	shake_hands(&b);
	ck_assert_int_eq(SSL_version(b.client), TLS1_3_VERSION);
	ck_assert(!is_taken_over(&b));
	exchange(&b);
	close_both(&b);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_handover",
    all_cipher_suites_are_taken_over, however_many_tickets_are_sent,
    a_resumed_handshake, a_handshake_with_a_second_hello,
    a_client_with_a_certificate_and_short_records,
    a_client_that_gets_another_certificate_by_its_name,
    a_client_that_cuts_and_pads_its_records,
    what_comes_right_behind_finished_is_read, an_older_tls_stays_with_openssl,
    a_context_that_was_not_prepared_stays_with_openssl)
