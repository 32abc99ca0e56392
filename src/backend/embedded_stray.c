/*
 * embedded_stray: see the header. A room's channel is compared by its
 * beginning: what stands before the room's name ends as the prefix does.
 */
#include "backend/embedded_stray.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "conf/conf.h"

enum {
	HINT_MAX = 160,
	SLIPS_MAX = 3, /* letters that a misspelt prefix has more or less */
};

/* The configured name that is nearest so far. */
struct guess {
	const char *name; /* NULL: none is near */
	size_t distance;
	size_t start; /* how much of the channel stands for it */
};

/*
 * What both have in common, up to a ':' or the like. It is nobody's slip, and
 * would make long names near to each other.
 */
static size_t shared_len(struct slice channel, const char *name)
{
	size_t shared = 0;

	for (size_t i = 0;
	     i < channel.len && name[i] && name[i] == channel.ptr[i]; i++)
		if (!isalnum((unsigned char)name[i]))
			shared = i + 1;
	return shared;
}

static void offer(struct guess *g, struct slice channel, const char *name)
{
	size_t shared = shared_len(channel, name);
	struct suggest s = suggest_begin(slice_after(channel, shared));

	suggest_offer(&s, name + shared);
	if (s.best && (!g->name || s.distance < g->distance))
		*g = (struct guess){ name, s.distance, channel.len };
}

/*
 * Each beginning that could stand for the room prefix, as roomcast:rooms: does
 * in roomcast:rooms:a:b for a prefix that ends in ':'.
 */
static void offer_prefix(
    struct guess *g, struct slice channel, const char *prefix)
{
	size_t len = strlen(prefix);
	size_t at = len > SLIPS_MAX ? len - SLIPS_MAX : 1;

	for (; len > 0 && at <= len + SLIPS_MAX && at < channel.len; at++)
		if (channel.ptr[at - 1] == prefix[len - 1])
			offer(g, slice_of(channel.ptr, at), prefix);
}

/* The channel that was meant, with its room; or how those of rooms begin. */
static void put_hint(
    const struct conf *conf, struct slice channel, char hint[HINT_MAX])
{
	const char *prefix = conf->channels.room_prefix;
	struct guess g = { NULL, 0, 0 };
	struct slice room;

	offer(&g, channel, conf->channels.send);
	offer(&g, channel, conf->channels.broadcast);
	offer(&g, channel, conf->channels.control);
	offer_prefix(&g, channel, prefix);
	*hint = '\0';
	room = slice_after(channel, g.start);
	if (g.name)
		(void)snprintf(hint, HINT_MAX, "did you mean %s%.*s?", g.name,
		    (int)room.len, room.ptr);
	else if (*prefix)
		(void)snprintf(hint, HINT_MAX,
		    "the channel of a room is %s and its name", prefix);
}

void embedded_stray_log(const struct conf *conf, struct slice channel)
{
	static const char event[] =
	    "published to a channel that is not configured: nobody gets it";
	char hint[HINT_MAX];

	if (channel.len == 0)
		channel = slice_str("");
	put_hint(conf, channel, hint);
	if (*hint)
		log_warn(LOG_EMBEDDED, event, kv_slice("channel", channel),
		    kv_str("hint", hint));
	else
		log_warn(LOG_EMBEDDED, event, kv_slice("channel", channel));
}
