/*
 * A script of what a TLS peer does: raw bytes, records that are sealed with the
 * right key, its reads, and reads and writes of our own between them. What is
 * read is what was sealed, in order; what it gets it can open; and whatever it
 * does, one read takes few records, little is kept, and after an error nothing
 * is read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/tls_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IDLE_MAX = 8, STEPS_MAX = 32 };
enum {
	ANSWER_BYTES = TLS_AROUND_BYTES + TLS_KEY_UPDATE_BYTES,
	ALERT_BYTES = TLS_AROUND_BYTES + 2,
	/* One write, its new key, an answer and an alert. */
	UNSENT_MAX = TLS_RECORD_MAX + 2 * ANSWER_BYTES + ALERT_BYTES,
};

struct both {
	struct tls_records r;
	struct tls_bio bio;
	struct tls_cipher out, in; /* the peer's */
	int fd;                    /* the peer's */
	struct buf heard;          /* by the peer, and not opened yet */
	struct buf sealed;         /* data that is still to be read */
	ssize_t end;               /* that a read has told; 1: none */
	bool is_stuck;             /* the peer's socket is full */
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* --- our end --- */

static int unread(const struct both *b)
{
	int bytes = 0;

	must(ioctl(b->bio.fd, FIONREAD, &bytes) == 0);
	return bytes;
}

static void check_kept(const struct both *b)
{
	must(b->bio.unsent.len <= UNSENT_MAX);
	must(b->r.rest.len < TLS_RECORD_MAX);
	must(b->r.rest.cap <= 2 * TLS_PLAIN_MAX);
}

static void take_data(struct both *b, const char *data, size_t len)
{
	must(len <= b->sealed.len);
	must(memcmp(data, b->sealed.data, len) == 0);
	buf_consume(&b->sealed, len);
}

static void read_once(struct both *b)
{
	static char to[TLS_RECORD_MAX];
	int before = unread(b);
	unsigned idle = 0;
	ssize_t n;

	tls_bio_begin_read(&b->bio);
	n = tls_records_read(&b->r, &b->bio, to, &idle);
	tls_bio_end_read(&b->bio);
	must(idle <= IDLE_MAX);
	must(n <= TLS_PLAIN_MAX);
	must(unread(b) == before || b->end == 1);
	must(b->end == 1 || n == b->end);
	if (n > 0)
		take_data(b, to, (size_t)n);
	else if (n != -EAGAIN)
		b->end = n;
	check_kept(b);
}

/* As net/io has it: nothing while answers wait. */
static void read_ours(struct both *b)
{
	if (!b->bio.has_answers)
		read_once(b);
}

static void write_ours(struct both *b, size_t len)
{
	static char data[TLS_PLAIN_MAX];
	const struct slice ours = { data, len };

	if (b->bio.unsent.len > 0 || len == 0)
		return;
	must((tls_records_write(&b->r, &b->bio, ours) < 0) == b->r.is_shut);
	check_kept(b);
}

/* --- the peer --- */

static bool is_key_update(int type, const unsigned char *content, ssize_t len)
{
	return type == TLS_HANDSHAKE && len == TLS_KEY_UPDATE_BYTES &&
	       content[0] == 24;
}

/* It understands all that it gets. */
static bool open_heard(struct both *b)
{
	static unsigned char content[TLS_RECORD_MAX];
	ssize_t len = tls_cipher_record_len(buf_slice(&b->heard)), n;
	int type = 0;

	must(len >= 0);
	if (len == 0 || (size_t)len > b->heard.len)
		return false;
	n = tls_cipher_open(
	    &b->in, slice_of(b->heard.data, (size_t)len), content, &type);
	must(n >= 0);
	must(type == TLS_DATA || type == TLS_ALERT ||
	     is_key_update(type, content, n));
	must(type != TLS_HANDSHAKE || tls_cipher_renew(&b->in));
	buf_consume(&b->heard, (size_t)len);
	return true;
}

static void hear(struct both *b)
{
	static char bytes[65536];
	ssize_t n;

	while ((n = recv(b->fd, bytes, sizeof bytes, 0)) > 0)
		buf_putn(&b->heard, bytes, (size_t)n);
	while (open_heard(b))
		;
}

static void hear_all(struct both *b)
{
	int sent;

	do {
		hear(b);
		sent = tls_bio_send(&b->bio);
		must(sent == 0 || sent == -EAGAIN);
	} while (sent < 0);
	hear(b);
	must(b->heard.len == 0);
}

static void put(struct both *b, struct slice bytes)
{
	ssize_t n = send(b->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

	b->is_stuck |= n != (ssize_t)bytes.len;
}

/* What of it is data, when the zeros behind the type are gone. */
static void remember(struct both *b, int type, struct slice content)
{
	while (type == 0 && content.len > 0)
		type = (unsigned char)content.ptr[--content.len];
	if (type == TLS_DATA)
		buf_putn(&b->sealed, content.ptr, content.len);
}

static void seal(struct both *b, int type, struct slice content)
{
	static unsigned char record[TLS_RECORD_MAX];
	size_t len = tls_cipher_seal(&b->out, type, content, record);

	remember(b, type, content);
	put(b, slice_of((char *)record, len));
}

/* Our next record wears the key out; the peer knows how many there were. */
static void wear(struct both *b)
{
	hear_all(b);
	b->r.out.count = b->in.count = (1 << 24) - 1;
}

/* --- the script --- */

struct script {
	const uint8_t *at;
	size_t len;
};

static uint8_t next(struct script *s)
{
	if (s->len == 0)
		return 0;
	s->len--;
	return *s->at++;
}

static struct slice next_bytes(struct script *s)
{
	size_t len = next(s);
	struct slice bytes;

	if (len > s->len)
		len = s->len;
	bytes = slice_of((const char *)s->at, len);
	s->at += len;
	s->len -= len;
	return bytes;
}

/* Content that is longer than a script. */
static void seal_long(struct both *b, struct script *s)
{
	static char content[TLS_PLAIN_MAX];
	int type = next(s);
	size_t len = (size_t)next(s) << 8 | next(s);

	memset(content, next(s), sizeof content);
	seal(b, type,
	    slice_of(content, len < TLS_PLAIN_MAX ? len : TLS_PLAIN_MAX));
}

static void update_key(struct both *b, uint8_t asked)
{
	const char message[] = { 24, 0, 0, 1, (char)asked };

	seal(b, TLS_HANDSHAKE, slice_of(message, sizeof message));
	must(tls_cipher_renew(&b->out));
}

static void take_step(struct both *b, struct script *s)
{
	int type;

	switch (next(s) % 10) {
	case 0:
		put(b, next_bytes(s));
		break;
	case 1:
		type = next(s);
		seal(b, type, next_bytes(s));
		break;
	case 2:
		seal_long(b, s);
		break;
	case 3:
		update_key(b, next(s) % 4);
		break;
	case 4:
		must(tls_cipher_renew(&b->out));
		break;
	case 5:
		hear(b);
		break;
	case 6:
		write_ours(b, (size_t)next(s) << 6);
		break;
	case 7:
		wear(b);
		break;
	case 8:
		tls_records_shut(&b->r, &b->bio);
		break;
	default:
		read_ours(b);
	}
}

struct keys {
	struct tls_cipher ours_out, ours_in, its_out, its_in;
};

static void begin(struct tls_cipher *c, uint16_t suite, char first)
{
	const char secret[TLS_SECRET_MAX] = { first };

	must(tls_cipher_begin(
	    c, suite, slice_of(secret, suite == 0x1302 ? 48 : 32)));
}

/* Made once: that takes longer than most scripts. */
static const struct keys *need_keys(unsigned i)
{
	static struct keys all[3];
	const uint16_t suite = (uint16_t)(0x1301 + i);

	if (all[i].ours_out.suite == suite)
		return &all[i];
	begin(&all[i].ours_out, suite, 's');
	begin(&all[i].its_in, suite, 's');
	begin(&all[i].ours_in, suite, 'c');
	begin(&all[i].its_out, suite, 'c');
	return &all[i];
}

/* Our socket takes little. */
static void open_both(struct both *b, const struct keys *keys)
{
	const int size = 1;
	int fds[2];

	*b = (struct both){ .r.content_max = TLS_PLAIN_MAX, .end = 1 };
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
	must(
	    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
	b->bio.fd = fds[0];
	b->fd = fds[1];
	b->r.out = keys->ours_out;
	b->r.in = keys->ours_in;
	b->out = keys->its_out;
	b->in = keys->its_in;
}

static void close_both(struct both *b)
{
	tls_records_fini(&b->r);
	buf_fini(&b->bio.unsent);
	buf_fini(&b->heard);
	buf_fini(&b->sealed);
	(void)close(b->bio.fd);
	(void)close(b->fd);
}

/* All that the peer has sent is read, unless it has broken something. */
static void finish(struct both *b)
{
	do {
		hear_all(b);
		read_ours(b);
	} while (b->end == 1 && unread(b) > 0);
	hear_all(b);
	must(b->bio.unsent.data == NULL && !b->bio.has_answers);
	must(b->end <= 0 || b->is_stuck || b->r.rest.len > 0 ||
	     b->sealed.len == 0);
	read_once(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = { data, size };
	struct both b;

	open_both(&b, need_keys(next(&s) % 3));
	for (int i = 0; i < STEPS_MAX && s.len > 0 && !b.is_stuck; i++)
		take_step(&b, &s);
	finish(&b);
	close_both(&b);
	return 0;
}
