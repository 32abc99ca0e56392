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

enum { CONFIGURED = 3 };

static void list_configured(
    const struct conf *conf, const char *channels[CONFIGURED])
{
	channels[0] = conf->channels.broadcast;
	channels[1] = conf->channels.send;
	channels[2] = conf->channels.control;
}

static void want_configured(struct redis_session *s, const struct conf *conf)
{
	const char *channels[CONFIGURED];

	list_configured(conf, channels);
	for (size_t i = 0; i < CONFIGURED; i++)
		if (channels[i][0]) /* "" turns a channel off */
			redis_session_want(
			    s, slice_str(channels[i]), REDIS_CHANNEL_BASE);
}

static bool is_configured(const struct conf *conf, const char *channel)
{
	const char *channels[CONFIGURED];

	list_configured(conf, channels);
	for (size_t i = 0; i < CONFIGURED; i++)
		if (!strcmp(channels[i], channel))
			return true;
	return false;
}

static void leave_configured(
    struct redis_session *s, const struct conf *from, const struct conf *to)
{
	const char *channels[CONFIGURED];

	list_configured(from, channels);
	for (size_t i = 0; i < CONFIGURED; i++)
		if (channels[i][0] && !is_configured(to, channels[i]))
			redis_session_unwant(
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

/* What is wanted is sent before what is left: see redis_channel_set. */
static void change_rooms(
    struct redis_session *s, const struct conf *from, const struct conf *to)
{
	struct buf pattern = { 0 };

	if (redis_wanted_by_room(from)) {
		redis_session_rename(s, slice_str(from->channels.room_prefix),
		    slice_str(to->channels.room_prefix));
		return;
	}
	want_all_rooms(s, to);
	redis_pattern_write(&pattern, slice_str(from->channels.room_prefix));
	redis_session_unwant(s, buf_slice(&pattern), REDIS_CHANNEL_PATTERN);
	buf_fini(&pattern);
}

void redis_wanted_change(
    struct redis_session *s, const struct conf *from, const struct conf *to)
{
	want_configured(s, to);
	leave_configured(s, from, to);
	if (strcmp(from->channels.room_prefix, to->channels.room_prefix) != 0)
		change_rooms(s, from, to);
}

void redis_wanted_open(struct redis_session *s, const struct conf *conf)
{
	want_configured(s, conf);
	if (conf_goes_by_marks(conf) && conf->channels.room_prefix[0])
		want_all_rooms(s, conf);
}

void redis_wanted_put_channel(
    struct buf *out, const struct conf *conf, struct slice room)
{
	buf_puts(out, conf->channels.room_prefix);
	buf_putn(out, room.ptr, room.len);
}

void redis_wanted_watch(struct redis_session *s, const struct conf *conf,
    struct slice room, struct buf *channel)
{
	channel->len = 0;
	redis_wanted_put_channel(channel, conf, room);
	redis_session_want(s, buf_slice(channel), REDIS_CHANNEL_ROOM);
}

void redis_wanted_unwatch(struct redis_session *s, const struct conf *conf,
    struct slice room, struct buf *channel)
{
	channel->len = 0;
	redis_wanted_put_channel(channel, conf, room);
	redis_session_unwant(s, buf_slice(channel), REDIS_CHANNEL_ROOM);
}

bool redis_wanted_is_room(const struct conf *conf, struct slice channel)
{
	return slice_starts_with(
	    channel, slice_str(conf->channels.room_prefix));
}

struct slice redis_wanted_room_of(const struct conf *conf, struct slice channel)
{
	return slice_after(channel, strlen(conf->channels.room_prefix));
}
