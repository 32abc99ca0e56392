/*
 * embedded: the backend of payloads without Redis. The gateway itself listens
 * where a Redis would; a publisher written for Redis works unchanged by its
 * URL alone.
 */
#ifndef BACKEND_EMBEDDED_H
#define BACKEND_EMBEDDED_H

#include "core/backend.h"

extern const struct backend_ops embedded_backend;

#endif
