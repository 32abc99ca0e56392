#include "tlsclient.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>

/* The reference is ours when 1 is returned. */
static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tlsclient *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!t->resumes || t->session)
		return 0;
	t->session = session;
	return 1;
}

static int trust_all(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static SSL_SESSION *session_of(const char *file)
{
	BIO *pem = BIO_new_file(file, "r");
	SSL_SESSION *session =
	    pem ? PEM_read_bio_SSL_SESSION(pem, NULL, NULL, NULL) : NULL;

	BIO_free(pem);
	if (!session) {
		(void)fprintf(stderr, "load: no TLS session in %s\n", file);
		abort();
	}
	return session;
}

void tlsclient_init(struct tlsclient *t, bool resumes, const char *file)
{
	*t = (struct tlsclient){ .ctx = SSL_CTX_new(TLS_client_method()),
		.resumes = resumes };
	if (!t->ctx)
		abort();
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_cert_verify_callback(t->ctx, trust_all, NULL);
	/* All servers encrypt alike, whatever they would choose. */
	if (SSL_CTX_set_ciphersuites(t->ctx, "TLS_AES_128_GCM_SHA256") != 1)
		abort();
	(void)SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_session_cache_mode(
	    t->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->ctx, on_session);
	if (file)
		t->session = session_of(file);
}

void tlsclient_fini(struct tlsclient *t)
{
	SSL_SESSION_free(t->session);
	SSL_CTX_free(t->ctx);
}

/* A copy: the library spoils a session for others when its ticket is used. */
static void offer_session(SSL *ssl, const SSL_SESSION *session)
{
	SSL_SESSION *copy = SSL_SESSION_dup(session);

	if (!copy || SSL_set_session(ssl, copy) != 1)
		abort();
	SSL_SESSION_free(copy); /* ssl has its own reference */
}

SSL *tlsclient_open(struct tlsclient *t, int fd)
{
	SSL *ssl = SSL_new(t->ctx);

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		abort();
	if (t->session)
		offer_session(ssl, t->session);
	SSL_set_connect_state(ssl);
	return ssl;
}

void tlsclient_close(SSL *ssl)
{
	if (!ssl)
		return;
	/* Else the library thinks it cut and forbids to resume its session. */
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
}

int tlsclient_shake(struct tlsclient *t, SSL *ssl)
{
	int done;

	ERR_clear_error();
	done = SSL_do_handshake(ssl);
	if (done == 1) {
		t->resumed += SSL_session_reused(ssl) == 1;
		return 0;
	}
	/* To write is never waited for: a fresh socket has room. */
	return SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ ? -EAGAIN
							       : -ECONNREFUSED;
}

ssize_t tlsclient_read(SSL *ssl, void *to, size_t size)
{
	size_t got = 0;

	ERR_clear_error();
	if (SSL_read_ex(ssl, to, size, &got) == 1)
		return (ssize_t)got;
	switch (SSL_get_error(ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return -ECONNRESET;
	}
}

int tlsclient_write(SSL *ssl, const void *from, size_t len)
{
	size_t sent;

	ERR_clear_error();
	return SSL_write_ex(ssl, from, len, &sent) == 1 ? 0 : -ECONNRESET;
}
