/*
 * redis_tail: how far a stream has been read, what to ask the server next, and
 * whether what it answers is all there was. No sockets: the owner sends the
 * commands, one at a time, and hands over the items of each answer.
 *
 * XREAD does not tell what it passes over: what was trimmed while it waited,
 * what another server never had, a stream that began anew with smaller ids. So
 * it only wakes us. What there is is read with XRANGE from the last entry on
 * that we have, in one command: that entry comes first and is still the same,
 * or something is missing, and what comes is behind a gap.
 *
 *     NOWHERE --how far back is worth it, with XREVRANGE--> AT_ENTRY, AT_BASE
 *     AT_ENTRY --the entry has gone, none came--> AT_BASE
 *     AT_BASE --an entry--> AT_ENTRY
 *     AT_* --another entry there, or the stream ends before it--> NOWHERE
 *
 * A connection begins with a try of each command: what the server refuses for
 * good shows before anything is read, and not once it is all relied upon.
 *
 * A server that takes over may lack the end of what we have read, and have gone
 * on from there: what it has behind the last entry that both have is all new to
 * us, whatever its ids.
 */
#ifndef BACKEND_REDIS_TAIL_H
#define BACKEND_REDIS_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_back.h"
#include "backend/redis_entries.h"
#include "backend/redis_known.h"
#include "backend/redis_stream_info.h"
#include "base/slice.h"

struct conf;

struct redis_tail_options {
	struct slice key;   /* borrowed */
	size_t memory;      /* what is worth reading back at boot */
	int64_t max_age_ms; /* the same */
	int64_t block_ms;   /* how long XREAD waits */
};

/* What a tail tells its owner; what p points at is borrowed for the call. */
struct redis_tail_sink {
	/* The next entry; is_past: it was there when we booted. */
	void (*on_entry)(void *arg, const struct redis_entry *e, bool is_past);
	/* As on_mark, on_void and on_hole of backend_sink. */
	void (*on_mark)(void *arg, const struct place *p);
	void (*on_void)(void *arg);
	void (*on_hole)(void *arg);
	/* What was there at boot has been read; is_all: there is no more. */
	void (*on_read)(void *arg, bool is_all);
	void (*on_info)(void *arg, const struct redis_stream_info *info);
};

enum {
	TAIL_PAGE = 101, /* entries: a hundred, behind the one that we have */
	TAIL_BACK = 100,
};

enum tail_ask {
	/* At the beginning of a connection, in this order: */
	TAIL_ASK_SERVER,   /* INFO server: a name for this life of it */
	TAIL_ASK_TRY_INFO, /* whether XINFO is permitted at all, */
	TAIL_ASK_TRY_BACK, /* and XREVRANGE, */
	TAIL_ASK_TRY_PAGE, /* and XRANGE, */
	TAIL_ASK_TRY_NEWS, /* and XREAD: nothing is asked for */
	/* From there on. */
	TAIL_ASK_INFO, /* XINFO STREAM */
	TAIL_ASK_BACK, /* XREVRANGE, while NOWHERE */
	TAIL_ASK_PAGE, /* XRANGE from the last one on */
	TAIL_ASK_NEWS, /* XREAD BLOCK */
};

enum tail_state {
	TAIL_NOWHERE,
	TAIL_AT_ENTRY, /* this one was the last */
	TAIL_AT_BASE,  /* no entry with the id of `last` can be had */
};

struct redis_tail {
	struct redis_tail_options options;
	const struct redis_tail_sink *sink;
	void *arg;

	/* The answer that comes. */
	enum tail_ask ask;
	bool is_begun;
	bool is_nil; /* of NEWS: there are none */
	struct resp_whole whole;
	size_t parts; /* of NEWS: before the entries */
	struct redis_entries entries;
	struct redis_stream_info_reader reader;
	size_t page_count; /* entries in it */
	bool is_fruitful;  /* it has brought some to go on by */

	/* How far. */
	enum tail_state state;
	struct place last;
	uint64_t last_hash; /* AT_ENTRY */
	uint64_t added;     /* AT_BASE: how many had been added by then */
	bool is_woken;      /* AT_BASE: this entry was the next one */
	struct place woken;
	uint64_t woken_hash;
	bool is_due; /* AT_BASE: the next must be this one */
	struct place due;
	uint64_t due_hash;
	bool is_marked;   /* the position has been told */
	bool is_proven;   /* on this connection, that nothing is missing */
	bool is_missing;  /* AT_ENTRY: the entry was not there, and none else */
	bool is_replaced; /* another entry has its id */
	bool has_booted;
	struct place past; /* the last entry that was there at boot */

	struct redis_back back;   /* NOWHERE: how far back */
	struct redis_known known; /* what was read last */

	struct redis_stream_info info;
	uint64_t seen;   /* how many had ever been added, by the last one */
	int64_t info_ms; /* when it was asked */
	uint64_t run;    /* of the server, hashed; 0: it does not say */
	bool is_other;   /* than the server before, or may be */
	uint64_t salt;   /* of the streams that were before */
};

/* By the configuration; what is borrowed is borrowed from it. */
struct redis_tail_options redis_tail_options_of(
    const struct conf *conf, int64_t heartbeat_ms);

/* Entries whose value is longer pass by, and are holes. */
size_t redis_tail_max_string(const struct conf *conf);

void redis_tail_init(struct redis_tail *t,
    const struct redis_tail_options *options,
    const struct redis_tail_sink *sink, void *arg);
void redis_tail_fini(struct redis_tail *t);

/* There is a new connection: what was asked on another is forgotten. */
void redis_tail_connected(struct redis_tail *t);

/* The next command: how many arguments, which are valid until the next call. */
enum { TAIL_ARGUMENTS = 8, TAIL_TEXT = 2 * (PLACE_MAX + 1) };
struct tail_command {
	size_t count;
	struct slice arguments[TAIL_ARGUMENTS];
	char text[TAIL_TEXT];
};
void redis_tail_next(const struct redis_tail *t, struct tail_command *c);
const char *redis_tail_command_name(const struct redis_tail *t);

/*
 * The next item of its answer. 1: that was all, and there is a next command;
 * 0: there is more; -EREMOTEIO: an error of the server, which is part->text;
 * -EPROTO or -ENOMEM.
 */
int redis_tail_take(struct redis_tail *t, const struct resp_part *part)
    __attribute__((warn_unused_result));

/* --- for redis_tail_answer: what an answer comes to --- */

/* Ask for this next. */
void redis_tail_ask(struct redis_tail *t, enum tail_ask what);

/* t->info is what the server says of the stream. */
void redis_tail_end_info(struct redis_tail *t);

/*
 * An entry of the answer, the t->page_count'th, and its end: from the newest
 * one back, or from the last one that we have on.
 */
void redis_tail_take_back(struct redis_tail *t, const struct redis_entry *e);
void redis_tail_end_back(struct redis_tail *t);
void redis_tail_take_new(struct redis_tail *t, const struct redis_entry *e);
void redis_tail_end_page(struct redis_tail *t);

#endif
