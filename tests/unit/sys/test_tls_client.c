/*
 * tls_client and tls_refusal: whom a client believes, and what it says of the
 * others. The server at the other end of a socket pair is OpenSSL's.
 */
#include <errno.h>

#include "sys/tls_client.h"
#include "sys/tls_refusal.h"
#include "tlsca.h"

enum { SCRATCH = 65536 };

static struct tlsca ca;
static struct tlsca_pair pair;
static SSL_CTX *server;
static struct tls_client_files files;

static void set_up(void)
{
	tlsca_open(&ca, "ours");
	tlsca_issue(&ca, &pair,
	    "DNS:redis.test,DNS:*.wild.test,IP:127.0.0.1,"
	    "IP:::1",
	    -TLSCA_DAY_S, TLSCA_DAY_S);
	server = tlsca_server(&pair);
	files = (struct tls_client_files){ .ca = ca.file };
}

static void tear_down(void)
{
	SSL_CTX_free(server);
	tlsca_pair_fini(&pair);
	tlsca_close(&ca);
}

/* The same authority's other certificate for the server. */
static void present(const char *names, long begin_s, long end_s)
{
	SSL_CTX_free(server);
	tlsca_pair_fini(&pair);
	tlsca_issue(&ca, &pair, names, begin_s, end_s);
	server = tlsca_server(&pair);
}

enum { ACCEPTED = -1 };

/* Both ends go on until data has come, or one of them has ended. */
static int shake_hands(struct tls *client, struct tls *at_server)
{
	static char scratch[SCRATCH];
	const struct iovec word = { (void *)(uintptr_t) "pong", 4 };
	bool has_said = false;

	for (int turns = 0; turns < 1000; turns++) {
		ssize_t got = tls_read(client, scratch, SCRATCH);

		if (got == 4)
			return ACCEPTED;
		if (got != -EAGAIN)
			return (int)tls_refusal_of(client);
		got = tls_read(at_server, scratch, SCRATCH);
		if (got == -EAGAIN && !has_said && tls_is_up(at_server))
			has_said = tls_writev(at_server, &word, 1) == 4;
	}
	ck_abort_msg("a handshake without an end");
}

/* What becomes of a client that expects this name. */
static int meet(const char *name)
{
	struct tls *client, *at_server;
	struct err e = { "" };
	int fds[2], outcome;
	SSL *ignored;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_msg(
	    tls_client_connect(&client, &files, name, fds[0], &e) == 0, "%s",
	    e.text);
	at_server = tlsca_accept(server, fds[1], &ignored);
	outcome = shake_hands(client, at_server);
	tls_free(client);
	tls_free(at_server);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return outcome;
}

/* --- names --- */

START_TEST(names_and_addresses_of_the_certificate_are_believed)
{
	ck_assert_int_eq(meet("redis.test"), ACCEPTED);
	ck_assert_int_eq(meet("Redis.TEST"), ACCEPTED);
	ck_assert_int_eq(meet("redis.test."), ACCEPTED);
	ck_assert_int_eq(meet("a.wild.test"), ACCEPTED);
	ck_assert_int_eq(meet("127.0.0.1"), ACCEPTED);
	ck_assert_int_eq(meet("::1"), ACCEPTED);
	ck_assert_int_eq(meet("0:0:0:0:0:0:0:1"), ACCEPTED);
}
END_TEST

START_TEST(other_names_and_addresses_are_not)
{
	ck_assert_int_eq(meet("other.test"), TLS_REFUSAL_NAME);
	ck_assert_int_eq(meet("a.b.wild.test"), TLS_REFUSAL_NAME);
	ck_assert_int_eq(meet("wild.test"), TLS_REFUSAL_NAME);
	ck_assert_int_eq(meet("127.0.0.2"), TLS_REFUSAL_NAME);
	ck_assert_int_eq(meet("::2"), TLS_REFUSAL_NAME);
}
END_TEST

/* Its subject is localhost: that is no name of it, nor is a text an address. */
START_TEST(names_stand_nowhere_else)
{
	ck_assert_int_eq(meet("localhost"), TLS_REFUSAL_NAME);
	present(NULL, -TLSCA_DAY_S, TLSCA_DAY_S);
	ck_assert_int_eq(meet("localhost"), TLS_REFUSAL_NAME);
	present("DNS:127.0.0.1", -TLSCA_DAY_S, TLSCA_DAY_S);
	ck_assert_int_eq(meet("127.0.0.1"), TLS_REFUSAL_NAME);
}
END_TEST

static char sni[64];

static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert, (void)arg;
	(void)snprintf(sni, sizeof sni, "%s", name ? name : "(none)");
	return SSL_TLSEXT_ERR_OK;
}

START_TEST(a_name_is_told_and_an_address_is_not)
{
	SSL_CTX_set_tlsext_servername_callback(server, on_client_hello);
	ck_assert_int_eq(meet("redis.test."), ACCEPTED);
	ck_assert_str_eq(sni, "redis.test");
	ck_assert_int_eq(meet("127.0.0.1"), ACCEPTED);
	ck_assert_str_eq(sni, "(none)");
}
END_TEST

START_TEST(a_name_that_nobody_can_have_is_refused_here)
{
	char name[300] = "";
	struct err e = { "" };
	struct tls *none;

	ck_assert_int_lt(tls_client_connect(&none, &files, "", -1, &e), 0);
	memset(name, 'a', sizeof name - 1);
	ck_assert_int_lt(tls_client_connect(&none, &files, name, -1, &e), 0);
	ck_assert_ptr_null(none);
}
END_TEST

/* --- issuers and dates --- */

START_TEST(an_issuer_that_was_not_named_is_not_believed)
{
	struct tlsca other;

	tlsca_open(&other, "other");
	files.ca = other.file;
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_ISSUER);
	files.ca = NULL; /* the system does not know it either */
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_ISSUER);
	tlsca_close(&other);
}
END_TEST

/* Made anew under its old name, as by who runs the same commands again. */
START_TEST(an_issuer_of_the_same_name_is_not_believed)
{
	struct tlsca other;

	tlsca_open(&other, "ours");
	files.ca = other.file;
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_ISSUER);
	tlsca_close(&other);
}
END_TEST

START_TEST(one_of_several_issuers_is_enough)
{
	struct tlsca other;
	FILE *f;

	tlsca_open(&other, "other");
	f = fopen(other.file, "a");
	ck_assert(PEM_write_X509(f, ca.own));
	ck_assert_int_eq(fclose(f), 0);
	files.ca = other.file;
	ck_assert_int_eq(meet("redis.test"), ACCEPTED);
	tlsca_close(&other);
}
END_TEST

START_TEST(a_certificate_may_be_named_itself)
{
	files.ca = pair.file;
	ck_assert_int_eq(meet("redis.test"), ACCEPTED);
	ck_assert_int_eq(meet("other.test"), TLS_REFUSAL_NAME);
}
END_TEST

START_TEST(a_server_out_of_its_dates_is_refused)
{
	present("DNS:redis.test", -2 * TLSCA_DAY_S, -TLSCA_DAY_S);
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_EXPIRED);
	present("DNS:redis.test", TLSCA_DAY_S / 2, TLSCA_DAY_S);
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_EARLY);
}
END_TEST

/* --- who we are --- */

static void ask_for_certificate(int version)
{
	ck_assert(SSL_CTX_load_verify_file(server, ca.file));
	SSL_CTX_set_verify(
	    server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	ck_assert(SSL_CTX_set_max_proto_version(server, version));
}

START_TEST(a_server_that_asks_gets_our_certificate)
{
	ask_for_certificate(TLS1_3_VERSION);
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_WANTED);
	files.certificate = pair.file;
	files.key = pair.key_file;
	ck_assert_int_eq(meet("redis.test"), ACCEPTED);
}
END_TEST

START_TEST(in_an_old_version_it_says_less)
{
	ask_for_certificate(TLS1_2_VERSION);
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_ALERT);
}
END_TEST

START_TEST(a_server_that_does_not_believe_us_says_so)
{
	struct tlsca_pair ours;
	struct tlsca other;

	tlsca_open(&other, "other");
	tlsca_issue(&other, &ours, NULL, -TLSCA_DAY_S, TLSCA_DAY_S);
	ask_for_certificate(TLS1_3_VERSION);
	files.certificate = ours.file;
	files.key = ours.key_file;
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_OURS);
	tlsca_pair_fini(&ours);
	tlsca_close(&other);
}
END_TEST

/* --- no TLS --- */

/* What a client calls it when these bytes come, and then the end. */
static enum tls_refusal when(const char *bytes)
{
	static char scratch[SCRATCH];
	enum tls_refusal why;
	struct tls *client;
	struct err e;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_int_eq(
	    tls_client_connect(&client, &files, "redis.test", fds[0], &e), 0);
	ck_assert_int_eq(write(fds[1], bytes, strlen(bytes)), strlen(bytes));
	(void)shutdown(fds[1], SHUT_WR);
	while (tls_read(client, scratch, SCRATCH) == -EAGAIN)
		;
	why = tls_refusal_of(client);
	tls_free(client);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return why;
}

START_TEST(what_is_no_tls_is_called_so)
{
	ck_assert_int_eq(when("-ERR unknown command\r\n"), TLS_REFUSAL_PLAIN);
	ck_assert_int_eq(
	    when("HTTP/1.1 400 Bad Request\r\n"), TLS_REFUSAL_PLAIN);
	ck_assert_int_eq(when("220 mail.test ESMTP\r\n"), TLS_REFUSAL_PLAIN);
	ck_assert_int_eq(when(""), TLS_REFUSAL_CLOSED);
	ck_assert_int_eq(when("-ER"), TLS_REFUSAL_CLOSED);
}
END_TEST

START_TEST(without_a_version_in_common_nothing_comes_about)
{
	ck_assert(SSL_CTX_set_min_proto_version(server, TLS1_1_VERSION));
	ck_assert(SSL_CTX_set_max_proto_version(server, TLS1_1_VERSION));
	SSL_CTX_set_security_level(server, 0);
	ck_assert_int_eq(meet("redis.test"), TLS_REFUSAL_VERSION);
}
END_TEST

/* --- files --- */

static void check_says(
    int rc, const struct err *e, const char *file, const char *text)
{
	ck_assert_int_lt(rc, 0);
	ck_assert_msg(strstr(e->text, file) == e->text, "%s", e->text);
	ck_assert_msg(strstr(e->text, text) != NULL, "%s", e->text);
}

static void check_ca(const char *file, const char *text)
{
	struct err e = { "" };

	files.ca = file;
	check_says(tls_client_check_ca(&files, &e), &e, file, text);
}

START_TEST(a_file_that_names_no_issuer_is_refused)
{
	struct tlsca old, early;
	char none[TLSCA_PATH_MAX + 8];

	check_ca(pair.key_file, "holds no certificate");
	check_ca("/dev/null", "holds no certificate");
	(void)snprintf(none, sizeof none, "%s-none", ca.file);
	check_ca(none, "No such file");
	check_ca(ca.folder, "Is a directory");
	tlsca_open_dated(&old, "old", -2 * TLSCA_DAY_S, -TLSCA_DAY_S);
	check_ca(old.file, "expired");
	tlsca_open_dated(&early, "early", TLSCA_DAY_S, 2 * TLSCA_DAY_S);
	check_ca(early.file, "not valid yet");
	tlsca_close(&early);
	tlsca_close(&old);
}
END_TEST

START_TEST(a_file_that_is_cut_is_refused)
{
	ck_assert_int_eq(truncate(ca.file, 200), 0);
	check_ca(ca.file, "certificate 1 in it is broken");
}
END_TEST

static void check_pair(const char *file, const char *text)
{
	struct err e = { "" };

	check_says(tls_client_check_pair(&files, &e), &e, file, text);
}

START_TEST(a_pair_that_is_none_is_refused)
{
	struct tlsca_pair other;
	struct err e;

	ck_assert_int_eq(tls_client_check_pair(&files, &e), 0);
	tlsca_issue(&ca, &other, NULL, -2 * TLSCA_DAY_S, -TLSCA_DAY_S);
	files.certificate = pair.file;
	files.key = other.key_file;
	check_pair(other.key_file, "not the key of");
	files.certificate = other.file;
	check_pair(other.file, "expired");
	files.certificate = pair.key_file;
	check_pair(pair.key_file, "cannot be used as a PEM certificate");
	files.certificate = pair.file;
	files.key = pair.key_file;
	ck_assert_int_eq(tls_client_check_pair(&files, &e), 0);
	tlsca_pair_fini(&other);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_client",
    names_and_addresses_of_the_certificate_are_believed,
    other_names_and_addresses_are_not, names_stand_nowhere_else,
    a_name_is_told_and_an_address_is_not,
    a_name_that_nobody_can_have_is_refused_here,
    an_issuer_that_was_not_named_is_not_believed,
    an_issuer_of_the_same_name_is_not_believed,
    one_of_several_issuers_is_enough, a_certificate_may_be_named_itself,
    a_server_out_of_its_dates_is_refused,
    a_server_that_asks_gets_our_certificate, in_an_old_version_it_says_less,
    a_server_that_does_not_believe_us_says_so, what_is_no_tls_is_called_so,
    without_a_version_in_common_nothing_comes_about,
    a_file_that_names_no_issuer_is_refused, a_file_that_is_cut_is_refused,
    a_pair_that_is_none_is_refused)
