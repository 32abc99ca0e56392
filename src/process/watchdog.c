#include "process/watchdog.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/hub.h"
#include "sys/notify.h"

/* The socket stays open: there may be no descriptor for it later. */
struct watchdog {
	const struct hub *hub;
	int fd;              /* owned */
	struct event *timer; /* owned */
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct watchdog *w = arg;

	(void)fd, (void)what;
	if (hub_find_stuck(w->hub) < 0)
		notify_send_on(w->fd, "WATCHDOG=1");
}

int watchdog_open(struct watchdog **out, struct event_base *base,
    const struct hub *hub, struct err *e)
{
	long usec = notify_watchdog_usec() / 3; /* one may come late */
	const struct timeval period = { usec / 1000000, usec % 1000000 };
	struct watchdog *w;

	*out = NULL;
	if (usec <= 0)
		return 0;
	w = xcalloc(1, sizeof *w);
	w->hub = hub;
	w->fd = notify_open();
	w->timer = event_new(base, -1, EV_PERSIST, on_timer, w);
	if (!w->timer || event_add(w->timer, &period) < 0) {
		watchdog_close(w);
		return err_set(e, -ENOMEM, "cannot add a timer");
	}
	*out = w;
	return 0;
}

void watchdog_close(struct watchdog *w)
{
	if (!w)
		return;
	if (w->timer)
		event_free(w->timer);
	if (w->fd >= 0)
		(void)close(w->fd);
	free(w);
}
