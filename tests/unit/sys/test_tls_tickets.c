/*
 * tls_tickets: who may come back by which ticket. Real clients, and servers
 * whose keys turn, or stand in a file that another server reads as well.
 */
#include <errno.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "sys/tls.h"
#include "sys/tls_server.h"
#include "sys/tls_tickets.h"
#include "tlsrig.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static int version; /* of TLS: each test is run with 1.2 and 1.3 */
static struct tlsrig files;
static char keys_file[80];
static SSL_SESSION *ticket; /* that the last visit has brought */

static void set_up(void)
{
	tlsrig_open(&files);
	(void)snprintf(keys_file, sizeof keys_file, "%s/keys", files.folder);
}

static void set_up_1_2(void)
{
	version = TLS1_2_VERSION;
	set_up();
}

static void set_up_1_3(void)
{
	version = TLS1_3_VERSION;
	set_up();
}

static void tear_down(void)
{
	SSL_SESSION_free(ticket);
	ticket = NULL;
	(void)unlink(keys_file);
	tlsrig_close(&files);
}

static void write_keys(const char *text)
{
	FILE *f = fopen(keys_file, "w");

	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Settings with these keys, or those of its own; ca: clients show one of it. */
static int read_into(
    struct tls_server **t, const char *keys, const char *ca, struct err *e)
{
	const struct tls_files pair = { files.certificate, files.key };
	const struct tls_settings s = {
		.pairs = &pair,
		.pair_count = 1,
		.ticket_keys = keys,
		.visitors = { .ca = ca, .must_show = true },
	};

	if (*t)
		return tls_server_read(*t, &s, e);
	*t = tls_server_new(&s, e);
	return *t ? 0 : -1;
}

static struct tls_server *server_with(const char *keys, const char *ca)
{
	struct tls_server *t = NULL;
	struct err e = { "" };

	ck_assert_msg(read_into(&t, keys, ca, &e) == 0, "%s", e.text);
	return t;
}

/* --- a visit --- */

static SSL_CTX *new_client(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	ck_assert(SSL_CTX_set_min_proto_version(ctx, version));
	ck_assert(SSL_CTX_set_max_proto_version(ctx, version));
	return ctx;
}

/* The server's end: whether it came to a word of the client. */
static bool shake(struct tls *server, SSL *client)
{
	char word[TLS_READ_MIN];
	ssize_t n = -EAGAIN;
	int done = 0;

	for (int i = 0; i < 20 && n == -EAGAIN; i++) {
		done = done == 1 ? 1 : SSL_connect(client);
		if (done == 1 && i > 2)
			(void)SSL_write(client, "x", 1);
		n = tls_read(server, word, sizeof word);
	}
	(void)SSL_read(client, word, 1); /* what TLS 1.3 sends behind */
	return n > 0;
}

/* A copy: OpenSSL spoils a session that has been resumed. */
static void offer(SSL *client, const SSL_SESSION *session)
{
	SSL_SESSION *copy = SSL_SESSION_dup(session);

	ck_assert(SSL_set_session(client, copy));
	SSL_SESSION_free(copy);
}

enum outcome { REFUSED, FULL, RESUMED };

/* Come with a session or without, borrowed; ticket is what it has brought. */
static enum outcome visit(struct tls_server *t, SSL_SESSION *session)
{
	SSL_CTX *ctx = new_client();
	SSL *client = SSL_new(ctx);
	enum outcome outcome = REFUSED;
	struct tls *server;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	server = tls_server_accept(t, fds[0]);
	ck_assert(SSL_set_fd(client, fds[1]));
	if (session)
		offer(client, session);
	if (shake(server, client)) {
		outcome = tls_is_resumed(server) ? RESUMED : FULL;
		SSL_SESSION_free(ticket);
		ticket = SSL_get1_session(client);
		ck_assert_int_eq(
		    SSL_session_reused(client), outcome == RESUMED);
	}
	SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(client);
	SSL_CTX_free(ctx);
	tls_free(server);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return outcome;
}

/* The ticket of a first visit, owned by the caller. */
static SSL_SESSION *ticket_of(struct tls_server *t)
{
	SSL_SESSION *taken;

	ck_assert_int_eq(visit(t, NULL), FULL);
	ck_assert_ptr_nonnull(ticket);
	taken = ticket;
	ticket = NULL;
	return taken;
}

static bool is_of_one_key(const SSL_SESSION *a, const SSL_SESSION *b)
{
	const unsigned char *of_a, *of_b;
	size_t len;

	SSL_SESSION_get0_ticket(a, &of_a, &len);
	SSL_SESSION_get0_ticket(b, &of_b, &len);
	return memcmp(of_a, of_b, 16) == 0; /* its name */
}

/* --- tests --- */

START_TEST(own_keys_live_for_two_lifetimes_of_a_ticket)
{
	struct tls_server *t = server_with(NULL, NULL);
	SSL_SESSION *first = ticket_of(t);
	SSL_SESSION *renewed;

	ck_assert_int_eq(SSL_SESSION_get_ticket_lifetime_hint(first),
	    TLS_TICKETS_LIFETIME_S);
	ck_assert_int_eq(visit(t, first), RESUMED);
	ck_assert(is_of_one_key(ticket, first));
	/* Who comes by the former key gets a ticket of the present one. */
	tls_server_turn_tickets(t);
	ck_assert_int_eq(visit(t, first), RESUMED);
	ck_assert(!is_of_one_key(ticket, first));
	renewed = ticket;
	ticket = NULL;
	tls_server_turn_tickets(t);
	ck_assert_int_eq(visit(t, first), FULL);
	ck_assert_int_eq(visit(t, renewed), RESUMED);
	SSL_SESSION_free(first);
	SSL_SESSION_free(renewed);
	tls_server_free(t);
}
END_TEST

START_TEST(own_keys_outlive_a_reload_and_turn_behind_it)
{
	struct tls_server *t = server_with(NULL, NULL);
	SSL_SESSION *first = ticket_of(t);
	struct err e = { "" };

	ck_assert_int_eq(read_into(&t, NULL, NULL, &e), 0);
	tls_server_use(t);
	ck_assert_int_eq(visit(t, first), RESUMED);
	tls_server_turn_tickets(t);
	tls_server_turn_tickets(t);
	ck_assert_int_eq(visit(t, first), FULL);
	SSL_SESSION_free(first);
	tls_server_free(t);
}
END_TEST

START_TEST(own_keys_are_nobody_elses)
{
	struct tls_server *a = server_with(NULL, NULL);
	struct tls_server *b = server_with(NULL, NULL);
	SSL_SESSION *session = ticket_of(a);

	ck_assert_int_eq(visit(b, session), FULL);
	ck_assert_int_eq(visit(a, session), RESUMED);
	SSL_SESSION_free(session);
	tls_server_free(a);
	tls_server_free(b);
}
END_TEST

START_TEST(keys_of_a_file_are_shared_and_do_not_turn)
{
	struct tls_server *a, *b;
	SSL_SESSION *session;

	write_keys(KEY_A "\n");
	a = server_with(keys_file, NULL);
	session = ticket_of(a);
	tls_server_turn_tickets(a);
	tls_server_turn_tickets(a);
	ck_assert_int_eq(visit(a, session), RESUMED);
	tls_server_free(a);
	write_keys(KEY_B "\n" KEY_A "\n");
	b = server_with(keys_file, NULL);
	ck_assert_int_eq(visit(b, session), RESUMED);
	SSL_SESSION_free(session);
	tls_server_free(b);
}
END_TEST

START_TEST(a_reload_goes_from_own_keys_to_a_file_and_back)
{
	struct tls_server *t = server_with(NULL, NULL);
	SSL_SESSION *own = ticket_of(t), *shared;
	struct err e = { "" };

	write_keys(KEY_A "\n");
	ck_assert_int_eq(read_into(&t, keys_file, NULL, &e), 0);
	ck_assert_int_eq(visit(t, own), RESUMED);
	tls_server_use(t);
	ck_assert_int_eq(visit(t, own), FULL);
	shared = ticket_of(t);
	ck_assert_int_eq(read_into(&t, NULL, NULL, &e), 0);
	tls_server_use(t);
	ck_assert_int_eq(visit(t, shared), FULL);
	write_keys("");
	ck_assert_int_lt(read_into(&t, keys_file, NULL, &e), 0);
	ck_assert_ptr_eq(strstr(e.text, keys_file), e.text);
	SSL_SESSION_free(own);
	SSL_SESSION_free(shared);
	tls_server_free(t);
}
END_TEST

/*
 * Of an earlier process, say, that asked nobody: a ticket spares nobody the
 * certificate, whatever keys open it.
 */
START_TEST(who_has_to_show_a_certificate_does_not_come_by_a_ticket)
{
	struct tls_server *open, *asking;
	SSL_SESSION *session;

	write_keys(KEY_A "\n");
	open = server_with(keys_file, NULL);
	session = ticket_of(open);
	asking = server_with(keys_file, files.certificate);
	ck_assert_int_eq(visit(asking, session), REFUSED);
	ck_assert_int_eq(visit(asking, NULL), REFUSED);
	ck_assert_int_eq(visit(open, session), RESUMED);
	SSL_SESSION_free(session);
	tls_server_free(open);
	tls_server_free(asking);
}
END_TEST

START_TEST(a_ticket_is_of_one_certificate)
{
	struct tls_server *before, *after;
	SSL_SESSION *session;

	write_keys(KEY_A "\n");
	before = server_with(keys_file, NULL);
	session = ticket_of(before);
	tlsrig_write(&files, 3600);
	after = server_with(keys_file, NULL);
	ck_assert_int_eq(visit(after, session), FULL);
	SSL_SESSION_free(session);
	tls_server_free(before);
	tls_server_free(after);
}
END_TEST

static void add_all(Suite *suite, const char *name, SFun begin)
{
	const unit_test tests[] = {
		own_keys_live_for_two_lifetimes_of_a_ticket,
		own_keys_outlive_a_reload_and_turn_behind_it,
		own_keys_are_nobody_elses,
		keys_of_a_file_are_shared_and_do_not_turn,
		a_reload_goes_from_own_keys_to_a_file_and_back,
		who_has_to_show_a_certificate_does_not_come_by_a_ticket,
		a_ticket_is_of_one_certificate,
	};
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 600);
	tcase_add_checked_fixture(tcase, begin, tear_down);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
}

/* One program, and so one summary, of both versions. */
int main(void)
{
	Suite *suite = suite_create("sys/tls_tickets");
	SRunner *runner;
	int failed;

	add_all(suite, "TLS 1.2", set_up_1_2);
	add_all(suite, "TLS 1.3", set_up_1_3);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
