/*
 * conf_channels: the channels of a configuration, and whether those of one that
 * takes its place are the same.
 */
#ifndef CONF_CONF_CHANNELS_H
#define CONF_CONF_CHANNELS_H

#include <stdbool.h>

struct conf;

/* Channels by the keys that name them. The names are the configuration's. */
struct conf_channel {
	const char *key, *name;
};

enum { CONF_CHANNELS = 4 };

/* All but those of rooms; the mark's is the last. */
void conf_channels_list(
    const struct conf *c, struct conf_channel out[CONF_CHANNELS]);

/* Whether a channel could as well be that of a room. */
bool conf_channels_is_room(const struct conf *c, const char *channel);

/* Whether publishers use the same by both. */
bool conf_channels_are_same(const struct conf *a, const struct conf *b);

/* Whether those of now stay in place of those of fresh, up to a restart. */
bool conf_channels_stay(const void *now, const void *fresh);

#endif
