/*
 * tls: a stream through TLS, on a socket that does not block. OpenSSL makes the
 * handshake; of a client with TLS 1.3 the rest is sys/tls_records', to which
 * sys/tls_handover gives the keys, and of all others OpenSSL's. How either
 * reaches the socket is sys/tls_bio.
 */
#ifndef SYS_TLS_H
#define SYS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/slice.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct ssl_st;     /* its SSL */
struct x509_st;    /* its X509 */
struct tls;

/*
 * Set up a context for streams, at either end, before the first of its
 * connections. Main thread; the first time before there are others.
 */
void tls_setup(struct ssl_ctx_st *ctx);

/*
 * A stream on fd (borrowed). The connection of such a context, which knows the
 * end it is, is taken in any case. NULL: it was NULL, or memory is out. Any
 * thread, and all that follows on the same one.
 */
struct tls *tls_new(struct ssl_st **ssl, int fd);
void tls_free(struct tls *s);

/* Whether the TLS handshake was done: what is written can be read. */
bool tls_is_up(const struct tls *s);

/* Whether it came by a session of before: no certificate was shown anew. */
bool tls_is_resumed(const struct tls *s);

/*
 * The certificate that the peer has shown, which is good and its own; borrowed
 * from s. NULL: it has shown none, the handshake is not done, or it was said
 * that it is of no more use.
 */
const struct x509_st *tls_peer(const struct tls *s);
void tls_forget_peer(struct tls *s);

/*
 * As recv: bytes, 0 at the end, or -errno: -EAGAIN when more must come first
 * (the TLS handshake goes on inside), -EPROTO when it is no TLS or broken.
 * size is at least TLS_READ_MIN, that of a record.
 *
 * The work is bounded: some records that carry no data, or one that does.
 * What is left is in the socket, which says so again. Nothing is read while
 * answers wait (tls_has_answers). At a client's end size may be smaller: the
 * rest of a record is left inside then, and the socket is silent: tls_pending,
 * in bytes.
 */
enum { TLS_READ_MIN = 16406 };
ssize_t tls_read(struct tls *s, char *to, size_t size);
size_t tls_pending(const struct tls *s);

/*
 * For sys/tls_failure: OpenSSL's error behind the last -EPROTO of tls_read, 0:
 * none; what it thinks of the peer's certificate (X509_V_); and the first bytes
 * that came, as many as a record's head has: less than that are none. Borrowed
 * from s.
 */
unsigned long tls_error(const struct tls *s);
long tls_verdict(const struct tls *s);
struct slice tls_first_head(const struct tls *s);

/*
 * Whole records that brought no data, since the last tls_forget_idle: parts
 * of the TLS handshake, KeyUpdates, alerts, empty ones. The newest one counts
 * when another has come behind it.
 */
unsigned tls_idle_records(const struct tls *s);
void tls_forget_idle(struct tls *s);

/*
 * As writev, at most 256 KiB. What it says is written may still be with the
 * connection: tls_unsent, in memory, seldom more than a record. -EAGAIN while
 * that is so. With count 0 it only sends that.
 */
ssize_t tls_writev(struct tls *s, const struct iovec *iov, int count);
size_t tls_unsent(const struct tls *s);

/* Whether answers that TLS itself gave while reading are among the unsent. */
bool tls_has_answers(const struct tls *s);

/* Whether the peer has said that nothing follows (close_notify). */
bool tls_has_ended(const struct tls *s);

/* Tell the peer that nothing follows (close_notify). */
void tls_shutdown(struct tls *s);

#endif
