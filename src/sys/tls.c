#include "sys/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "sys/pieces.h"
#include "sys/tls_bio.h"

enum {
	RECORD_MAX = 16384,          /* plain bytes in one TLS record */
	HEAD_MAX = 5,                /* bytes of its head */
	WRITE_MAX = 16 * RECORD_MAX, /* plain bytes in one tls_writev */
};

struct tls {
	SSL *ssl; /* owned */
	struct tls_bio bio;
	unsigned idle_records;
	bool has_record; /* its head has come, and no data of it yet */
	bool is_up;
	unsigned char first_head_len; /* 0: none has come */
	char first_head[HEAD_MAX];    /* as it came; it may be no TLS */
	unsigned long error;          /* of OpenSSL's queue */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void keep_first_head(struct tls *s, const void *bytes, size_t len)
{
	size_t n = smaller(len, HEAD_MAX);

	if (s->first_head_len > 0)
		return;
	memcpy(s->first_head, bytes, n);
	s->first_head_len = (unsigned char)n;
}

/* OpenSSL tells of every message; the heads of records that come matter. */
static void on_message(int is_ours, int version, int type, const void *bytes,
    size_t len, SSL *ssl, void *arg)
{
	struct tls *s = arg;

	(void)version;
	if (is_ours || type != SSL3_RT_HEADER)
		return;
	keep_first_head(s, bytes, len);
	s->is_up |= SSL_is_init_finished(ssl);
	s->idle_records += s->has_record;
	s->has_record = true;
}

void tls_setup(SSL_CTX *ctx)
{
	tls_bio_prepare();
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* An idle connection keeps no record buffers. */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
					SSL_MODE_ENABLE_PARTIAL_WRITE |
					SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Records without data must not keep a read going. */
	(void)SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
}

struct tls *tls_new(SSL **ssl, int fd)
{
	struct tls *s = try_alloc(sizeof *s);
	SSL *taken = *ssl;
	BIO *bio;

	*ssl = NULL;
	if (!s) {
		SSL_free(taken);
		return NULL;
	}
	*s = (struct tls){ .ssl = taken, .bio.fd = fd };
	bio = tls_bio_open(&s->bio);
	if (!taken || !bio) {
		BIO_free(bio);
		tls_free(s);
		return NULL;
	}
	SSL_set_bio(taken, bio, bio); /* takes the one reference for both */
	SSL_set_msg_callback(taken, on_message);
	SSL_set_msg_callback_arg(taken, s);
	return s;
}

void tls_free(struct tls *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	buf_fini(&s->bio.unsent);
	free(s);
}

/* The result of an SSL_read_ex that has brought no data, as tls_read's. */
static ssize_t no_data(struct tls *s)
{
	switch (SSL_get_error(s->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		return -ECONNRESET;
	default:
		s->error = ERR_peek_error();
		return -EPROTO;
	}
}

ssize_t tls_read(struct tls *s, char *to, size_t size)
{
	size_t n = 0;
	bool has_data;

	if (tls_has_answers(s))
		return -EAGAIN;
	ERR_clear_error();
	tls_bio_begin_read(&s->bio);
	has_data = SSL_read_ex(s->ssl, to, size, &n) == 1;
	tls_bio_end_read(&s->bio);
	s->is_up |= SSL_is_init_finished(s->ssl);
	if (!has_data)
		return no_data(s);
	s->has_record = false;
	return (ssize_t)n;
}

bool tls_is_resumed(const struct tls *s)
{
	return SSL_session_reused(s->ssl) == 1;
}

const X509 *tls_peer(const struct tls *s)
{
	bool is_good = s->is_up && SSL_get_verify_result(s->ssl) == X509_V_OK;

	return is_good ? SSL_get0_peer_certificate(s->ssl) : NULL;
}

size_t tls_pending(const struct tls *s)
{
	return (size_t)SSL_pending(s->ssl);
}

unsigned long tls_error(const struct tls *s)
{
	return s->error;
}

long tls_verdict(const struct tls *s)
{
	return SSL_get_verify_result(s->ssl);
}

struct slice tls_first_head(const struct tls *s)
{
	return slice_of(s->first_head, s->first_head_len);
}

unsigned tls_idle_records(const struct tls *s)
{
	return s->idle_records;
}

void tls_forget_idle(struct tls *s)
{
	s->idle_records = 0;
}

/* --- what goes out --- */

/* Write the next record of p; false when the connection is lost. */
static bool write_record(struct tls *s, struct pieces *p, size_t len)
{
	/* Many small frames become one record. */
	static _Thread_local char copy[RECORD_MAX];
	const char *record = pieces_first(p, copy, len);
	size_t written = 0;

	if (SSL_write_ex(s->ssl, record, len, &written) != 1) {
		ERR_clear_error();
		tls_bio_drop_held(&s->bio);
		return false;
	}
	pieces_skip(p, written);
	return true;
}

/*
 * The next records of p that go out in one send; false as above. What the
 * socket would not take is better not encrypted yet: it would be kept for this
 * connection alone.
 */
static bool write_records(struct tls *s, struct pieces *p)
{
	size_t room = 0;

	if (p->len > RECORD_MAX)
		room = smaller(
		    tls_bio_room(&s->bio), TLS_BIO_RECORDS * RECORD_MAX);
	do {
		size_t len = smaller(p->len, RECORD_MAX);
		size_t next = smaller(p->len - len, RECORD_MAX);

		s->bio.has_more = next > 0 && len + next <= room;
		if (!write_record(s, p, len))
			return false;
		room -= smaller(room, len);
	} while (s->bio.has_more);
	return true;
}

ssize_t tls_writev(struct tls *s, const struct iovec *iov, int count)
{
	struct pieces p = pieces_of(iov, count, WRITE_MAX);
	size_t offered = p.len;
	int error = tls_bio_send(&s->bio);

	if (error < 0)
		return error;
	while (p.len > 0 && s->bio.unsent.len == 0)
		if (!write_records(s, &p))
			return -EPIPE;
	return (ssize_t)(offered - p.len);
}

bool tls_is_up(const struct tls *s)
{
	return s->is_up;
}

size_t tls_unsent(const struct tls *s)
{
	return s->bio.unsent.len > 0 ? s->bio.unsent.cap : 0;
}

bool tls_has_answers(const struct tls *s)
{
	return s->bio.has_answers;
}

bool tls_has_ended(const struct tls *s)
{
	return (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void tls_shutdown(struct tls *s)
{
	if (s->is_up && SSL_shutdown(s->ssl) < 0)
		ERR_clear_error();
}
