#include "conf/conf_channels.h"

#include <string.h>

#include "base/slice.h"
#include "conf/conf.h"

void conf_channels_list(
    const struct conf *c, struct conf_channel out[CONF_CHANNELS])
{
	const struct conf_channel all[CONF_CHANNELS] = {
		{ "channels.send", c->channels.send },
		{ "channels.broadcast", c->channels.broadcast },
		{ "channels.control", c->channels.control },
		{ "channels.mark", c->channels.mark },
	};

	memcpy(out, all, sizeof all);
}

bool conf_channels_is_room(const struct conf *c, const char *channel)
{
	const char *prefix = c->channels.room_prefix;

	return prefix[0] && channel[0] &&
	       slice_starts_with(slice_str(channel), slice_str(prefix));
}

bool conf_channels_are_same(const struct conf *a, const struct conf *b)
{
	return !strcmp(a->channels.send, b->channels.send) &&
	       !strcmp(a->channels.broadcast, b->channels.broadcast) &&
	       !strcmp(a->channels.control, b->channels.control) &&
	       !strcmp(a->channels.room_prefix, b->channels.room_prefix);
}

static bool is_sharded(const struct conf *c)
{
	for (size_t i = 0; i < conf_source_count(c); i++)
		if (conf_source(c, i)->cluster.is_sharded)
			return true;
	return false;
}

/*
 * Shards have no order between a subscription that comes and one that goes.
 * Whether rooms are watched is known from the start on.
 */
bool conf_channels_stay(const void *now, const void *fresh)
{
	const struct conf *a = now, *b = fresh;

	return is_sharded(a) ||
	       !a->channels.room_prefix[0] != !b->channels.room_prefix[0];
}
