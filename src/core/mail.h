/*
 * mail: everything the hub and the workers say to each other. The kinds of
 * struct mail (base/mailbox.h) and who owns the item.
 */
#ifndef CORE_MAIL_H
#define CORE_MAIL_H

#include <stdint.h>

#include "base/mailbox.h"
#include "base/slice.h"

enum mail_kind {
	/* hub to worker */
	MAIL_MESSAGE,      /* item: struct message, one reference */
	MAIL_COMMAND,      /* item: struct command, one reference */
	MAIL_REPLAY,       /* item: struct resume, given */
	MAIL_NOTE,         /* item: struct message, one reference: for all with
			    * ids */
	MAIL_HERE,         /* the same: where they are who are live */
	MAIL_GAP,          /* the same, for those without: core/gap */
	MAIL_ROOMS_GAP,    /* item: struct rooms_gap, given: core/gap */
	MAIL_ROOM_WATCHED, /* item: struct room_notice, given */
	MAIL_ROOM_REFUSED, /* the same; its channel cannot be watched */
	MAIL_CONF,         /* item: struct new_conf, given: go by it */
	MAIL_KEYS,         /* keys of tokens have been looked for */
	MAIL_ASK,          /* core/ask: wakes the worker */
	MAIL_QUIET,        /* nothing happens: give back what is kept */
	MAIL_RENAMED,      /* value: how often the instance was: core/retell */
	MAIL_CLOSE_ALL,    /* value: enum close_reason; paced */
	MAIL_DRAIN,        /* close all for shutdown, then end the thread */
	/* worker to hub */
	MAIL_ROOM_OPENED,  /* item: struct room_notice, given; value: whether
			    * a member wants deflated messages. Again when
			    * the first one who does has come */
	MAIL_ROOM_EMPTY,   /* item: struct room_notice, given */
	MAIL_RESUME,       /* item: struct resume, given */
	MAIL_COMMAND_DONE, /* item: struct command, a join's reference */
	MAIL_REACHED,      /* item: struct publication, of the hub; value: how
			    * many connections have it here */
	MAIL_APP_EVENT,    /* item: struct app_event, given; the mailbox
			    * counts its bytes */
	MAIL_PRESENCE,     /* item: struct seats_page, given */
	MAIL_ANSWER,       /* item: struct ask, back with who asked */
	MAIL_KEYS_WANTED,  /* a token names a key that is not there */
	MAIL_HAS_SPACE,    /* the mailbox the hub waits for has drained */
	MAIL_WORKER_DONE,  /* value: worker index; its loop has ended */
};

struct lost_rooms;
struct map;
struct message;

/*
 * A room, by name. opened is the number of the worker's last MAIL_ROOM_OPENED:
 * that it has posted, or in what the hub says, that the hub has handled. What
 * was said before the hub knew of a room is of another one of its name, which
 * has emptied since.
 */
struct room_notice {
	uint64_t hash;
	uint32_t opened;
	uint16_t worker;
	uint16_t name_len;
	char name[];
};

/* Aborts when memory is out; freed by whoever takes the mail, with free(). */
struct room_notice *room_notice_new(
    struct slice name, uint64_t hash, unsigned worker, uint32_t opened);

/*
 * Before the first of count mails is handled: begin to fetch into the cache
 * what a look for the rooms of the notices behind it will need, in a table of
 * rooms under the hash of a notice.
 */
void mail_fetch_rooms(
    const struct map *rooms, const struct mail *mail, size_t count);

/* A gap of some rooms: to be told, or closed for. */
struct rooms_gap {
	struct lost_rooms *rooms; /* a reference */
	struct message *told;     /* a reference; NULL: close their members */
};
/* Aborts when memory is out; takes both references. */
struct rooms_gap *rooms_gap_new(struct lost_rooms *rooms, struct message *told);
void rooms_gap_free(struct rooms_gap *gap);

/* Free what mail brings that nobody will handle. */
void mail_drop(const struct mail *mail);

static inline struct slice room_notice_name(const struct room_notice *n)
{
	return slice_of(n->name, n->name_len);
}

#endif
