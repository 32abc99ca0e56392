/*
 * redis_push: what comes on a connection that subscribes: messages, answers to
 * what was asked, and what the server says by itself. No sockets.
 */
#ifndef BACKEND_REDIS_PUSH_H
#define BACKEND_REDIS_PUSH_H

#include <stdbool.h>

#include "backend/redis_channels.h"
#include "base/slice.h"

struct resp_value;

enum redis_push_kind {
	REDIS_PUSH_NONE, /* none of these: a protocol error */
	REDIS_PUSH_MESSAGE,
	REDIS_PUSH_CONFIRMED, /* or ended, for a shard's channel */
	REDIS_PUSH_NOTHING,   /* was to be ended: there was no channel */
	REDIS_PUSH_PONG,
	REDIS_PUSH_ERROR,
};

/* The slices are borrowed from the value. */
struct redis_push {
	enum redis_push_kind kind;
	enum redis_channels_step step; /* of what was confirmed */
	struct slice channel;          /* of that, or of a message */
	struct slice text;             /* a payload, or the error */
};

/* Tell a value apart. */
struct redis_push redis_push_read(const struct resp_value *value);

/* The command of a step that is one; a literal. */
const char *redis_push_command(enum redis_channels_step step);

/*
 * Of the commands that are sent on such a connection the one that a server
 * calls so, in lower case; a literal, or NULL.
 */
const char *redis_push_named(struct slice name);

#endif
