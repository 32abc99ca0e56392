/*
 * embedded_stray: what somebody may have meant who published to a channel that
 * the gateway does not carry (backend/channels).
 */
#ifndef BACKEND_EMBEDDED_STRAY_H
#define BACKEND_EMBEDDED_STRAY_H

#include "base/slice.h"

struct conf;

/*
 * Log such a channel, with the one that is nearest to it. The log's own rate
 * limit holds back a flood.
 */
void embedded_stray_log(const struct conf *conf, struct slice channel);

#endif
