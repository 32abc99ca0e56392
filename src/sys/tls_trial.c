#include "sys/tls_trial.h"

#include <errno.h>
#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Flights there and back, and again where a chain does not fit at once. */
enum { TURNS_MAX = 64 };

struct trial {
	SSL *server; /* owned */
	SSL *client; /* owned */
};

static int connect_both(struct trial *t)
{
	BIO *at_server = NULL, *at_client = NULL;

	if (!t->server || !t->client ||
	    BIO_new_bio_pair(&at_server, 0, &at_client, 0) != 1)
		return -ENOMEM;
	SSL_set_bio(t->server, at_server, at_server);
	SSL_set_bio(t->client, at_client, at_client);
	SSL_set_accept_state(t->server);
	SSL_set_connect_state(t->client);
	return 0;
}

/* True when the trial is over; false when the other side has to go on. */
static bool go_on(SSL *ssl, int *status)
{
	int done = SSL_do_handshake(ssl);

	if (done != 1)
		switch (SSL_get_error(ssl, done)) {
		case SSL_ERROR_WANT_READ:
		case SSL_ERROR_WANT_WRITE:
			return false;
		default:
			*status = -EINVAL;
		}
	return true;
}

static int shake_hands(struct trial *t)
{
	int status = 0;

	for (int i = 0; i < TURNS_MAX && status == 0; i++) {
		bool is_client_done = go_on(t->client, &status);

		if (status == 0 && go_on(t->server, &status) && is_client_done)
			return status;
	}
	return -EINVAL;
}

static SSL *new_client(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *client = ctx ? SSL_new(ctx) : NULL;

	SSL_CTX_free(ctx); /* the client holds it */
	return client;
}

int tls_trial(SSL_CTX *server, const char *certificate, struct err *e)
{
	struct trial t = { SSL_new(server), new_client() };
	const char *reason;
	int status;

	ERR_clear_error();
	status = connect_both(&t);
	if (status == 0)
		status = shake_hands(&t);
	if (status < 0) {
		reason = ERR_reason_error_string(ERR_peek_error());
		(void)err_set(e, status,
		    "%s: no TLS handshake is possible with it: %s", certificate,
		    reason ? reason : "out of memory");
	}
	SSL_free(t.server);
	SSL_free(t.client);
	ERR_clear_error();
	return status;
}
