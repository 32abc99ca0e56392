/*
 * embedded_told: events for the app on their way into the sockets of the
 * publishers that listen. Who does not read them is closed.
 */
#ifndef BACKEND_EMBEDDED_TOLD_H
#define BACKEND_EMBEDDED_TOLD_H

#include "backend/embedded_events.h"

/* Of listeners that are parts of publishers' sessions. */
extern const struct embedded_events_ops embedded_told_ops;

#endif
