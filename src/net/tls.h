/*
 * tls: OpenSSL between a client's socket and net/io.
 *
 * A connection's SSL reads from the socket and writes to it through a BIO of
 * ours that never says "try again" on the way out: what the socket does not
 * take is kept with the connection and sent first the next time. So core may
 * put a pong in front of queued data between two writes, which OpenSSL's own
 * retry rules would forbid.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"

struct tls_context;
struct tls;

/*
 * Read certificate chain and key (PEM). NULL with e filled when they cannot be
 * used: not readable, not PEM, not a pair, expired. Main thread.
 */
struct tls_context *tls_context_new(
    const char *certificate, const char *key, struct err *e);

/*
 * Read the files again; connections from now on get the new ones, live ones
 * keep theirs. On failure e is filled and all stays as it was. Main thread.
 */
int tls_context_reload(struct tls_context *t, struct err *e)
    __attribute__((warn_unused_result));

void tls_context_free(struct tls_context *t);

/* The server's side of a connection on fd (borrowed); NULL: no memory. Any
 * worker. */
struct tls *tls_new(struct tls_context *t, int fd);
void tls_free(struct tls *s);

/* Whether the TLS handshake is done: what is written now can be read. */
bool tls_is_up(const struct tls *s);

/*
 * As recv: bytes, 0 at the end, or -errno: -EAGAIN when more must come first
 * (the TLS handshake goes on inside), -EPROTO when it is no TLS or broken.
 */
ssize_t tls_read(struct tls *s, char *to, size_t size);

/*
 * As writev. What it says is written may still be with the connection:
 * tls_has_unsent. -EAGAIN while that is so. With count 0 it only sends that.
 */
ssize_t tls_writev(struct tls *s, const struct iovec *iov, int count);
bool tls_has_unsent(const struct tls *s);

/* Tell the peer that nothing follows (close_notify). */
void tls_shutdown(struct tls *s);

#endif
