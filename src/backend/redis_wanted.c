#include "backend/redis_wanted.h"

#include <string.h>

#include "backend/redis_session.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "proto/redis_pattern.h"

bool redis_wanted_by_room(const struct conf *conf)
{
	return conf->channels.room_prefix[0] && !conf_goes_by_marks(conf);
}

static void want_configured(struct redis_session *s, const struct conf *conf)
{
	const char *const channels[] = { conf->channels.broadcast,
		conf->channels.send, conf->channels.control };

	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		if (channels[i][0]) /* "" turns a channel off */
			redis_session_want(
			    s, slice_str(channels[i]), REDIS_CHANNEL_BASE);
}

/* Instances that count alike must hear the same rooms. */
static void want_all_rooms(struct redis_session *s, const struct conf *conf)
{
	struct buf pattern = { 0 };

	redis_pattern_write(&pattern, slice_str(conf->channels.room_prefix));
	redis_session_want(s, buf_slice(&pattern), REDIS_CHANNEL_PATTERN);
	buf_fini(&pattern);
}

void redis_wanted_open(struct redis_session *s, const struct conf *conf)
{
	want_configured(s, conf);
	if (conf_goes_by_marks(conf) && conf->channels.room_prefix[0])
		want_all_rooms(s, conf);
}

static void put_channel(
    struct buf *out, const struct conf *conf, struct slice room)
{
	buf_puts(out, conf->channels.room_prefix);
	buf_putn(out, room.ptr, room.len);
}

void redis_wanted_watch(
    struct redis_session *s, const struct conf *conf, struct slice room)
{
	struct buf channel = { 0 };

	put_channel(&channel, conf, room);
	redis_session_want(s, buf_slice(&channel), REDIS_CHANNEL_ROOM);
	buf_fini(&channel);
}

void redis_wanted_unwatch(
    struct redis_session *s, const struct conf *conf, struct slice room)
{
	struct buf channel = { 0 };

	put_channel(&channel, conf, room);
	redis_session_unwant(s, buf_slice(&channel));
	buf_fini(&channel);
}

struct slice redis_wanted_room_of(const struct conf *conf, struct slice channel)
{
	return slice_after(channel, strlen(conf->channels.room_prefix));
}
