/*
 * redis_presence_talk: what is said to the server of presence, and in which
 * order: one question at a time, or a page of seats, and what comes next is
 * chosen when that was answered. A beat goes before a page, so that the lease
 * is held however much there is to write. A scan goes on when all that it has
 * found is written, so that no more of it is held than one answer brings. No
 * sockets but through the link, no timers. Main thread.
 */
#ifndef BACKEND_REDIS_PRESENCE_TALK_H
#define BACKEND_REDIS_PRESENCE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_presence_answer.h"
#include "backend/redis_presence_pace.h"

struct hash_key;
struct metrics;
struct redis_link;
struct redis_presence_words;
struct resp_part;
struct seats;

/* What is under way. */
enum presence_ask {
	PRESENCE_ASK_NOTHING,
	PRESENCE_ASK_BEAT,
	PRESENCE_ASK_WRITE,
	PRESENCE_ASK_SWEEP,
	PRESENCE_ASK_SCAN,
	PRESENCE_ASK_LEAVE,
};

struct presence_talk {
	/* All borrowed. */
	struct redis_link *link;
	struct redis_presence_words *words;
	struct seats *seats;
	const struct hash_key *hash_key; /* of their names */
	struct metrics *metrics;
	/* Its lease is gone: the words' instance is to be called otherwise. */
	void (*rename)(void *arg);
	void *arg;

	int64_t lease_ms;
	int64_t calm_ms; /* in which others come back after an outage */
	int64_t beat_ms; /* when the last one left; 0: none has */
	/*
	 * Nobody is swept before: who was away himself, with the server
	 * perhaps, gives all others the time to come back.
	 */
	int64_t calm_until_ms;
	enum presence_ask ask, last;
	struct redis_presence_answer answer;
	struct redis_presence_pace pace; /* of sweeps and scans */
	unsigned left;      /* answers of a page that are to come */
	bool is_by_name;    /* what is under way is a script, by its name */
	unsigned forgotten; /* times that the server did not know one */
	int64_t refused_until_ms; /* seats that it refuses rest till then, */
	int64_t refused_ms;       /* and the next time for so long */
	bool is_fresh;            /* connected, and nothing is written yet */
	/*
	 * Of this name there may have been a lease, as the server was asked for
	 * one: that it is gone may have been told.
	 */
	bool has_had_lease;
	bool had_lease; /* the same before the beat that is under way */
	bool has_lease; /* there was one of this name: others sweep it */
	bool is_scanning;
	bool wants_beat;  /* at once */
	bool lacks_lease; /* a write has said so; the next beat asks */
	bool is_leaving;
	bool owes_events; /* as it leaves: they were lost, or wait yet */
	char dead[PRESENCE_INSTANCE_MAX + 1]; /* is to be swept; "": nobody */
	char cursor[PRESENCE_CURSOR_MAX + 1]; /* of the scan */
};

/* Connected: nothing is known of what the server has. */
void presence_talk_begin(struct presence_talk *t);
/* The connection is lost. What was sent is to be sent again. */
void presence_talk_end(struct presence_talk *t);

/*
 * Nothing is under way: send what comes next, if anything does. 0, or a
 * negative errno where memory is out.
 */
int presence_talk_next(struct presence_talk *t)
    __attribute__((warn_unused_result));

static inline bool presence_talk_is_idle(const struct presence_talk *t)
{
	return t->ask == PRESENCE_ASK_NOTHING;
}

/* After how many ms something is to be sent, where nothing changes. */
int64_t presence_talk_rest_ms(const struct presence_talk *t);

/*
 * The next item of an answer; something is under way. 1: all of it has come;
 * 0: more comes. -EREMOTEIO: it is an error; -EPROTO: nobody has asked for it;
 * -ENOMEM: memory is out.
 */
int presence_talk_take(struct presence_talk *t, const struct resp_part *part)
    __attribute__((warn_unused_result));

/* The command that is under way. A literal. */
const char *presence_talk_command(const struct presence_talk *t);

#endif
