/*
 * embedded_channels: which channels the gateway carries, and what somebody may
 * have meant who published to another one.
 */
#ifndef BACKEND_EMBEDDED_CHANNELS_H
#define BACKEND_EMBEDDED_CHANNELS_H

#include <stdbool.h>

#include "base/slice.h"

struct conf;

/* Whether the channel is configured; "" in the configuration is off. */
bool embedded_channels_carry(const struct conf *conf, struct slice channel);

/*
 * Log a channel that is not carried, with the one that is nearest to it. The
 * log's own rate limit holds back a flood.
 */
void embedded_channels_log_stray(const struct conf *conf, struct slice channel);

#endif
