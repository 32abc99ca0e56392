/* redis_refusal: see the header. */
#include "backend/redis_refusal.h"

#include <string.h>

#include "backend/redis_channels.h"
#include "backend/redis_push.h"
#include "backend/redis_redirect.h"
#include "backend/redis_slot.h"

/*
 * The name of the command that is not permitted, as the server has it; empty:
 * the error says something else.
 */
static struct slice denied_command(struct slice error)
{
	static const char before[] = "to run the '";
	const char *at;
	struct slice rest;

	if (!slice_starts_with(error, slice_str("NOPERM")))
		return slice_of(NULL, 0);
	at = memmem(error.ptr, error.len, before, sizeof before - 1);
	if (!at)
		return slice_of(NULL, 0);
	rest = slice_after(error, (size_t)(at - error.ptr) + sizeof before - 1);
	return slice_cut(&rest, '\'');
}

/*
 * What was sent beside the channels answers in its turn, which nobody counts:
 * the server's words tell it from what is due.
 */
static void explain(struct redis_refusal *r, struct slice error,
    const struct redis_channels *channels)
{
	enum redis_channels_step step;
	struct slice channel = redis_channels_awaited(channels, &step);
	const char *due = redis_push_command(step);
	const char *denied = redis_push_named(denied_command(error));

	if (denied && strcmp(denied, due) != 0)
		channel = slice_of(NULL, 0);
	r->why = redis_failure_refused(denied ? denied : due, channel, error);
}

/* CLUSTERDOWN names no slot, and what cannot be read none that is one. */
static void find_slot(struct redis_refusal *r, struct slice error,
    const struct redis_channels *channels, const struct address *asked)
{
	bool is_moved = slice_starts_with(error, slice_str("MOVED "));
	enum redis_channels_step step;
	struct redis_redirect redirect;

	r->is_elsewhere =
	    is_moved || slice_starts_with(error, slice_str("CLUSTERDOWN"));
	if (is_moved && redis_redirect_read(&redirect, error, asked)) {
		r->slot = redirect.slot;
		r->to = redirect.to;
		return;
	}
	r->slot = redis_slot_of(redis_channels_awaited(channels, &step));
	r->to.port = 0;
}

void redis_refusal_read(struct redis_refusal *r, struct slice error,
    const struct redis_channels *channels, const struct address *asked)
{
	r->is_about_channels = slice_starts_with(error, slice_str("NOPERM")) &&
			       denied_command(error).len == 0;
	explain(r, error, channels);
	find_slot(r, error, channels, asked);
}
