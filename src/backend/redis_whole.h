/*
 * redis_whole: what the hub is told of a source whose connections come and go
 * one by one: that of the channels, that of the stream, those of the shards.
 * Main thread.
 */
#ifndef BACKEND_REDIS_WHOLE_H
#define BACKEND_REDIS_WHOLE_H

#include <stdbool.h>

#include "core/backend.h"

struct metrics;

struct redis_whole {
	const struct backend_sink *sink; /* borrowed */
	void *arg;
	struct metrics *metrics; /* borrowed: of the source */
	enum conf_gap on_gap;
	enum backend_state session;
	bool is_stream_up;     /* or there is none */
	bool are_shards_whole; /* or there are none */
	bool owes_gap;         /* until all that missed something hears again */
	enum backend_state told;
};

/*
 * A part of it is in this state now. The hub hears of it through on_state when
 * that changes the whole: while only the session is up, it confirms watches.
 */
void redis_whole_session(struct redis_whole *w, enum backend_state state);
void redis_whole_stream(struct redis_whole *w, bool is_up);
void redis_whole_shards(struct redis_whole *w, bool are_whole);

/*
 * The session may have missed something: on_gap, now or once the stream is up
 * as well, since members are to be told once.
 */
void redis_whole_gap(struct redis_whole *w);

#endif
