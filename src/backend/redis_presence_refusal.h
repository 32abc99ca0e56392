/*
 * redis_presence_refusal: what an error means to presence: whether it passes as
 * the slot of its keys arrives somewhere, and what helps else. No sockets.
 */
#ifndef BACKEND_REDIS_PRESENCE_REFUSAL_H
#define BACKEND_REDIS_PRESENCE_REFUSAL_H

#include <stdbool.h>

#include "base/slice.h"

struct redis_failure;

/*
 * Say in *why, which is that of the error, what helps against it. An error of a
 * script's command has its name and its key in front.
 */
void redis_presence_explain(struct redis_failure *why, struct slice error);

/*
 * Whether some keys are still at one node of a cluster and some at another
 * already: no script can have them, neither there nor here behind an ASKING,
 * until all have arrived.
 */
bool redis_presence_is_on_its_way(struct slice error);

#endif
