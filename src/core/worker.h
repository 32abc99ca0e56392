/*
 * worker: what a thread that serves clients has: an event loop, connections,
 * rooms. Every file on a message's way through the thread takes it; core/turn
 * is what makes it run. Nothing in here is touched from outside but through the
 * mailbox.
 */
#ifndef CORE_WORKER_H
#define CORE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/mailbox.h"
#include "base/map.h"
#include "base/reached.h"
#include "base/slots.h"
#include "base/wheel.h"
#include "core/ages.h"
#include "core/app_event.h"
#include "core/metrics.h"
#include "core/sweep.h"

struct ask;
struct closing;
struct conf;
struct conn;
struct crypto_block;
struct delivery;
struct event;
struct event_base;
struct message;
struct new_conf;
struct outq;
struct poller;
struct relief_sum;
struct seats;
struct transport_ops;

/* What all workers share; immutable but for the atomics. */
struct worker_shared {
	const struct transport_ops *ops;
	struct mailbox *hub;            /* borrowed: mail to the hub */
	struct relief_sum *relief;      /* borrowed */
	struct hash_key hash_key;       /* of room names */
	unsigned char id_key[16];       /* of connection ids */
	uint32_t instance;              /* random; part of connection ids */
	uint64_t app_instance;          /* random as well: its first name */
	bool rooms_need_watch;          /* else a room is watched at once */
	_Atomic size_t max_connections; /* limits.connections, or less */
	void *net;                      /* the transport's, for all workers */
	_Atomic size_t connections;     /* open sockets of clients */
	_Atomic size_t clients;     /* of those, not refused or closed yet */
	_Atomic size_t handshakes;  /* of those, not answered yet */
	struct reached full;        /* max_connections */
	struct reached events_full; /* core/tell_app */
	_Atomic bool is_stopping;   /* not ready; clients may still come */
	_Atomic bool is_draining;   /* no client is let in any more */
};

enum { WORKER_SCRATCH = 65536 };

/* What a connection's stamp is where it is no message's. */
enum {
	STAMP_QUIET = 0, /* nothing has reached it since core/behind looked */
	STAMP_HEARD = 1, /* something, which core/fanout need not know again */
};

/*
 * How far a worker has come with a message or command that is too much for one
 * turn. Between two turns rooms and connections may come and go: it goes on by
 * name, and backwards within a room, see core/steer.
 */
struct walk {
	struct delivery *delivery; /* a reference; NULL: no message is begun */
	uint32_t at;      /* the next one the aim names: rooms, connections */
	uint32_t left;    /* members of that room still to go to; 0: all */
	uint64_t reached; /* connections, so far */
	uint64_t before;  /* of a command: who has come by then; 0: not begun */
};

/* Connections one behind the other, by their `next`: core/conn. */
struct conn_queue {
	struct conn *first;
	struct conn *last;
	uint64_t put; /* how many ever were, at its end */
	uint64_t popped;
};

struct worker {
	struct worker_shared *shared; /* borrowed */
	const struct conf *conf;      /* a reference: the one in force here */
	unsigned index;
	_Atomic bool has_thread; /* between worker_enter and worker_leave */
	struct event_base *base; /* owned */
	struct poller *poller;   /* owned; the clients' sockets */
	struct metrics metrics;
	struct mailbox *mailbox;     /* owned; from the hub */
	_Atomic bool hub_waits;      /* tell the hub when mailbox has space */
	_Atomic(struct ask *) asked; /* not seen yet: core/ask */
	bool has_ended;              /* core/ask; the main thread's */
	struct event *mail_event;    /* owned */
	struct event *tick_event;    /* owned; turns the wheel */
	struct wheel wheel;
	int64_t now_ms;           /* clock_ms, read once a turn and tick */
	struct crypto_block *ids; /* owned */

	struct mail *mail; /* taken, not handled: mail_next up to mail_count */
	size_t mail_count;
	size_t mail_next;
	struct walk walk; /* of the next mail */
	struct sweep sweep;
	struct ages ages; /* of deliveries */

	struct slots slots; /* of struct conn */
	uint32_t conn_count;
	uint64_t next_serial;
	uint32_t stamp;  /* of the message being fanned out; > STAMP_HEARD */
	uint32_t opened; /* how many MAIL_ROOM_OPENED it has posted */

	struct map rooms;   /* of struct room */
	struct map replays; /* core/behind: of struct resume */
	struct map moves;   /* core/moves: of struct moves */
	struct map aliases; /* core/aliases: by connection, by name */
	struct map alias_names;

	/* core/behind: the note that says where all are. */
	struct message *here; /* a reference, or NULL */
	uint32_t here_ms;     /* since when; low bits of the clock */

	struct conn_queue dirty; /* core/conn: to be flushed, in order */
	struct conn *dead_first; /* core/conn: DEAD, and not dirty */
	struct bulk {            /* core/bulk: of the dirty, who have much */
		uint32_t large;  /* messages that anybody may have */
		struct conn_queue begun;
		struct conn_queue fresh;
		struct sweep sweep; /* of what is large */
	} bulk;

	/* core/retell: what the app knows the instance by. */
	char instance_name[APP_EVENT_INSTANCE_LEN + 1];
	uint32_t renames;      /* names that it had before */
	bool retells;          /* some may not be told of under this name yet */
	uint32_t retell_at;    /* a slot: the next one to look at */
	int64_t retell_due_ms; /* when */

	struct seats *seats;  /* owned; core/presence; NULL: never any */
	int64_t seats_due_ms; /* when a change may be told again */

	struct list stalled;    /* core/relief: queues that nobody reads */
	int64_t told_of_memory; /* core/relief */

	struct delivery *free_deliveries; /* core/spares */
	unsigned free_delivery_count;
	struct outq *free_outqs;
	unsigned free_outq_count;

	struct closing *closing; /* owned; while all are being closed */
	bool is_ending;          /* end the loop when no connection is left */
	void *net;               /* the transport's */
	char *scratch;           /* owned; WORKER_SCRATCH bytes for reading */
	char *decoded;           /* owned; as many, for what is decoded of it */
	uint64_t random_state;   /* of worker_random */
};

/*
 * Make a worker that goes by this configuration; nothing runs yet. With
 * is_alone it is the only one and runs on the main thread: the hub and all else
 * of that thread use its base, and what the hub posts wakes nobody. NULL with e
 * filled on failure. Main thread.
 */
struct worker *worker_new(struct worker_shared *shared, const struct conf *conf,
    unsigned index, bool is_alone, struct err *e);

/* Free one without connections, after turn_close. NULL is fine. */
void worker_free(struct worker *w);

/*
 * This thread is the worker's, from enter to leave; before and after that the
 * worker is the main thread's.
 */
void worker_enter(struct worker *w);
void worker_leave(struct worker *w);

/*
 * Where another thread than the worker's has no business: ends the process when
 * it comes by, in builds with a sanitizer. Nothing elsewhere.
 */
#ifdef ROOMCAST_CHECKED
void worker_check_thread(const struct worker *w);
#else
static inline void worker_check_thread(const struct worker *w)
{
	(void)w;
}
#endif

/* Go by this configuration from now on; takes n. */
void worker_use_conf(struct worker *w, struct new_conf *n);

/* Post one mail to the hub. */
void worker_post(struct worker *w, uint32_t kind, uint32_t value, void *item);

/* A number from 0 up to below limit, to spread timers: not for secrets. */
int64_t worker_random(struct worker *w, int64_t limit);

/* The hash of a room name under the shared key. */
uint64_t worker_hash(const struct worker *w, struct slice name);

#endif
