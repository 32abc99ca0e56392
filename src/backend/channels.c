#include "backend/channels.h"

#include "conf/conf.h"

static bool is_channel(struct slice channel, const char *configured)
{
	return configured[0] && slice_eq(channel, slice_str(configured));
}

bool channels_carry(const struct conf *conf, struct slice channel)
{
	struct slice prefix = slice_str(conf->channels.room_prefix);

	return is_channel(channel, conf->channels.send) ||
	       is_channel(channel, conf->channels.broadcast) ||
	       is_channel(channel, conf->channels.control) ||
	       (prefix.len > 0 && channel.len > prefix.len &&
		   slice_starts_with(channel, prefix));
}
