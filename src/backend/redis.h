/*
 * redis: the backend of payloads by Redis' pub/sub, and by a stream.
 */
#ifndef BACKEND_REDIS_H
#define BACKEND_REDIS_H

#include "core/backend.h"

extern const struct backend_ops redis_backend;

#endif
