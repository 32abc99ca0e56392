#include "net/tickets.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "net/listener.h"
#include "sys/tls_server.h"
#include "sys/tls_tickets.h"

struct tickets {
	const struct listeners *listeners; /* borrowed */
	struct event *timer;               /* owned */
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	const struct tickets *t = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < listeners_count(t->listeners); i++) {
		struct tls_server *tls = listeners_tls(t->listeners, i);

		if (tls)
			tls_server_turn_tickets(tls);
	}
}

struct tickets *tickets_watch(
    struct event_base *base, const struct listeners *l, struct err *e)
{
	const struct timeval life = { .tv_sec = TLS_TICKETS_LIFETIME_S };
	struct tickets *t = xcalloc(1, sizeof *t);

	t->listeners = l;
	t->timer = event_new(base, -1, EV_PERSIST, on_timer, t);
	if (!t->timer || event_add(t->timer, &life) < 0) {
		tickets_free(t);
		(void)err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	return t;
}

void tickets_free(struct tickets *t)
{
	if (!t)
		return;
	if (t->timer)
		event_free(t->timer);
	free(t);
}
