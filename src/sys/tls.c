#include "sys/tls.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/mem.h"
#include "sys/pieces.h"
#include "sys/tls_bio.h"
#include "sys/tls_handover.h"
#include "sys/tls_records.h"

enum { WRITE_MAX = 16 * TLS_PLAIN_MAX }; /* bytes in one tls_writev */

_Static_assert((int)TLS_READ_MIN == (int)TLS_RECORD_MAX, "of a record");

struct tls {
	SSL *ssl; /* owned; NULL: its keys are with records */
	struct tls_bio bio;
	struct tls_records records;    /* zeros while OpenSSL goes on */
	struct tls_handover *handover; /* owned; NULL: there will be none */
	X509 *peer;          /* a reference; NULL: none, or forgotten */
	unsigned long error; /* of OpenSSL's queue */
	unsigned idle_records;
	bool has_record; /* its head has come, and no data of it yet */
	bool is_up;
	bool is_resumed;
	unsigned char first_head_len;    /* 0: none has come */
	char first_head[TLS_HEAD_BYTES]; /* as it came; it may be no TLS */
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- the handshake --- */

static void keep_first_head(struct tls *s, const void *bytes, size_t len)
{
	size_t n = smaller(len, TLS_HEAD_BYTES);

	if (s->first_head_len > 0)
		return;
	memcpy(s->first_head, bytes, n);
	s->first_head_len = (unsigned char)n;
}

/* OpenSSL tells of every message, and of the heads of records. */
static void on_message(int is_ours, int version, int type, const void *bytes,
    size_t len, SSL *ssl, void *arg)
{
	struct tls *s = arg;

	(void)version;
	(void)ssl;
	if (s->handover)
		tls_handover_see(s->handover, is_ours, type, bytes);
	if (is_ours || type != SSL3_RT_HEADER)
		return;
	keep_first_head(s, bytes, len);
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
	if (SSL_is_server(taken))
		s->handover = tls_handover_new(taken);
	return s;
}

/* OpenSSL has done what it is for. */
static void leave_openssl(struct tls *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
}

void tls_free(struct tls *s)
{
	if (!s)
		return;
	leave_openssl(s);
	tls_handover_free(s->handover);
	tls_records_fini(&s->records);
	X509_free(s->peer);
	buf_fini(&s->bio.unsent);
	free(s);
}

static X509 *good_certificate(const SSL *ssl)
{
	return SSL_get_verify_result(ssl) == X509_V_OK
		   ? SSL_get1_peer_certificate(ssl)
		   : NULL;
}

/* Go on with the handshake; as SSL_do_handshake. */
static int shake_hands(struct tls *s)
{
	int done = SSL_do_handshake(s->ssl);

	if (done != 1)
		return done;
	s->is_up = true;
	s->is_resumed = SSL_session_reused(s->ssl) == 1;
	s->peer = good_certificate(s->ssl);
	if (tls_handover_take(&s->handover, s->ssl, &s->records))
		leave_openssl(s);
	return done;
}

bool tls_is_up(const struct tls *s)
{
	return s->is_up;
}

bool tls_is_resumed(const struct tls *s)
{
	return s->is_resumed;
}

const X509 *tls_peer(const struct tls *s)
{
	return s->peer;
}

void tls_forget_peer(struct tls *s)
{
	X509_free(s->peer);
	s->peer = NULL;
}

unsigned long tls_error(const struct tls *s)
{
	return s->error;
}

long tls_verdict(const struct tls *s)
{
	return s->ssl ? SSL_get_verify_result(s->ssl) : X509_V_OK;
}

struct slice tls_first_head(const struct tls *s)
{
	return slice_of(s->first_head, s->first_head_len);
}

/* --- what comes in --- */

/* Of a call of OpenSSL that has brought no data: what tls_read says. */
static ssize_t no_data(struct tls *s, int result)
{
	switch (SSL_get_error(s->ssl, result)) {
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

static ssize_t read_by_openssl(struct tls *s, char *to, size_t size)
{
	size_t n = 0;

	if (SSL_read_ex(s->ssl, to, size, &n) != 1)
		return no_data(s, 0);
	s->has_record = false;
	return (ssize_t)n;
}

static ssize_t read_on(struct tls *s, char *to, size_t size)
{
	int done = s->is_up ? 1 : shake_hands(s);

	if (done != 1)
		return no_data(s, done);
	if (s->ssl)
		return read_by_openssl(s, to, size);
	assert(size >= TLS_READ_MIN);
	return tls_records_read(&s->records, &s->bio, to, &s->idle_records);
}

ssize_t tls_read(struct tls *s, char *to, size_t size)
{
	ssize_t n;

	if (tls_has_answers(s))
		return -EAGAIN;
	ERR_clear_error();
	tls_bio_begin_read(&s->bio);
	n = read_on(s, to, size);
	tls_bio_end_read(&s->bio);
	return n;
}

size_t tls_pending(const struct tls *s)
{
	return s->ssl ? (size_t)SSL_pending(s->ssl) : 0;
}

unsigned tls_idle_records(const struct tls *s)
{
	return s->idle_records;
}

void tls_forget_idle(struct tls *s)
{
	s->idle_records = 0;
}

bool tls_has_answers(const struct tls *s)
{
	return s->bio.has_answers;
}

bool tls_has_ended(const struct tls *s)
{
	if (!s->ssl)
		return s->records.has_ended;
	return (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* --- what goes out --- */

/* As write_data. */
static size_t write_by_openssl(struct tls *s, struct slice data)
{
	size_t written = 0;

	if (SSL_write_ex(s->ssl, data.ptr, data.len, &written) != 1) {
		ERR_clear_error();
		return 0;
	}
	return written;
}

/* Write a record, or the first of some; how many bytes of data, 0: it fails. */
static size_t write_data(struct tls *s, struct slice data)
{
	if (s->ssl)
		return write_by_openssl(s, data);
	return tls_records_write(&s->records, &s->bio, data) < 0 ? 0 : data.len;
}

/* Write the next record of p; false when the connection is lost. */
static bool write_record(struct tls *s, struct pieces *p, size_t len)
{
	/* Many small frames become one record. */
	static _Thread_local char copy[TLS_PLAIN_MAX];
	size_t written =
	    write_data(s, slice_of(pieces_first(p, copy, len), len));

	if (written == 0)
		tls_bio_drop_held(&s->bio);
	pieces_skip(p, written);
	return written > 0;
}

/*
 * The next records of p that go out in one send; false as above. What the
 * socket would not take is better not encrypted yet: it would be kept for this
 * connection alone.
 */
static bool write_records(struct tls *s, struct pieces *p)
{
	size_t most = s->ssl ? TLS_PLAIN_MAX : s->records.content_max;
	size_t room = 0;

	if (p->len > most)
		room = smaller(tls_bio_room(&s->bio), TLS_BIO_RECORDS * most);
	do {
		size_t len = smaller(p->len, most);
		size_t next = smaller(p->len - len, most);

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

size_t tls_unsent(const struct tls *s)
{
	return s->bio.unsent.len > 0 ? s->bio.unsent.cap : 0;
}

void tls_shutdown(struct tls *s)
{
	if (!s->is_up)
		return;
	if (!s->ssl)
		tls_records_shut(&s->records, &s->bio);
	else if (SSL_shutdown(s->ssl) < 0)
		ERR_clear_error();
}
