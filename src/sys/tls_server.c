#include "sys/tls_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sys/tls.h"
#include "sys/tls_pair.h"
#include "sys/tls_trial.h"

struct tls_server {
	const char *certificate; /* borrowed */
	const char *key;
	pthread_mutex_t lock;
	SSL_CTX *current; /* under lock where it changes; one reference */
	SSL_CTX *fresh;   /* owned; read, and not used yet */
};

/* Browsers ask for http/1.1 on a WebSocket; h2 alone is no match. */
static int select_protocol(SSL *ssl, const unsigned char **out,
    unsigned char *out_len, const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char http11[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, http11, sizeof http11 - 1,
		in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Settings of a server, beyond what every stream needs. */
static void set_up(SSL_CTX *ctx)
{
	static const unsigned char session_context[] = "roomcast";

	tls_setup(ctx);
	(void)SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* Resumption by tickets: the client keeps the session, not we. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_session_id_context(
	    ctx, session_context, sizeof session_context - 1);
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
}

static SSL_CTX *load(const char *certificate, const char *key, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	set_up(ctx);
	if (tls_pair_load(ctx, certificate, key, e) < 0 ||
	    tls_trial(ctx, certificate, e) < 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

struct tls_server *tls_server_new(
    const char *certificate, const char *key, struct err *e)
{
	SSL_CTX *ctx = load(certificate, key, e);
	struct tls_server *t;

	if (!ctx)
		return NULL;
	t = xcalloc(1, sizeof *t);
	t->certificate = certificate;
	t->key = key;
	t->current = ctx;
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

void tls_server_free(struct tls_server *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->current);
	SSL_CTX_free(t->fresh);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Tickets of the old context stay good in the new one. */
static void keep_ticket_keys(SSL_CTX *from, SSL_CTX *to)
{
	unsigned char keys[80];
	long size = SSL_CTX_get_tlsext_ticket_keys(from, NULL, 0);

	if (size > 0 && size <= (long)sizeof keys &&
	    SSL_CTX_get_tlsext_ticket_keys(from, keys, size) == 1)
		(void)SSL_CTX_set_tlsext_ticket_keys(to, keys, size);
	OPENSSL_cleanse(keys, sizeof keys);
}

/* As load, but a certificate out of its dates is no better than the old one. */
int tls_server_read(struct tls_server *t, struct err *e)
{
	struct tls_dates dates;
	const char *fault;

	t->fresh = load(t->certificate, t->key, e);
	if (!t->fresh)
		return -EINVAL;
	dates = tls_pair_dates(t->fresh);
	fault = tls_dates_fault(&dates, clock_wall_ms() / 1000);
	if (!fault)
		return 0;
	tls_server_drop(t);
	return err_set(e, -EINVAL, "%s: %s", t->certificate, fault);
}

void tls_server_use(struct tls_server *t)
{
	SSL_CTX *old = t->current;

	if (!t->fresh)
		return;
	keep_ticket_keys(old, t->fresh);
	(void)pthread_mutex_lock(&t->lock);
	t->current = t->fresh;
	(void)pthread_mutex_unlock(&t->lock);
	t->fresh = NULL;
	SSL_CTX_free(old); /* live connections hold references */
}

void tls_server_drop(struct tls_server *t)
{
	SSL_CTX_free(t->fresh);
	t->fresh = NULL;
}

struct tls_dates tls_server_dates(const struct tls_server *t)
{
	return tls_pair_dates(t->current);
}

static SSL *new_ssl(struct tls_server *t)
{
	SSL *ssl;

	(void)pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->current);
	(void)pthread_mutex_unlock(&t->lock);
	return ssl;
}

struct tls *tls_server_accept(struct tls_server *t, int fd)
{
	SSL *ssl = new_ssl(t);

	if (ssl)
		SSL_set_accept_state(ssl);
	return tls_new(&ssl, fd);
}
