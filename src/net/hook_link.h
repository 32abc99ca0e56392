/*
 * hook_link: one connection to the app, which carries one request at a time
 * and is used again when the app keeps it open.
 */
#ifndef NET_HOOK_LINK_H
#define NET_HOOK_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/slice.h"
#include "proto/http_reply.h"

struct bufferevent;
struct event_base;
struct hook_call;

enum { HOOK_LINK_BODY_MAX = 65536 };

/* What became of a request. After all but DONE only hook_link_close follows. */
enum hook_link_event {
	HOOK_LINK_DONE,      /* reply is complete */
	HOOK_LINK_REFUSED,   /* no connection came about */
	HOOK_LINK_STALE,     /* used again, and closed before any byte came */
	HOOK_LINK_CUT,       /* closed before the answer was complete */
	HOOK_LINK_BAD,       /* not HTTP, or ambiguous; reply.why */
	HOOK_LINK_TOO_LARGE, /* head or body over its bound */
	HOOK_LINK_NO_MEMORY,
	HOOK_LINK_IDLE_END, /* closed, silent for long, or out of turn */
};

enum hook_link_state {
	HOOK_LINK_CONNECTING, /* the request may wait in it already */
	HOOK_LINK_BUSY,
	HOOK_LINK_IDLE,
};

struct hook_link;
/* Called from the event loop only; may close the link. */
typedef void (*hook_link_fn)(
    void *arg, struct hook_link *l, enum hook_link_event what);

struct hook_link {
	struct list node;       /* the owner's */
	struct hook_call *call; /* the owner's: who waits for the answer */
	size_t address_index;   /* the owner's */
	hook_link_fn fn;
	void *arg;
	struct bufferevent *bev; /* owned; with its socket */
	enum hook_link_state state;
	unsigned uses;           /* requests sent */
	bool has_bytes;          /* of the present answer */
	int error;               /* errno of the failure, or 0 */
	struct http_reply reply; /* when DONE: until the next send */
};

/*
 * Take over a socket that connects. NULL without memory: fd is closed, and fn
 * is not called.
 */
struct hook_link *hook_link_open(
    struct event_base *base, int fd, hook_link_fn fn, void *arg);

/* Send a request; the link is new or idle. 0, or -ENOMEM: close it then. */
int hook_link_send(struct hook_link *l, struct slice request)
    __attribute__((warn_unused_result));

/*
 * In DONE: keep the connection for a further request. False when it cannot
 * be: close it then.
 */
bool hook_link_rest(struct hook_link *l);

/* Whether nothing has happened at an idle link that the loop will yet tell. */
bool hook_link_is_quiet(const struct hook_link *l);

/* Free the link, close its socket; fn is not called any more. NULL is fine. */
void hook_link_close(struct hook_link *l);

#endif
