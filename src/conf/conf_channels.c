#include "conf/conf_channels.h"

#include <string.h>

#include "conf/conf.h"

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
