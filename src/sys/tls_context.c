/*
 * tls_context: certificate and key of a listener, and OpenSSL's settings. The
 * files are read again on SIGHUP.
 */
#include "sys/tls_context.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sys/tls_bio.h"
#include "sys/tls_trial.h"

struct tls_context {
	const char *certificate; /* borrowed from the conf */
	const char *key;
	pthread_mutex_t lock;
	SSL_CTX *current; /* under lock; one reference */
};

/*
 * The reason of a failure: the first error in OpenSSL's queue. What stands
 * behind it is which of its functions failed on the way back.
 */
static const char *first_reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);

	return ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
	       : reason               ? reason
				      : "unknown reason";
}

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

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static struct tls_dates dates_of(SSL_CTX *ctx)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);

	return (struct tls_dates){
		.begin_s = seconds_of(X509_get0_notBefore(certificate)),
		.end_s = seconds_of(X509_get0_notAfter(certificate)),
	};
}

const char *tls_dates_fault(const struct tls_dates *d, int64_t now_s)
{
	return now_s > d->end_s     ? "the certificate has expired"
	       : now_s < d->begin_s ? "the certificate is not valid yet"
				    : NULL;
}

/* Asked for the password of an encrypted key: there is none. arg: a bool. */
static int no_password(char *to, int size, int is_writing, void *arg)
{
	bool *is_encrypted = arg;

	(void)to;
	(void)size;
	(void)is_writing;
	*is_encrypted = true;
	return -1;
}

/* Without a callback OpenSSL would ask for a password at the terminal. */
static bool use_key(SSL_CTX *ctx, const char *key, bool *is_encrypted)
{
	bool is_set;

	*is_encrypted = false;
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, is_encrypted);
	is_set = SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1;
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	return is_set;
}

/* OpenSSL compares a key with the certificate of its own type only. */
static bool is_mismatch(void)
{
	unsigned long code = ERR_peek_error();

	return ERR_GET_LIB(code) == ERR_LIB_X509 &&
	       ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH;
}

static int load_key(
    SSL_CTX *ctx, const char *certificate, const char *key, struct err *e)
{
	bool is_encrypted;
	bool is_set = use_key(ctx, key, &is_encrypted);

	if (is_encrypted)
		return err_set(e, -EINVAL,
		    "%s: the key is encrypted; it must be without a password",
		    key);
	if (!is_set && !is_mismatch())
		return err_set(e, -EINVAL,
		    "%s: cannot be used as a PEM key for %s: %s", key,
		    certificate, first_reason());
	if (!is_set || SSL_CTX_check_private_key(ctx) != 1)
		return err_set(
		    e, -EINVAL, "%s: not the key of %s", key, certificate);
	return 0;
}

static int load_files(
    SSL_CTX *ctx, const char *certificate, const char *key, struct err *e)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return err_set(e, -EINVAL,
		    "%s: cannot be used as a PEM certificate chain: %s",
		    certificate, first_reason());
	return load_key(ctx, certificate, key, e);
}

static SSL_CTX *load(const char *certificate, const char *key, struct err *e)
{
	static const unsigned char session_context[] = "roomcast";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	tls_bio_prepare();
	if (!ctx) {
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					   SSL_OP_NO_COMPRESSION |
					   SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* An idle connection keeps no record buffers. */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
					SSL_MODE_ENABLE_PARTIAL_WRITE |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Records without data must not keep a read going. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	/* Resumption by tickets: the client keeps the session, not we. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_session_id_context(
	    ctx, session_context, sizeof session_context - 1);
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
	if (load_files(ctx, certificate, key, e) < 0 ||
	    tls_trial(ctx, certificate, e) < 0) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

struct tls_context *tls_context_new(
    const char *certificate, const char *key, struct err *e)
{
	SSL_CTX *ctx = load(certificate, key, e);
	struct tls_context *t;

	if (!ctx)
		return NULL;
	t = xcalloc(1, sizeof *t);
	t->certificate = certificate;
	t->key = key;
	t->current = ctx;
	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
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

/* As load, but what is out of its dates is no better than what there is. */
struct ssl_ctx_st *tls_context_read(const struct tls_context *t, struct err *e)
{
	SSL_CTX *ctx = load(t->certificate, t->key, e);
	struct tls_dates dates;
	const char *fault;

	if (!ctx)
		return NULL;
	dates = dates_of(ctx);
	fault = tls_dates_fault(&dates, clock_wall_ms() / 1000);
	if (!fault)
		return ctx;
	(void)err_set(e, -EINVAL, "%s: %s", t->certificate, fault);
	SSL_CTX_free(ctx);
	return NULL;
}

void tls_context_use(struct tls_context *t, struct ssl_ctx_st **fresh)
{
	SSL_CTX *old;

	keep_ticket_keys(t->current, *fresh);
	(void)pthread_mutex_lock(&t->lock);
	old = t->current;
	t->current = *fresh;
	(void)pthread_mutex_unlock(&t->lock);
	*fresh = NULL;
	SSL_CTX_free(old); /* live connections hold references */
}

void tls_context_drop(struct ssl_ctx_st *fresh)
{
	SSL_CTX_free(fresh);
}

struct tls_dates tls_context_dates(const struct tls_context *t)
{
	return dates_of(t->current);
}

void tls_context_free(struct tls_context *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->current);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

struct ssl_st *tls_context_new_ssl(struct tls_context *t)
{
	SSL *ssl;

	(void)pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->current);
	(void)pthread_mutex_unlock(&t->lock);
	return ssl;
}
