/*
 * poller: when the sockets of a worker's clients are ready, in an epoll set of
 * their own. libevent watches the set as one descriptor; a client costs it
 * nothing, where an event would take 128 bytes and an entry of a table. Whoever
 * reads and writes them is told: net/.
 */
#ifndef CORE_POLLER_H
#define CORE_POLLER_H

#include "base/err.h"

struct conn;
struct worker;

/* What a connection's socket is watched for: a bit set. */
enum {
	POLLER_INPUT = 1,   /* bytes to read, or the end */
	POLLER_LEAVING = 2, /* the end only: bytes stay unread */
	POLLER_OUTPUT = 4,  /* it takes bytes again */
	POLLER_ENDURE = 8,  /* nothing: it stays in the set for what follows */
};

/* Make the worker's poller: 0, or a negative errno with e filled. */
int poller_open(struct worker *w, struct err *e)
    __attribute__((warn_unused_result));
/* Close the poller; one that poller_open has left unfinished, or none, too. */
void poller_close(struct worker *w);

/*
 * Watch the connection's socket for what and nothing else; closing the socket
 * ends it. Input, or the end, calls ops->on_readable; space for output calls
 * poller_unblock. 0 or a negative errno.
 */
int poller_watch(struct conn *c, unsigned what)
    __attribute__((warn_unused_result));

/*
 * The socket takes no more: watch for the time when it does, which unblocks
 * the connection: it is dirty then. 0 or a negative errno.
 */
int poller_block(struct conn *c) __attribute__((warn_unused_result));
void poller_unblock(struct conn *c);

#endif
