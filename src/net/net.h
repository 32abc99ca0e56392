/*
 * net: what the files of this folder share. The way of one client:
 *
 *     listener -> upgrade (head, route, rooms) -> 101 -> session -> linger
 *
 * io.c has the socket calls and sends each event to the file that looks after
 * the connection's state.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>

#include "core/conn.h"
#include "core/refused.h"
#include "core/transport.h"
#include "core/worker.h"

struct conf_listen;
struct tls_server;

/* --- io --- */

/* Watch a new connection's socket for input; 0 or a negative errno. */
int io_watch(struct conn *c) __attribute__((warn_unused_result));
/*
 * Stop and go on reading, while a handshake waits for others. A peer that
 * leaves meanwhile is noticed, and the connection killed.
 */
void io_pause(struct conn *c);
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

/*
 * Nothing counts any more that the peer sends: throw away what has come, TLS
 * unopened, until it closes, which kills the connection. No io_read after it.
 */
void io_discard(struct conn *c);

/*
 * Look at what the socket has, below TLS, and take bytes away there that
 * io_peek has shown; they go through the worker's scratch. As io_read otherwise.
 */
ssize_t io_peek(struct conn *c, char *to, size_t size);
void io_skip(struct conn *c, size_t count);

/* Of transport_ops: as writev(2), and what it took that has not left. */
ssize_t io_writev(struct conn *c, const struct iovec *iov, int count);
size_t io_unsent(const struct conn *c);

/* Write a small answer; what the socket does not take at once is lost. */
void io_write_once(struct conn *c, struct slice bytes);

/* Arm the connection's one timer, delay_ms from now. */
void io_arm(struct conn *c, int64_t delay_ms);

/*
 * Whether bytes have left the socket since this was asked last: the peer has
 * taken them, however slowly.
 */
bool io_has_moved(struct conn *c);

/* Tell the peer that nothing follows; what it sends still comes. */
void io_shut(struct conn *c);
/* Close the socket and free what TLS keeps for it. */
void io_close(struct conn *c);

/* --- upgrade: HANDSHAKE and WAITING --- */

/* Start with a socket that was just accepted; tls is NULL when it is plain. */
void upgrade_start(
    struct conn *c, const struct conf_listen *listen, struct tls_server *tls);
void upgrade_on_readable(struct conn *c);
void upgrade_on_due(struct conn *c);

/* --- session: OPEN and CLOSING --- */

/*
 * The handshake is done: send first (the 101 answer and a welcome), then
 * handle input, the bytes that came behind the request head.
 */
void session_start(struct conn *c, struct slice first, struct slice input);
void session_on_readable(struct conn *c);
void session_on_due(struct conn *c);
void session_on_flushed(struct conn *c);
void session_close(struct conn *c, enum close_reason reason, bool flush);
/* The app says goodbye. OPEN. */
void session_disconnect(struct conn *c, uint16_t code, struct slice reason);

#endif
