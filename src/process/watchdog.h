/*
 * watchdog: tells the service manager again and again that all is well, while
 * it is: that this loop turns, and that no worker is stuck (pulse). With
 * WatchdogSec= systemd restarts a gateway that falls silent.
 */
#ifndef PROCESS_WATCHDOG_H
#define PROCESS_WATCHDOG_H

#include "base/err.h"

struct event_base;
struct hub;
struct watchdog;

/*
 * Start on the main thread's base; hub outlives it. Returns 0 and *out, which
 * is NULL where the manager does not ask for it; or a negative errno with e
 * filled.
 */
int watchdog_open(struct watchdog **out, struct event_base *base,
    const struct hub *hub, struct err *e) __attribute__((warn_unused_result));

/* NULL is fine. */
void watchdog_close(struct watchdog *w);

#endif
