/*
 * recordsrig: a struct tls_records at one end of a socket pair. The peer at the
 * other has the same keys, and makes its records itself: also those that no TLS
 * library would send.
 */
#ifndef RECORDSRIG_H
#define RECORDSRIG_H

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/tls_records.h"
#include "unit.h"

enum { KEY_UPDATE_RECORD = TLS_AROUND_BYTES + TLS_KEY_UPDATE_BYTES };

#define WHOLE(text)       slice_of(text, sizeof text - 1)
#define UPDATE            WHOLE("\x18\0\0\1\0")
#define UPDATE_AND_ANSWER WHOLE("\x18\0\0\1\1")
#define CLOSE_NOTIFY      WHOLE("\1\0")

static struct tls_records records;
static struct tls_bio bio;
static char to[TLS_RECORD_MAX];
static unsigned idle;
static struct {
	struct tls_cipher out, in;
	int fd;
	struct buf heard; /* and not looked at yet */
} peer;

static inline void begin(struct tls_cipher *c, char first)
{
	char secret[32] = { first };

	ck_assert(tls_cipher_begin(c, 0x1301, slice_of(secret, 32)));
}

static inline void set_up(void)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	records = (struct tls_records){ .content_max = TLS_PLAIN_MAX };
	bio = (struct tls_bio){ .fd = fds[0] };
	idle = 0;
	peer.fd = fds[1];
	begin(&records.out, 's');
	begin(&peer.in, 's');
	begin(&records.in, 'c');
	begin(&peer.out, 'c');
}

static inline void tear_down(void)
{
	tls_records_fini(&records);
	buf_fini(&bio.unsent);
	buf_fini(&peer.heard);
	(void)close(bio.fd);
	if (peer.fd >= 0)
		(void)close(peer.fd);
}

/* --- both ends --- */

/* As tls_read has it. */
static inline ssize_t read_once(void)
{
	ssize_t n;

	if (bio.has_answers)
		return -EAGAIN;
	tls_bio_begin_read(&bio);
	n = tls_records_read(&records, &bio, to, &idle);
	tls_bio_end_read(&bio);
	return n;
}

static inline void check_read(struct slice expected)
{
	ck_assert_int_eq(read_once(), (int)expected.len);
	ck_assert_mem_eq(to, expected.ptr, expected.len);
}

static inline int write_once(struct slice content)
{
	return tls_records_write(&records, &bio, content);
}

static inline int unread(void)
{
	int bytes = 0;

	ck_assert_int_eq(ioctl(bio.fd, FIONREAD, &bytes), 0);
	return bytes;
}

static inline void put(struct slice bytes)
{
	ck_assert_int_eq(
	    send(peer.fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), (int)bytes.len);
}

/* The peer's next record, which is not sent yet. */
static inline struct slice seal(int type, struct slice content)
{
	static unsigned char record[TLS_RECORD_MAX];
	size_t len = tls_cipher_seal(&peer.out, type, content, record);

	return slice_of((char *)record, len);
}

static inline void say(int type, struct slice content)
{
	put(seal(type, content));
}

static inline void update_key(struct slice message)
{
	say(TLS_HANDSHAKE, message);
	ck_assert(tls_cipher_renew(&peer.out));
}

/* The next record that the peer gets: its content, or -1 where none is. */
static inline ssize_t hear(unsigned char *content, int *type)
{
	char bytes[65536];
	ssize_t n, len;

	while ((n = recv(peer.fd, bytes, sizeof bytes, 0)) > 0)
		buf_putn(&peer.heard, bytes, (size_t)n);
	n = tls_cipher_record_len(buf_slice(&peer.heard));
	ck_assert_int_ge(n, 0);
	if (n == 0 || (size_t)n > peer.heard.len)
		return -1;
	len = tls_cipher_open(
	    &peer.in, slice_of(peer.heard.data, (size_t)n), content, type);
	ck_assert_int_ge(len, 0);
	buf_consume(&peer.heard, (size_t)n);
	return len;
}

static inline void check_silent(void)
{
	unsigned char content[TLS_RECORD_MAX];
	int type;

	ck_assert_int_eq(hear(content, &type), -1);
	ck_assert_uint_eq(peer.heard.len, 0);
}

static inline void check_heard(int type, struct slice expected)
{
	unsigned char content[TLS_RECORD_MAX];
	int got;

	ck_assert_int_eq(hear(content, &got), (int)expected.len);
	ck_assert_int_eq(got, type);
	ck_assert_mem_eq(content, expected.ptr, expected.len);
	if (type == TLS_HANDSHAKE)
		ck_assert(tls_cipher_renew(&peer.in));
}

static inline void check_followed(struct slice content)
{
	ck_assert_int_eq(write_once(content), 0);
	check_heard(TLS_DATA, content);
}

/* As at the start. */
static inline void start_anew(void)
{
	tear_down();
	set_up();
}

#endif
