#include "sys/tls_bio.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <openssl/bio.h>

#include "base/fatal.h"

/*
 * OpenSSL reads a record in two pieces, its head and its body. A TLS handshake
 * takes two to four records from a client and a record with data ends a read,
 * so few connections meet this bound that mean well; those go on when the
 * others had their turn.
 */
enum { READS_MAX = 16 };

static int bio_write(BIO *bio, const char *bytes, int len)
{
	struct tls_bio *b = BIO_get_data(bio);
	ssize_t n = 0;

	BIO_clear_retry_flags(bio);
	if (b->unsent.len == 0) {
		n = send(b->fd, bytes, (size_t)len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n < 0)
			n = 0;
	}
	if (n == len)
		return len;
	if (buf_append(&b->unsent, bytes + n, (size_t)(len - n)) < 0)
		return -1;
	b->has_answers |= b->is_reading;
	return len;
}

static int bio_read(BIO *bio, char *to, int size)
{
	struct tls_bio *b = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	if (b->reads_left == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	b->reads_left--;
	n = recv(b->fd, to, (size_t)size, 0);
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

void tls_bio_prepare(void)
{
	(void)bio_method();
}

struct bio_st *tls_bio_open(struct tls_bio *b)
{
	BIO *bio = BIO_new(bio_method());

	if (!bio)
		return NULL;
	BIO_set_data(bio, b);
	BIO_set_init(bio, 1);
	return bio;
}

void tls_bio_begin_read(struct tls_bio *b)
{
	b->reads_left = READS_MAX;
	b->is_reading = true;
}

void tls_bio_end_read(struct tls_bio *b)
{
	b->reads_left = 0;
	b->is_reading = false;
}

int tls_bio_send(struct tls_bio *b)
{
	ssize_t n;

	if (b->unsent.len == 0)
		return 0;
	n = send(b->fd, b->unsent.data, b->unsent.len, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	buf_consume(&b->unsent, (size_t)n);
	if (b->unsent.len > 0)
		return -EAGAIN;
	b->has_answers = false;
	buf_fini(&b->unsent);
	return 0;
}
