/*
 * redis_presence_words: the commands of presence, and what their keys are
 * called: three scripts (backend/presence), which the server knows by their
 * SHA-1 once it was sent their texts. No sockets.
 */
#ifndef BACKEND_REDIS_PRESENCE_WORDS_H
#define BACKEND_REDIS_PRESENCE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct conf;
struct conf_redis;
struct redis_presence_words;
struct seat;

enum redis_presence_script {
	PRESENCE_ROOM,
	PRESENCE_BEAT,
	PRESENCE_SWEEP,
	PRESENCE_SCRIPTS,
};

enum {
	PRESENCE_SWEPT = 100, /* seats a command */
	PRESENCE_ARGUMENTS_MAX = 16,
};

/* A command; what it points at lives until the next one is made. */
struct redis_presence_command {
	struct slice arguments[PRESENCE_ARGUMENTS_MAX];
	size_t count;
};

/*
 * In a cluster: a key in the slot of all that presence has, as it has that of
 * the stream of events.
 */
const char *redis_presence_tag(const struct conf *conf);

/*
 * Those of this instance at this source, where events go as conf says. All
 * outlives the words.
 */
struct redis_presence_words *redis_presence_words_new(const struct conf *conf,
    const struct conf_redis *source, const char *instance);
void redis_presence_words_free(struct redis_presence_words *w);
/* The text of instance is another one by now. */
void redis_presence_rename(struct redis_presence_words *w);

/*
 * Whether the server knows a script; else its whole text is sent. As long as
 * nobody has said so it does not.
 */
void redis_presence_set_known(struct redis_presence_words *w,
    enum redis_presence_script script, bool is_known);
bool redis_presence_is_known(
    const struct redis_presence_words *w, enum redis_presence_script script);

/* The key of a seat; borrowed until the next one, or the next command. */
struct slice redis_presence_key(
    struct redis_presence_words *w, const struct seat *seat);

/* What a write is answered with. */
enum redis_presence_written {
	PRESENCE_NO_LEASE, /* nothing was written */
	PRESENCE_WRITTEN,
	PRESENCE_OTHERS_KEY, /* nothing was: it holds something else */
};

/* What a sweep is answered with. */
enum redis_presence_swept {
	PRESENCE_SWEPT_NOTHING, /* there was nothing to do */
	PRESENCE_SWEPT_SOME,    /* there is more to do */
	PRESENCE_SWEPT_LAST,
};

void redis_presence_write(struct redis_presence_words *w,
    const struct seat *seat, struct redis_presence_command *out);

/*
 * Answered with how the lease was found, and an instance that has none. A lease
 * that is gone is taken, unless there has been one of this name.
 */
void redis_presence_beat(struct redis_presence_words *w, bool has_had,
    struct redis_presence_command *out);

/* Of an instance whose lease is over. */
void redis_presence_sweep(struct redis_presence_words *w, const char *instance,
    struct redis_presence_command *out);
/* Of this one, which leaves: told of by instance_gone where it owes events. */
void redis_presence_leave_all(struct redis_presence_words *w, bool owes_events,
    struct redis_presence_command *out);

/* SSCAN of what is written of this instance, from this cursor on. */
void redis_presence_scan(struct redis_presence_words *w, const char *cursor,
    struct redis_presence_command *out);

#endif
