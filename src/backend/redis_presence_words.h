/*
 * redis_presence_words: the commands of presence, and what their keys are
 * called: three scripts (backend/presence), of which the server has each by its
 * SHA-1 once it was loaded. No sockets.
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
	PRESENCE_SHA_LEN = 40,
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

/* SCRIPT LOAD; its answer is what the script is called then. False: it is none.
 */
void redis_presence_load(
    enum redis_presence_script script, struct redis_presence_command *out);
bool redis_presence_loaded(struct redis_presence_words *w,
    enum redis_presence_script script, struct slice sha);

/* Answered with 1, or with 0 where this instance has no lease. */
void redis_presence_write(struct redis_presence_words *w,
    const struct seat *seat, struct redis_presence_command *out);

/* Answered with how the lease was found, and an instance that has none. */
void redis_presence_beat(
    struct redis_presence_words *w, struct redis_presence_command *out);

/* Answered with 1 where there is more to do. instance NULL: we leave. */
void redis_presence_sweep(struct redis_presence_words *w, const char *instance,
    struct redis_presence_command *out);

/* SSCAN of what is written of this instance, from this cursor on. */
void redis_presence_scan(struct redis_presence_words *w, const char *cursor,
    struct redis_presence_command *out);

#endif
