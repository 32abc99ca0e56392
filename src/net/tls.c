#include "net/tls.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/fatal.h"
#include "base/mem.h"

enum { RECORD_MAX = 16384 }; /* plain bytes in one TLS record */

struct tls_context {
	const char *certificate; /* borrowed from the conf */
	const char *key;
	pthread_mutex_t lock;
	SSL_CTX *current; /* under lock; one reference */
};

struct tls {
	SSL *ssl; /* owned */
	int fd;   /* borrowed */
	struct buf unsent;
};

/* --- the BIO --- */

static int bio_write(BIO *bio, const char *bytes, int len)
{
	struct tls *s = BIO_get_data(bio);
	ssize_t n = 0;

	BIO_clear_retry_flags(bio);
	if (s->unsent.len == 0) {
		n = send(s->fd, bytes, (size_t)len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n < 0)
			n = 0;
	}
	if (n < len && buf_append(&s->unsent, bytes + n, (size_t)(len - n)) < 0)
		return -1;
	return len;
}

static int bio_read(BIO *bio, char *to, int size)
{
	const struct tls *s = BIO_get_data(bio);
	ssize_t n = recv(s->fd, to, (size_t)size, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return (int)n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

/* Made once, before there are threads that use it. */
static BIO_METHOD *bio_method(void)
{
	static BIO_METHOD *method;

	if (method)
		return method;
	method = BIO_meth_new(
	    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "roomcast socket");
	if (!method || !BIO_meth_set_write(method, bio_write) ||
	    !BIO_meth_set_read(method, bio_read) ||
	    !BIO_meth_set_ctrl(method, bio_ctrl))
		fatal("tls", "cannot make a BIO: out of memory");
	return method;
}

/* --- contexts --- */

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

static int check_dates(SSL_CTX *ctx, const char *file, struct err *e)
{
	const X509 *certificate = SSL_CTX_get0_certificate(ctx);

	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		return err_set(
		    e, -EINVAL, "%s: the certificate has expired", file);
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		return err_set(
		    e, -EINVAL, "%s: the certificate is not valid yet", file);
	return 0;
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
	if (load_key(ctx, certificate, key, e) < 0)
		return -EINVAL;
	return check_dates(ctx, certificate, e);
}

static SSL_CTX *load(const char *certificate, const char *key, struct err *e)
{
	static const unsigned char session_context[] = "roomcast";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	ERR_clear_error();
	if (!ctx || !bio_method()) {
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
	/* Resumption by tickets: the client keeps the session, not we. */
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_session_id_context(
	    ctx, session_context, sizeof session_context - 1);
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
	if (load_files(ctx, certificate, key, e) < 0) {
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

int tls_context_reload(struct tls_context *t, struct err *e)
{
	SSL_CTX *fresh = load(t->certificate, t->key, e);
	SSL_CTX *old;

	if (!fresh)
		return -EINVAL;
	keep_ticket_keys(t->current, fresh);
	(void)pthread_mutex_lock(&t->lock);
	old = t->current;
	t->current = fresh;
	(void)pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old); /* live connections hold references */
	return 0;
}

void tls_context_free(struct tls_context *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->current);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- connections --- */

static SSL *new_ssl(struct tls_context *t)
{
	SSL *ssl;

	(void)pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->current);
	(void)pthread_mutex_unlock(&t->lock);
	return ssl;
}

struct tls *tls_new(struct tls_context *t, int fd)
{
	struct tls *s = try_alloc(sizeof *s);
	BIO *bio = BIO_new(bio_method());

	if (s)
		*s = (struct tls){ .ssl = new_ssl(t), .fd = fd };
	if (!s || !s->ssl || !bio) {
		BIO_free(bio);
		tls_free(s);
		return NULL;
	}
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	SSL_set_bio(s->ssl, bio, bio); /* takes the one reference for both */
	SSL_set_accept_state(s->ssl);
	return s;
}

void tls_free(struct tls *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	buf_fini(&s->unsent);
	free(s);
}

ssize_t tls_read(struct tls *s, char *to, size_t size)
{
	size_t n = 0;

	ERR_clear_error();
	if (SSL_read_ex(s->ssl, to, size, &n) == 1)
		return (ssize_t)n;
	switch (SSL_get_error(s->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

/* Send what the socket refused before; 0, -EAGAIN or -errno. */
static int send_unsent(struct tls *s)
{
	ssize_t n;

	if (s->unsent.len == 0)
		return 0;
	n = send(s->fd, s->unsent.data, s->unsent.len, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	buf_consume(&s->unsent, (size_t)n);
	if (s->unsent.len > 0)
		return -EAGAIN;
	buf_fini(&s->unsent);
	return 0;
}

ssize_t tls_writev(struct tls *s, const struct iovec *iov, int count)
{
	char record[RECORD_MAX];
	size_t len = 0, written = 0;
	int error = send_unsent(s);

	if (error < 0)
		return error;
	/* Many small frames become one record. */
	for (int i = 0; i < count && len < sizeof record; i++) {
		size_t room = sizeof record - len;
		size_t n = iov[i].iov_len < room ? iov[i].iov_len : room;

		memcpy(record + len, iov[i].iov_base, n);
		len += n;
	}
	if (len == 0)
		return 0;
	ERR_clear_error();
	if (SSL_write_ex(s->ssl, record, len, &written) != 1)
		return -EPIPE;
	return (ssize_t)written;
}

bool tls_is_up(const struct tls *s)
{
	return SSL_is_init_finished(s->ssl);
}

bool tls_has_unsent(const struct tls *s)
{
	return s->unsent.len > 0;
}

void tls_shutdown(struct tls *s)
{
	ERR_clear_error();
	if (tls_is_up(s))
		(void)SSL_shutdown(s->ssl);
}
