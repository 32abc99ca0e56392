/*
 * channels: which channels the gateway carries.
 */
#ifndef BACKEND_CHANNELS_H
#define BACKEND_CHANNELS_H

#include <stdbool.h>

#include "base/slice.h"

struct conf;

/*
 * Whether the channel is configured, or that of a room; "" in the configuration
 * is off.
 */
bool channels_carry(const struct conf *conf, struct slice channel);

#endif
