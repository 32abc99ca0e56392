/*
 * tls_bio: the socket of a TLS connection, for sys/tls_records and, as a BIO,
 * for OpenSSL.
 *
 * On the way out nobody hears "try again": what the socket does not take is
 * kept and sent first the next time. So core may put a pong in front of queued
 * data between two writes, which OpenSSL's own retry rules would forbid.
 *
 * On the way in OpenSSL hears so early: it goes through records that carry no
 * data by itself, without end while they come, and may answer each of them.
 */
#ifndef SYS_TLS_BIO_H
#define SYS_TLS_BIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct bio_st; /* OpenSSL's BIO */

struct tls_bio {
	int fd;              /* borrowed */
	unsigned reads_left; /* of the socket, until tls_bio_begin_read */
	bool is_reading;     /* what is written meanwhile is TLS' own answer */
	bool has_answers;    /* some of those are in unsent */
	bool has_more;       /* what is written waits for what comes next */
	bool is_lost;        /* a part of a record is: nothing goes out again */
	struct buf unsent;
};

/* Make what all tls_bio share: once at boot, before other threads. */
void tls_bio_prepare(void);

/* OpenSSL's end of b, the caller's, freed before b; NULL: no memory. */
struct bio_st *tls_bio_open(struct tls_bio *b);

/* Between these two OpenSSL may read: a bounded number of pieces. */
void tls_bio_begin_read(struct tls_bio *b);
void tls_bio_end_read(struct tls_bio *b);

/*
 * About how many bytes the socket takes now. So many, and of no more records,
 * may go out in one send: each but the last is written with has_more, and held
 * by the thread until that one. Who cannot write it drops what is held, and the
 * connection is lost.
 */
enum { TLS_BIO_RECORDS = 5 };
size_t tls_bio_room(const struct tls_bio *b);
void tls_bio_drop_held(struct tls_bio *b);

/*
 * Without OpenSSL: where this thread may make the next record to go out, with
 * room for the longest one; and to write the one of len bytes that was made
 * there. 0, or -1: the connection is lost.
 */
unsigned char *tls_bio_space(void);
int tls_bio_made(struct tls_bio *b, size_t len)
    __attribute__((warn_unused_result));

/*
 * As recv: bytes, 0 at the end, or -errno; -EAGAIN: there are none. What was
 * looked at is still in the socket until so many bytes of it are skipped, at
 * most size and into scratch.
 */
ssize_t tls_bio_recv(struct tls_bio *b, void *to, size_t size);
ssize_t tls_bio_peek(struct tls_bio *b, void *to, size_t size);
void tls_bio_skip(struct tls_bio *b, void *scratch, size_t count);

/* Send what the socket refused before: 0, -EAGAIN or another -errno. */
int tls_bio_send(struct tls_bio *b) __attribute__((warn_unused_result));

#endif
