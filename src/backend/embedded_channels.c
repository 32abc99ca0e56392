/*
 * embedded_channels: see the header. A room's channel is compared by its
 * beginning: what stands before the room's name ends as the prefix does.
 */
#include "backend/embedded_channels.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/suggest.h"
#include "conf/conf.h"

enum { HINT_MAX = 160 };

static bool is_channel(struct slice channel, const char *configured)
{
	struct slice name = slice_str(configured);

	return name.len > 0 && slice_eq(channel, name);
}

bool embedded_channel_is_carried(const struct conf *conf, struct slice channel)
{
	struct slice prefix = slice_str(conf->channels.room_prefix);

	return is_channel(channel, conf->channels.send) ||
	       is_channel(channel, conf->channels.broadcast) ||
	       is_channel(channel, conf->channels.control) ||
	       (prefix.len > 0 && channel.len > prefix.len &&
		   slice_starts_with(channel, prefix));
}

static void offer(struct suggest *s, const char *configured)
{
	if (configured && *configured)
		suggest_offer(s, configured);
}

/* roomcast:rooms: of roomcast:rooms:lobby, for a prefix that ends in ':'. */
static struct slice beginning(struct slice channel, struct slice prefix)
{
	const char *end;

	if (prefix.len == 0)
		return slice_of(NULL, 0);
	end = memrchr(channel.ptr, prefix.ptr[prefix.len - 1], channel.len);
	return slice_of(channel.ptr, end ? (size_t)(end + 1 - channel.ptr) : 0);
}

/* The channel that was meant, with its room, or nothing. */
static void put_hint(
    const struct conf *conf, struct slice channel, char hint[HINT_MAX])
{
	struct slice start =
	    beginning(channel, slice_str(conf->channels.room_prefix));
	struct slice room = slice_after(channel, start.len);
	struct suggest whole = suggest_begin(channel);
	struct suggest prefix = suggest_begin(start);

	offer(&whole, conf->channels.send);
	offer(&whole, conf->channels.broadcast);
	offer(&whole, conf->channels.control);
	if (room.len > 0)
		offer(&prefix, conf->channels.room_prefix);
	*hint = '\0';
	if (prefix.best && (!whole.best || prefix.distance <= whole.distance))
		(void)snprintf(hint, HINT_MAX, "did you mean %s%.*s?",
		    prefix.best, (int)room.len, room.ptr);
	else if (whole.best)
		(void)snprintf(hint, HINT_MAX, "did you mean %s?", whole.best);
}

void embedded_channel_log_stray(const struct conf *conf, struct slice channel)
{
	static const char event[] =
	    "published to a channel that is not configured: nobody gets it";
	char hint[HINT_MAX];

	if (channel.len == 0)
		channel = slice_str("");
	put_hint(conf, channel, hint);
	if (*hint)
		log_warn("embedded", event, kv_slice("channel", channel),
		    kv_str("hint", hint));
	else
		log_warn("embedded", event, kv_slice("channel", channel));
}
