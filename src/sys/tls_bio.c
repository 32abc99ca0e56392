#include "sys/tls_bio.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <openssl/bio.h>

#include "base/fatal.h"

/*
 * OpenSSL reads a record in two pieces, its head and its body. A TLS handshake
 * takes two to four records from a client and a record with data ends a read,
 * so few connections meet this bound that mean well; those go on when the
 * others had their turn.
 */
enum { READS_MAX = 16 };

enum {
	RECORD_SPACE = 16384 + 256, /* bytes of one, with all that is around */
	HELD_MAX = TLS_BIO_RECORDS * RECORD_SPACE,
};

/* Of the write that this thread is in; nothing between two writes. */
static _Thread_local struct {
	size_t len;
	char bytes[HELD_MAX];
} held;

static bool hold(struct slice record)
{
	if (record.len > sizeof held.bytes - held.len)
		return false;
	(void)slice_put(record, held.bytes + held.len);
	held.len += record.len;
	return true;
}

/* Send what is held and the record behind it; how much the socket took. */
static ssize_t transmit(const struct tls_bio *b, struct slice record)
{
	struct iovec iov[] = { { held.bytes, held.len },
		{ (void *)(uintptr_t)record.ptr, record.len } };
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	if (b->unsent.len > 0)
		return 0;
	if (held.len == 0)
		n = send(b->fd, record.ptr, record.len, MSG_NOSIGNAL);
	else if (record.len == 0)
		n = send(b->fd, held.bytes, held.len, MSG_NOSIGNAL);
	else
		n = sendmsg(b->fd, &msg, MSG_NOSIGNAL);
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static int keep(struct tls_bio *b, struct slice bytes, size_t sent)
{
	if (sent >= bytes.len)
		return 0;
	bytes = slice_after(bytes, sent);
	if (buf_reserve_last(&b->unsent, bytes.len) < 0)
		return -1;
	return buf_append(&b->unsent, bytes.ptr, bytes.len);
}

/* What follows would follow on a record of which a part is missing. */
static int lose(struct tls_bio *b)
{
	b->is_lost = true;
	return -1;
}

/* The same, and what it did not take is kept: 0, or -1. */
static int send_or_keep(struct tls_bio *b, struct slice record)
{
	const struct slice before = { held.bytes, held.len };
	ssize_t n = b->is_lost ? -1 : transmit(b, record);
	size_t sent = (size_t)n;

	held.len = 0;
	if (n < 0)
		return lose(b);
	if (sent == before.len + record.len)
		return 0;
	b->has_answers |= b->is_reading;
	if (keep(b, before, sent) < 0 ||
	    keep(b, record, sent > before.len ? sent - before.len : 0) < 0)
		return lose(b);
	return 0;
}

unsigned char *tls_bio_space(void)
{
	return (unsigned char *)held.bytes + held.len;
}

int tls_bio_made(struct tls_bio *b, size_t len)
{
	held.len += len;
	if (b->has_more && held.len <= HELD_MAX - RECORD_SPACE)
		return 0;
	return send_or_keep(b, slice_of(NULL, 0));
}

static int bio_write(BIO *bio, const char *bytes, int len)
{
	struct tls_bio *b = BIO_get_data(bio);
	struct slice record = slice_of(bytes, (size_t)len);

	BIO_clear_retry_flags(bio);
	if (b->has_more && hold(record))
		return len;
	return send_or_keep(b, record) < 0 ? -1 : len;
}

static ssize_t receive(
    const struct tls_bio *b, void *to, size_t size, int flags)
{
	ssize_t n = recv(b->fd, to, size, flags);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return n;
}

ssize_t tls_bio_recv(struct tls_bio *b, void *to, size_t size)
{
	return receive(b, to, size, 0);
}

ssize_t tls_bio_peek(struct tls_bio *b, void *to, size_t size)
{
	return receive(b, to, size, MSG_PEEK);
}

/* What TCP is told to drop it does not copy; scratch is for other sockets. */
void tls_bio_skip(struct tls_bio *b, void *scratch, size_t count)
{
	(void)receive(b, scratch, count, MSG_TRUNC);
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
	n = tls_bio_recv(b, to, (size_t)size);
	if (n == -EAGAIN)
		BIO_set_retry_read(bio);
	return n < 0 ? -1 : (int)n;
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

	if (b->is_lost)
		return -EPIPE;
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

size_t tls_bio_room(const struct tls_bio *b)
{
	int size = 0, queued = 0;
	socklen_t len = sizeof size;

	if (getsockopt(b->fd, SOL_SOCKET, SO_SNDBUF, &size, &len) < 0 ||
	    ioctl(b->fd, SIOCOUTQ, &queued) < 0)
		return 0;
	size -= size / 4; /* what is around the bytes is counted as well */
	return size > queued ? (size_t)(size - queued) : 0;
}

void tls_bio_drop_held(struct tls_bio *b)
{
	(void)lose(b);
	b->has_more = false;
	held.len = 0;
}
