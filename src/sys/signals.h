/*
 * signals: what an operator says to the process, as calls on the main loop.
 *
 * TERM, INT and QUIT ask for the end: the first one drains. Process managers
 * send it twice (to the process and to its group): what comes within a second
 * counts as the same; a later one exits at once, with status 1. HUP reloads,
 * USR1 asks for the state in the log, USR2 and ALRM mean nothing and PIPE is
 * ignored: none of them kills.
 */
#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include "base/err.h"

struct event_base;
struct signals;

/* Called on the main loop; signal is its name, for the log. */
struct signals_sink {
	void (*on_stop)(void *arg, const char *signal); /* once */
	void (*on_reload)(void *arg);
	void (*on_state)(void *arg);
};

/*
 * First thing in main: until signals_open, signals that are not meant to end
 * the process wait, and PIPE is ignored.
 */
void signals_hold(void);

/* Watch for signals on base. NULL with e filled on failure. Main thread. */
struct signals *signals_open(struct event_base *base,
    const struct signals_sink *sink, void *arg, struct err *e);

/* Stop: from now on no signal changes anything. NULL is fine. */
void signals_close(struct signals *s);

#endif
