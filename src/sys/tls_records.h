/*
 * tls_records: a TLS 1.3 connection once its handshake is done, at the server's
 * end: the records of RFC 8446, and what may still stand in them beside data:
 * KeyUpdates and alerts. OpenSSL has made the handshake, and is needed no more
 * (sys/tls_handover).
 *
 * All is for the thread of the connection.
 */
#ifndef SYS_TLS_RECORDS_H
#define SYS_TLS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/slice.h"
#include "sys/tls_bio.h"
#include "sys/tls_cipher.h"

enum { TLS_KEY_UPDATE_BYTES = 5 };

struct tls_records {
	uint16_t content_max; /* bytes in one, of either end, at most */
	bool has_ended;       /* the peer has said so (close_notify) */
	bool is_broken; /* the peer, or memory: nothing is read any more */
	bool is_shut;   /* nothing is sent any more */
	unsigned char update_len; /* of a KeyUpdate that came in pieces */
	unsigned char update[TLS_KEY_UPDATE_BYTES];
	struct tls_cipher out, in;
	struct buf rest; /* of one that has not come whole */
};

/* Free what they hold, and overwrite what is secret. Zeros are fine. */
void tls_records_fini(struct tls_records *r);

/*
 * As tls_read; to has room for TLS_RECORD_MAX bytes. *idle is increased by the
 * records without data.
 */
ssize_t tls_records_read(
    struct tls_records *r, struct tls_bio *b, char *to, unsigned *idle);

/*
 * Write data, at most content_max bytes, as one record, by the rules of tls_bio
 * (has_more); 0, or -1: the connection is lost.
 */
int tls_records_write(struct tls_records *r, struct tls_bio *b,
    struct slice data) __attribute__((warn_unused_result));

/* Tell the peer that nothing follows (close_notify), once. */
void tls_records_shut(struct tls_records *r, struct tls_bio *b);

#endif
