/*
 * pending: what is kept of a handshake that cannot be answered at once.
 *
 * Most request heads come in one piece and are answered from the worker's
 * scratch memory. Only a head that is cut short, a client that must wait, one
 * that proxies speak for, and one that may ask for the health get this; it is
 * freed once the session starts.
 */
#ifndef NET_PENDING_H
#define NET_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/refused.h"
#include "net/keys_wait.h"
#include "net/request.h"
#include "proto/http.h"

struct conf_listen;
struct conn;
struct hook_call;
struct net_worker;
struct worker;

/*
 * What a worker keeps for those who come next: so many, and memory for a head
 * of so many bytes with each. 107 KiB at most, until nothing happens.
 */
enum { PENDING_SPARES = 64, PENDING_SPARE_BYTES = 1 << 10 };

struct pending {
	struct pending *next_spare; /* of the worker's */
	struct buf in; /* all that came: the head, and what is behind it */
	struct route_match *match; /* owned; NULL: the head is not complete */
	uint16_t door;             /* where it came in: of conf.listen */
	bool knows_door;           /* where that matters */
	bool awaits_proxy;         /* a PROXY header comes first */
	bool awaits_address;       /* who the client is shows in the head */
	enum refused refuse_with;  /* once TLS is up; or not */
	struct hook_call *call;    /* the hook is being asked */
	struct keys_waiter keys;   /* a key is being looked for */
	struct http_head head;     /* last: most of it is left as it was */
};

/* What the connection has pending, made when missing; NULL: memory is out. */
struct pending *pending_need(struct conn *c);

/* Note where it came in, by the place of that among conf.listen. */
void pending_set_door(struct pending *p, unsigned door);
/* What is configured of that now; NULL: it was not noted. */
const struct conf_listen *pending_listen(const struct conn *c);

/*
 * Keep a request that may be in scratch memory, and its head as far as it has
 * come. 0 or -ENOMEM.
 */
int pending_keep(struct conn *c, const struct request *r)
    __attribute__((warn_unused_result));
/* The request that was kept. Borrowed. */
struct request pending_request(const struct conn *c);

/*
 * The request that is being decided now, or is pending: all of it, or what has
 * come so far, while head->size is 0. head is NULL where nothing has. Borrowed.
 */
struct request pending_or_current(const struct conn *c);

/*
 * Give it back to the worker that made it; neither hook nor key is waited for
 * any more. NULL is fine.
 */
void pending_free(struct worker *w, struct pending *p);
/* Free all that the worker has kept. */
void pending_free_spares(struct net_worker *net);
/* As pending_free with the connection's, which has none then. Before OPEN. */
void pending_drop(struct conn *c);

#endif
