/*
 * tell_app: what happens to a connection, as events for the app
 * (core/app_event). It is told of as `connected` once for each name of the
 * instance (core/retell), and then as `disconnected` once. What there is no
 * memory or no room for is lost, counted, and told of in the log. The worker's
 * thread.
 */
#ifndef CORE_TELL_APP_H
#define CORE_TELL_APP_H

#include <stdint.h>

#include "base/slice.h"
#include "core/closed.h"

struct conn;

/* It is OPEN from now on. */
void tell_app_connected(struct conn *c);

/* It is `connected` under this name of the instance too, if it is under one. */
void tell_app_again(struct conn *c);

/*
 * It may not have been told of under the name before this one, and never is:
 * nor has it been under this one.
 */
void tell_app_missed_name(struct conn *c);

/*
 * Its end begins, for this reason with this code; it has its rooms yet. Nothing
 * when the app has not been told that it came, or has been that it goes.
 */
void tell_app_disconnected(
    struct conn *c, enum close_reason reason, uint16_t code);

/* The same of one that is DEAD, where nobody has said why. */
void tell_app_gone(struct conn *c);

/* A command has let it join or leave the room; nothing before OPEN. */
void tell_app_joined(const struct conn *c, struct slice room);
void tell_app_left(const struct conn *c, struct slice room);

#endif
