/*
 * transport: what core asks of whoever has the sockets of clients (net/). All
 * on the worker's thread; a callback may conn_kill the connection it is given.
 */
#ifndef CORE_TRANSPORT_H
#define CORE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/slice.h"
#include "core/closed.h"

struct conn;
struct worker;

struct transport_ops {
	/*
	 * Start serving on this worker's base (0, or -errno with e); stop
	 * accepting.
	 */
	int (*start)(struct worker *w, struct err *e);
	void (*stop)(struct worker *w);
	/*
	 * The worker goes by another w->conf: so does the transport from now
	 * on, and by what belongs to that (core/mail), which it takes.
	 */
	void (*use_conf)(struct worker *w, void *net);
	/* Keys that tokens are checked with have been looked for. */
	void (*on_keys)(struct worker *w);
	/* Nothing happens: free what is kept for those who come. */
	void (*on_quiet)(struct worker *w);
	/* Free what start has made, stopped or not. */
	void (*fini)(struct worker *w);
	/* As writev(2) on a socket: bytes written, or -errno. */
	ssize_t (*writev)(struct conn *c, const struct iovec *iov, int count);
	/* The socket can be read, or the peer has left. */
	void (*on_readable)(struct conn *c);
	/* Memory of bytes that writev took and that have not left. TLS only. */
	size_t (*unsent)(const struct conn *c);
	/* How many bytes its socket has sent; -1 where that cannot tell. */
	int64_t (*sent)(const struct conn *c);
	/* All its rooms are watched: answer the handshake. WAITING only. */
	void (*on_rooms_ready)(struct conn *c);
	/* One of its rooms cannot be watched: refuse it. WAITING only. */
	void (*on_room_refused)(struct conn *c);
	/* The connection's timer has fired. */
	void (*on_due)(struct conn *c);
	/*
	 * End an OPEN connection for this reason, with a close frame where
	 * the reason has one, behind what is queued when flush is true. Before
	 * it is OPEN it is refused: nothing is queued before that answer.
	 */
	void (*close)(struct conn *c, enum close_reason reason, bool flush);
	/*
	 * The app ends it: OPEN gets a close frame with this code and reason
	 * behind what is queued, WAITING is refused. The reason has at most
	 * CONTROL_REASON_MAX bytes.
	 */
	void (*disconnect)(struct conn *c, uint16_t code, struct slice reason);
	/* Everything that waited in CLOSING has been written. */
	void (*on_flushed)(struct conn *c);
	/* Free what the transport keeps for it and close the socket. */
	void (*dispose)(struct conn *c);
};

#endif
