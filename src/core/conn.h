/*
 * conn: one client, from accept to close. Small, because there are many.
 *
 * A connection belongs to one worker and only that worker's thread touches
 * it. The state says who looks after it:
 *
 *     HANDSHAKE  net/upgrade reads the request head; deadline: 408
 *     ASKING     the app's hook is asked whether to admit it
 *     WAITING    in its rooms, 101 held back until they are watched
 *     OPEN       net/session; frames flow
 *     CLOSING    our close frame is queued or sent, the peer's is awaited
 *     LINGER     half-closed: what the peer still sends is thrown away, so
 *                that it reads our last bytes instead of a reset
 *     DEAD       freed at the end of the worker's turn
 *
 * A state never goes back. Nobody frees a connection in a callback or a walk,
 * nor takes it out of its rooms: LINGER and DEAD leave them at the end of the
 * turn (core/turn), so that a walk over a room's members is a plain loop.
 */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bucket.h"
#include "base/ip.h"
#include "base/wheel.h"
#include "core/ids.h"
#include "core/worker.h"

struct conf_route;
struct delivery;
struct outq;
struct pending;
struct room;
struct tls;
struct visitor;
struct wsdec;

enum conn_state {
	CONN_HANDSHAKE,
	CONN_ASKING,
	CONN_WAITING,
	CONN_OPEN,
	CONN_CLOSING,
	CONN_LINGER,
	CONN_DEAD
};

/* Whether live messages pass it by: core/behind. */
enum conn_behind {
	CONN_LIVE,
	CONN_BEHIND,
	CONN_BEHIND_MOVED, /* its rooms are others since then: core/moves */
	CONN_BEHIND_LOST,  /* so often that nobody knows any more how */
};

/* Who a client is when its socket does not tell: a proxy has said so. */
struct client {
	struct ip ip;
	uint16_t port;   /* 0: unknown */
	bool is_counted; /* by net/addresses */
};

/* One room of a connection, and its place among that room's members. */
struct membership {
	struct room *room; /* borrowed: lives as long as it has members */
	uint32_t position;
};

enum { CONN_CLIENT_MAX = 64 };

struct conn {
	/*
	 * All that a delivery touches, in one line of the cache: in a sweep
	 * over a large room each connection is a miss.
	 */
	_Alignas(64) struct conn *next; /* in one of the worker's lists */
	struct worker *worker;          /* borrowed, outlives it */
	struct delivery *only; /* a reference; what waits while outq is NULL */
	struct outq *outq;     /* owned; NULL while nothing waits */
	struct tls *tls;       /* owned; NULL on a plain listener */
	int fd;                /* owned */
	uint32_t stamp;        /* the last message that reached it */
	uint8_t state;         /* enum conn_state */
	uint8_t form;          /* of its messages: core/message */
	uint8_t watched;       /* for what: core/poller */
	bool is_dirty;         /* in the worker's dirty list, or its bulk */
	bool is_blocked; /* the socket takes no more, and is watched for it */

	/* What a ping and its pong touch besides. */
	bool is_pinged;     /* the timer waits for the pong, not for the ping */
	bool awaits_pong;   /* pinged and nothing heard since */
	uint8_t behind;     /* enum conn_behind; of a delivery as well */
	uint32_t pinged_ms; /* low bits of the clock at the last ping */
	uint32_t expires_s; /* seconds since 1970; 0: never */
	union {
		struct pending *pending; /* owned; before OPEN, may be NULL */
		struct wsdec *decoder;   /* owned; NULL between frames */
	};
	struct wheel_timer timer;
	struct bucket inbound;

	/* Who it is, and where. */
	bool is_upgraded;    /* decoder and not pending is in the union */
	bool has_user;       /* the first membership is its user's room */
	bool is_told_of : 1; /* core/tell_app: `disconnected` is owed */
	uint8_t told_as : 2; /* and under which name, low bits: core/retell */
	bool is_present : 1; /* core/presence: it counts in its rooms */
	bool input_is_over;  /* CLOSING: nothing the peer sends counts now */
	uint16_t pending_rooms; /* not ROOM_WATCHED yet; 0 in OPEN */
	uint16_t membership_count;
	uint32_t slot;   /* in the worker's slots */
	uint64_t serial; /* never given twice by a worker */
	union {
		struct membership one;   /* membership_count is at most 1 */
		struct membership *many; /* owned */
	};
	const struct conf_route *route; /* with a reference to its conf; from
					* WAITING on, and of an event stream
					* before */
	struct client *client;          /* owned; NULL: what the socket says */

	/* Deadlines; low bits of the clock. */
	uint32_t message_ms; /* OPEN with a decoder: its message began */
	union {
		uint32_t round_trip_ms; /* OPEN: of the last ping and its pong,
					 * at least 1; 0: none has come */
		uint32_t closed_ms; /* from CLOSING or LINGER on: since when */
	};
	uint32_t unacked;  /* bytes in the socket at the last look; 0: some
			      * have left since */
	uint32_t moved_ms; /* OPEN: their number was another then */

	/* Low bits of the clock. */
	union {
		uint32_t heard_us;  /* before OPEN: at its first byte; 0: none
				     * has come */
		uint32_t opened_cs; /* from OPEN on: since when, in 10 ms; they
				     * are enough for 497 days */
	};
	struct visitor *visitor; /* owned; what the log says of its request at
				  * the end; NULL: nothing */
};

/*
 * Make a connection for fd in HANDSHAKE and put it into the worker's table;
 * takes fd. NULL when memory is out: fd is then still the caller's.
 */
struct conn *conn_new(struct worker *w, int fd)
    __attribute__((warn_unused_result));

/* Move on to a later state. The gauges follow. */
void conn_set_state(struct conn *c, enum conn_state state);

/*
 * It goes by this route, in place of another, for as long as it lives: whatever
 * configuration its worker goes by then.
 */
void conn_set_route(struct conn *c, const struct conf_route *route);

/* The connection of this reference; NULL: another worker's, or gone. */
struct conn *conn_find(const struct worker *w, const struct conn_ref *ref);

/* Append one that is in no list. */
static inline void conn_put(struct conn_queue *q, struct conn *c)
{
	c->is_dirty = true;
	c->next = NULL;
	q->put++;
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
}

/*
 * What is due at the end of the turn. Until then a connection is in one of the
 * lists of its worker, or in none: those who are dirty wait for flush, in
 * order, or for core/bulk, and the dead for the reaper.
 */
static inline void conn_mark_dirty(struct conn *c)
{
	struct worker *w = c->worker;

	worker_check_thread(w);
	if (!c->is_dirty && c->state != CONN_DEAD)
		conn_put(&w->dirty, c);
}

/*
 * Mark the connection DEAD. Nothing happens when it is DEAD already. One that
 * is dirty joins the dead when its turn in that list comes.
 */
void conn_kill(struct conn *c);

/*
 * Take the next one out, or NULL: there is none. Those that have died meanwhile
 * join the dead instead.
 */
struct conn *conn_pop(struct conn_queue *q);

/* The next one of the dead, or NULL. */
struct conn *conn_pop_dead(struct worker *w);

/*
 * Free a DEAD connection that is in no list, in no room, and for which nothing
 * waits. The worker's reaper only.
 */
void conn_free(struct conn *c);

/* How many rooms it is in, as limits.rooms_per_connection counts them. */
static inline unsigned conn_room_count(const struct conn *c)
{
	return (unsigned)c->membership_count - (c->has_user ? 1 : 0);
}

/* How long it has been open, to 10 ms. From OPEN on. */
int64_t conn_age_ms(const struct conn *c);

/* The connection's memberships, membership_count of them. */
static inline const struct membership *conn_memberships(const struct conn *c)
{
	return c->membership_count <= 1 ? &c->one : c->many;
}

/* The connection's public id: see core/ids. */
void conn_id(const struct conn *c, char out[CONN_ID_LEN + 1]);

/*
 * The client's address: what a trusted proxy said, else the socket's. False
 * when there is none (a unix socket). *port may be 0.
 */
bool conn_address(const struct conn *c, struct ip *ip, uint16_t *port);

/*
 * The client's address as conn_address has it, for the log, which calls it the
 * peer: "192.0.2.7:4711", "[::1]:4711", "unix"; or "gone" where a reset came
 * before anybody asked.
 */
void conn_client(const struct conn *c, char out[CONN_CLIENT_MAX]);

#endif
