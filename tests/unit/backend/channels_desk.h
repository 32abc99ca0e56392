/*
 * channels_desk: the channels of a test's own, and what is sent for them.
 */
#ifndef CHANNELS_DESK_H
#define CHANNELS_DESK_H

#include <stdio.h>

#include "backend/redis_channels.h"
#include "unit.h"

static struct redis_channels *all; /* a test's own */

static void set_up(void)
{
	all = redis_channels_new();
}

static void tear_down(void)
{
	redis_channels_free(all);
}

/* Nothing is in flight and nothing waits to be sent. */
static inline bool is_idle(void)
{
	enum redis_channels_step step;

	return !redis_channels_is_due(all) &&
	       redis_channels_awaited(all, &step).len == 0;
}

/*
 * Take one batch and describe it, behind the mark of its step: "+a b", "-a",
 * "!a"; or "". A step whose mark is a blank must not come.
 */
static const char *next_by(const char *marks)
{
	static char text[8192];
	struct redis_channels_batch batch;
	size_t len = 1;

	if (!redis_channels_next(all, &batch))
		return "";
	text[0] = marks[batch.step];
	ck_assert_int_ne(text[0], ' ');
	for (size_t i = 0; i < batch.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s",
		    i ? " " : "", (int)batch.names[i].len, batch.names[i].ptr);
	return text;
}

#endif
