/*
 * redis_wanted: which channels a session is to have, by the configuration: its
 * own, and those of rooms, each that is watched or all by a pattern.
 */
#ifndef BACKEND_REDIS_WANTED_H
#define BACKEND_REDIS_WANTED_H

#include <stdbool.h>

#include "base/slice.h"

struct buf;
struct conf;
struct redis_session;

/* Whether rooms are watched one by one. */
bool redis_wanted_by_room(const struct conf *conf);

/* Want what does not depend on who is here. Once, before the session opens. */
void redis_wanted_open(struct redis_session *s, const struct conf *conf);

/*
 * Want the channel of a room, or do not any more. Its name is put together in
 * a buffer of the caller's, which is kept for the next one.
 */
void redis_wanted_watch(struct redis_session *s, const struct conf *conf,
    struct slice room, struct buf *channel);
void redis_wanted_unwatch(struct redis_session *s, const struct conf *conf,
    struct slice room, struct buf *channel);

/*
 * Want the channels of another configuration, rooms too, in place of these: the
 * new ones are subscribed before the old ones are left. What both have stays.
 */
void redis_wanted_change(
    struct redis_session *s, const struct conf *from, const struct conf *to);

/* Append the channel of a room. */
void redis_wanted_put_channel(
    struct buf *out, const struct conf *conf, struct slice room);

/* Whether a channel is of a room; it may be of one as it was called before. */
bool redis_wanted_is_room(const struct conf *conf, struct slice channel);
/* The room that a channel is of. */
struct slice redis_wanted_room_of(
    const struct conf *conf, struct slice channel);

#endif
