/*
 * conf_channels: the channels that publishers publish to, of two configurations
 * of which one takes the place of the other.
 */
#ifndef CONF_CONF_CHANNELS_H
#define CONF_CONF_CHANNELS_H

#include <stdbool.h>

struct conf;

/* Whether publishers use the same by both. */
bool conf_channels_are_same(const struct conf *a, const struct conf *b);

/* Whether those of now stay in place of those of fresh, up to a restart. */
bool conf_channels_stay(const void *now, const void *fresh);

#endif
