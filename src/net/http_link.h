/*
 * http_link: one connection to a server by HTTP/1.1, in plain or through TLS,
 * which carries one request at a time and is used again when the server keeps
 * it open.
 */
#ifndef NET_HTTP_LINK_H
#define NET_HTTP_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/slice.h"
#include "proto/http_reply.h"
#include "sys/wire.h"

struct event_base;
struct tls_client;

/* What became of a request. After all but DONE only http_link_close follows. */
enum http_link_event {
	HTTP_LINK_DONE,      /* reply is complete */
	HTTP_LINK_REFUSED,   /* no connection came about; error */
	HTTP_LINK_STALE,     /* used again, and closed before any byte came */
	HTTP_LINK_CUT,       /* closed before the answer was complete; error */
	HTTP_LINK_BAD,       /* not HTTP, or ambiguous; reply.why */
	HTTP_LINK_TOO_LARGE, /* head or body over its bound */
	HTTP_LINK_NO_MEMORY,
	HTTP_LINK_IDLE_END, /* closed, silent for long, or out of turn */
};

enum http_link_state {
	HTTP_LINK_CONNECTING,
	HTTP_LINK_SECURING, /* in the TLS handshake */
	HTTP_LINK_BUSY,
	HTTP_LINK_IDLE,
};

struct http_link;
/* Called from the event loop only; may close the link. */
typedef void (*http_link_fn)(
    void *arg, struct http_link *l, enum http_link_event what);

/* What all links of one owner have in common; borrowed by each. */
struct http_link_options {
	struct tls_client *tls; /* NULL: in plain */
	size_t max_body;        /* of an answer */
	http_link_fn fn;
	void *arg;
};

struct http_link {
	struct list node;     /* the owner's */
	void *call;           /* the owner's: who waits for the answer */
	size_t address_index; /* the owner's */
	const struct http_link_options *options;
	struct wire wire;        /* once it is connected */
	int fd;                  /* owned, until then; -1: the wire has it */
	struct event *connected; /* owned; that it is writable */
	struct event *idle;      /* owned; a timer */
	enum http_link_state state;
	unsigned uses;           /* requests sent */
	struct slice request;    /* borrowed; it has not begun to leave */
	bool has_bytes;          /* of the present answer */
	int error;               /* errno of the failure, EPROTO: TLS; or 0 */
	struct http_reply reply; /* when DONE: until the next send */
};

/*
 * Take over a socket that connects. NULL without memory: fd is closed, and fn
 * is not called. options outlive the link.
 */
struct http_link *http_link_open(
    struct event_base *base, int fd, const struct http_link_options *options);

/*
 * Send a request, borrowed until there is an event; the link is new or idle. 0,
 * or -ENOMEM: close it then.
 */
int http_link_send(struct http_link *l, struct slice request)
    __attribute__((warn_unused_result));

/*
 * In DONE: keep the connection for a further request. False when it cannot
 * be: close it then.
 */
bool http_link_rest(struct http_link *l);

/* Whether nothing has happened at an idle link that the loop will yet tell. */
bool http_link_is_quiet(const struct http_link *l);

/* Whether it has not come about yet, TLS included. */
static inline bool http_link_is_new(const struct http_link *l)
{
	return l->state < HTTP_LINK_BUSY;
}

/* Free the link, close its socket; fn is not called any more. NULL is fine. */
void http_link_close(struct http_link *l);

#endif
