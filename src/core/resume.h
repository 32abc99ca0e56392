/*
 * resume: what a connection has missed, page by page.
 *
 * A struct resume goes back and forth between two threads, and whoever has it
 * owns it: the worker asks the hub with it (MAIL_RESUME), the hub puts a page
 * of messages into it and sends it back (MAIL_REPLAY), through the outbox like
 * all else, so that what comes behind it in the mailbox is what comes behind
 * its last message. When the page has left the queue the worker asks again;
 * with the last one the connection is live. The hub keeps nothing of who has
 * not asked. What the hub does is core/replay and core/pages, what the worker
 * does core/behind.
 */
#ifndef CORE_RESUME_H
#define CORE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "base/map.h"
#include "core/aliases.h"
#include "core/history_reader.h"
#include "core/history_search.h"
#include "proto/names.h"

struct allowance;
struct conn;
struct message;
struct metrics;

enum { RESUME_CURSOR_MAX = MESSAGE_ID_MAX };

enum resume_state {
	RESUME_ASKS,  /* its cursor is not looked at yet */
	RESUME_SEEKS, /* where the last messages begin */
	RESUME_READS, /* up to its position it has everything */
	RESUME_LOST,  /* no more than the head and that there is a gap */
};

struct resume {
	struct map_node node; /* core/behind: while the worker has it */
	struct list link;     /* the hub's, until there is a page */
	enum resume_state state;
	uint8_t form;      /* of the connection's messages */
	bool is_live;      /* the page is the last one */
	bool has_failed;   /* memory was out */
	bool is_untold;    /* there is a gap, and no id to tell it with */
	bool is_counted;   /* how it came out has been */
	bool has_address;  /* of the client; not at a unix socket */
	bool is_inside;    /* core/allowances: the hub has it */
	bool is_delayed;   /* and it waits for its address */
	struct ip address; /* as limits for each address count it */
	struct allowance *allowance; /* borrowed while it is inside; or NULL */
	int64_t asked_ms;      /* core/replay: since when it waits for a page */
	int64_t parked_ms;     /* core/parking: since when it waits there */
	uint64_t barrier;      /* what for; 0: for a position */
	int64_t max_age_ms;    /* how far back the cursor may lie */
	uint32_t last;         /* of how many it begins, without a cursor */
	uint64_t position;     /* of RESUME_READS */
	uint64_t from;         /* that, before the page */
	struct message *first; /* a reference or NULL: goes behind the first
				* note */
	struct history_reader reader;
	struct history_search search;    /* of RESUME_SEEKS */
	struct slice aliases[ALIAS_MAX]; /* the reader's; in alias_text */
	char *alias_text;                /* owned; NULL where it has none */
	/* The page: references of notes and messages, in order. */
	struct message **page; /* owned */
	uint32_t page_count, page_cap;
	uint32_t message_count; /* of those, what is no note */
	size_t page_bytes;      /* of the messages, as a queue counts them */
	uint8_t cursor_len;
	char cursor[RESUME_CURSOR_MAX];
};

/* What one with its page counts in a mailbox. */
static inline size_t resume_bytes(const struct resume *r)
{
	return sizeof *r + r->page_bytes;
}

/* Add a reference of m, which is taken, to its page. 0, or -ENOMEM. */
int resume_add(struct resume *r, struct message *m, struct metrics *metrics)
    __attribute__((warn_unused_result));

/*
 * One for this connection and the rooms that it is in now. NULL when memory is
 * out. The connection's thread.
 */
struct resume *resume_new(struct conn *c);

/* A cursor that is longer than any is unknown. */
void resume_set_cursor(struct resume *r, struct slice cursor);

/*
 * Its page ends at this position, which is not before the page: what is behind
 * that is given back, and is no longer dealt with.
 */
void resume_cut(struct resume *r, uint64_t position, struct metrics *metrics);

/*
 * The rooms that a connection is in, membership_count of them, its user's among
 * them; with their names one piece of memory, which is the caller's. NULL: it
 * is out. The connection's thread.
 */
struct aim_room *resume_copy_rooms(struct conn *c);

/*
 * Its rooms are these from here on; they are taken. 0, or -ENOMEM for NULL.
 */
int resume_set_rooms(struct resume *r, struct aim_room *rooms, size_t count)
    __attribute__((warn_unused_result));

/*
 * Give back the references of its page; metrics are this thread's, or NULL
 * where nobody counts any more.
 */
void resume_drop_page(struct resume *r, struct metrics *metrics);
/* Free it with all that it holds. NULL is fine. */
void resume_free(struct resume *r, struct metrics *metrics);

#endif
