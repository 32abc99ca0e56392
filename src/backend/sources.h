/*
 * sources: several Redis servers that know nothing of each other, as one
 * backend: the hub drives it as it drives that of a single server, and
 * conf_source says which servers they are. All are listened to; what one of
 * them has goes on at once, whatever has become of the others.
 */
#ifndef BACKEND_SOURCES_H
#define BACKEND_SOURCES_H

#include "core/backend.h"

/* For a configuration with more than one source. */
extern const struct backend_ops sources_backend;

#endif
