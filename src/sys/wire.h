/*
 * wire: one connected socket, of a backend or towards an app, in plain or
 * through TLS: it says when there is something to read, and keeps what the
 * socket does not take until it does. What stands in the bytes, and when to
 * stop reading, is its owner's matter; nobody else looks into it, or calls its
 * socket. The thread of its event base.
 */
#ifndef SYS_WIRE_H
#define SYS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <event2/event_struct.h>

#include "base/buf.h"
#include "base/slice.h"

struct resolve_address;

/* What a wire tells its owner, who may close it in either. */
struct wire_sink {
	/* wire_read has something to say. */
	void (*on_readable)(void *arg);
	/* The socket took some of what was unsent, or never will; or NULL. */
	void (*on_drained)(void *arg);
};

struct tls;

struct wire {
	int fd;          /* owned; -1 when it is closed */
	int deaf_by;     /* the errno of the send that failed; 0: none has */
	bool is_reading; /* the owner wants to */
	struct tls *tls; /* owned; NULL: plain */
	struct buf unsent;
	struct event readable; /* added while the owner wants to read */
	struct event writable; /* added while there is something unsent */
	const struct wire_sink *sink;
	void *arg;
};

/*
 * Take over a connected, non-blocking socket. It is not read yet. sink and
 * what arg points at outlive the wire.
 */
void wire_open(struct wire *w, struct event_base *base, int fd,
    const struct wire_sink *sink, void *arg);

/*
 * The same through TLS: *tls, a stream on fd, is taken over. Its handshake goes
 * on in wire_read, for which the owner is called from now on; what is sent
 * meanwhile waits for its end.
 */
void wire_open_tls(struct wire *w, struct event_base *base, int fd,
    struct tls **tls, const struct wire_sink *sink, void *arg);

/* Close at once, whatever is unsent; nothing when it is closed. */
void wire_close(struct wire *w);

/* To where it is connected; empty when it was reset. */
void wire_peer(const struct wire *w, struct resolve_address *peer);

/* Tell another owner from now on, as wire_open. */
void wire_set_sink(struct wire *w, const struct wire_sink *sink, void *arg);

void wire_set_reading(struct wire *w, bool is_reading);

/*
 * Whether the peer has left, or the connection failed, though nobody reads: a
 * look at it now. There may be something to read before that end.
 */
bool wire_has_ended(const struct wire *w);

/* Whether nothing waits to be read, an end neither: a look at it now. */
bool wire_is_quiet(const struct wire *w);

/* Call on_readable soon, even if nothing comes. */
void wire_wake(struct wire *w);

/*
 * Read what is there, but not more than size. Returns how much; 0 at the end;
 * or a negative errno, which is -EAGAIN when nothing is there, and -EPROTO when
 * TLS has failed: wire_tls. What ended by a failed send says at its end why
 * that failed.
 */
ssize_t wire_read(struct wire *w, char *to, size_t size);

/*
 * Send behind what is unsent. Returns 0, or -ENOMEM. A send that fails, as to
 * a peer that has gone, ends the connection, and that is no error here:
 * reading will tell.
 */
int wire_send(struct wire *w, struct slice bytes)
    __attribute__((warn_unused_result));

/* Bytes that have been sent and have not left. */
size_t wire_unsent(const struct wire *w);

/* Whether a send has failed: it cannot be written to any more. */
static inline bool wire_is_deaf(const struct wire *w)
{
	return w->deaf_by != 0;
}

/* Its TLS, borrowed; NULL: it is plain. */
static inline const struct tls *wire_tls(const struct wire *w)
{
	return w->tls;
}

/* Tell the peer that nothing more will come. */
void wire_end(struct wire *w);

/*
 * A last word before wire_close: as much of it as the socket takes at once, and
 * nothing where something is unsent.
 */
void wire_say_last(struct wire *w, struct slice bytes);

#endif
