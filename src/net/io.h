/*
 * io: sockets of clients. Every read and write of them is in this file, plain
 * or through sys/tls, and nobody above notices which.
 */
#ifndef NET_IO_H
#define NET_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/slice.h"

struct conn;

/* Watch a new connection's socket for input; 0 or a negative errno. */
int io_watch(struct conn *c) __attribute__((warn_unused_result));
/*
 * The socket is readable while a handshake waits for others: leave unread what
 * has come, and from here on watch for the peer's leaving alone. False: that
 * is what it was watched for, so the peer has left; or it cannot be.
 */
bool io_pause(struct conn *c) __attribute__((warn_unused_result));
/* Go on reading, where that has paused. */
void io_resume(struct conn *c);

/*
 * Read up to size bytes. The count; 0 when the peer has closed; -EAGAIN when
 * there is nothing; another negative errno when the connection is broken.
 */
ssize_t io_read(struct conn *c, char *to, size_t size);

/*
 * Records of TLS that brought no data (sys/tls.h) since the last
 * io_forget_idle; 0 without TLS.
 */
unsigned io_idle_records(const struct conn *c);
void io_forget_idle(struct conn *c);

/* It is known who the peer is: the certificate that it has shown can go. */
void io_forget_peer(struct conn *c);

/*
 * Nothing counts any more that the peer sends: throw away what has come, TLS
 * unopened, until it closes, which kills the connection. No io_read after it.
 */
void io_discard(struct conn *c);

/*
 * Look at what the socket has, below TLS, and take bytes away there that
 * io_peek has shown; they go through the worker's scratch. As io_read
 * otherwise.
 */
ssize_t io_peek(struct conn *c, char *to, size_t size);
void io_skip(struct conn *c, size_t count);

/*
 * Of transport_ops: as writev(2), what it took that has not left, and how many
 * bytes have, those of TLS and of the handshake among them; -1 where the socket
 * cannot tell.
 */
ssize_t io_writev(struct conn *c, const struct iovec *iov, int count);
size_t io_unsent(const struct conn *c);
int64_t io_sent_bytes(const struct conn *c);

/* Write a small answer; what the socket does not take at once is lost. */
void io_write_once(struct conn *c, struct slice bytes);

/* Arm the connection's one timer, delay_ms from now. */
void io_arm(struct conn *c, int64_t delay_ms);

/*
 * Whether bytes have left the socket since this was asked last: the peer has
 * taken them, however slowly.
 */
bool io_has_moved(struct conn *c);

/*
 * Whether the peer's system has acknowledged anything in the last within_ms, or
 * has all there is; also where the socket cannot tell.
 */
bool io_is_acknowledged(const struct conn *c, int64_t within_ms);

/* Tell the peer that nothing follows; what it sends still comes. */
void io_shut(struct conn *c);
/*
 * Close the socket and free what TLS keeps for it; who has said in TLS that it
 * ends is told so in return.
 */
void io_close(struct conn *c);

#endif
