/*
 * tls_ciphers: what clients with other wishes get from a listener.
 */
#include <errno.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "sys/tls.h"
#include "sys/tls_ciphers.h"
#include "sys/tls_server.h"
#include "tlsrig.h"

static struct tlsrig files;
static struct tls_server *listener;

static void set_up(void)
{
	struct err e = { "" };

	tlsrig_open(&files);
	listener = tlsrig_listen(&files, &e);
	ck_assert_msg(listener != NULL, "%s", e.text);
}

static void tear_down(void)
{
	tls_server_free(listener);
	tlsrig_close(&files);
}

static void shake_hands(SSL *client, struct tls *server)
{
	char scratch[TLS_READ_MIN];
	int done;

	do {
		done = SSL_connect(client);
		ck_assert_int_eq(
		    tls_read(server, scratch, sizeof scratch), -EAGAIN);
	} while (done != 1 || !tls_is_up(server));
}

/* The cipher that a client of this version gets with what it has. */
static void check(int version, const char *has, const char *gets)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct tls *server;
	SSL *client;
	int fds[2];

	ck_assert(SSL_CTX_set_max_proto_version(ctx, version));
	if (has)
		ck_assert(version == TLS1_3_VERSION
			      ? SSL_CTX_set_ciphersuites(ctx, has)
			      : SSL_CTX_set_cipher_list(ctx, has));
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	server = tls_server_accept(listener, fds[0]);
	client = SSL_new(ctx);
	ck_assert(SSL_set_fd(client, fds[1]));
	shake_hands(client, server);
	ck_assert_str_eq(SSL_get_cipher(client), gets);
	SSL_free(client);
	SSL_CTX_free(ctx);
	tls_free(server);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

START_TEST(who_can_use_all_gets_aes_128)
{
	check(TLS1_3_VERSION, NULL, "TLS_AES_128_GCM_SHA256");
	check(TLS1_2_VERSION, NULL, "ECDHE-ECDSA-AES128-GCM-SHA256");
}
END_TEST

START_TEST(who_puts_chacha_first_gets_it)
{
	check(TLS1_3_VERSION,
	    "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
	    "TLS_CHACHA20_POLY1305_SHA256");
	check(TLS1_3_VERSION,
	    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
	    "TLS_AES_128_GCM_SHA256",
	    "TLS_AES_128_GCM_SHA256");
	check(TLS1_2_VERSION,
	    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256",
	    "ECDHE-ECDSA-CHACHA20-POLY1305");
}
END_TEST

START_TEST(who_has_no_aes_128_gets_what_it_has)
{
	check(
	    TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384");
	check(TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384",
	    "ECDHE-ECDSA-AES256-GCM-SHA384");
}
END_TEST

/* As a system's policy may have it (openssl.cnf): none comes back. */
START_TEST(what_is_left_out_stays_out)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	STACK_OF(SSL_CIPHER) * ciphers;

	ck_assert(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384"));
	ck_assert(SSL_CTX_set_cipher_list(ctx,
	    "ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256:"
	    "ECDHE-RSA-AES128-GCM-SHA256"));
	ck_assert(tls_ciphers_order(ctx));
	ciphers = SSL_CTX_get_ciphers(ctx);
	ck_assert_int_eq(sk_SSL_CIPHER_num(ciphers), 4);
	for (int i = 0; i < 4; i++) {
		static const char *const expected[] = {
			"TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES128-GCM-SHA256",
			"ECDHE-RSA-AES256-GCM-SHA384", "AES128-GCM-SHA256"
		};

		ck_assert_str_eq(
		    SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)),
		    expected[i]);
	}
	SSL_CTX_free(ctx);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "sys/tls_ciphers",
    who_can_use_all_gets_aes_128, who_puts_chacha_first_gets_it,
    who_has_no_aes_128_gets_what_it_has, what_is_left_out_stays_out)
