#include "process/status_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/hub.h"
#include "sys/notify.h"
#include "sys/timer.h"

enum {
	LOOK_MS = 2000,
	LINE_MAX_LEN = 96,
};

/* The socket stays open: there may be no descriptor for it later. */
struct status_line {
	struct status_line_view view;
	int fd;              /* owned */
	struct event *timer; /* owned */
	char sent[LINE_MAX_LEN];
};

static void compose(const struct status_line_view *v, char out[LINE_MAX_LEN])
{
	size_t connections = atomic_load(v->connections);

	(void)snprintf(out, LINE_MAX_LEN, "STATUS=%s%zu connection%s, %s %s",
	    atomic_load(v->is_stopping) ? "stopping, " : "", connections,
	    connections == 1 ? "" : "s", v->backend,
	    hub_is_up(v->hub) ? "up" : "down");
}

static void look(struct status_line *s)
{
	char line[LINE_MAX_LEN];

	compose(&s->view, line);
	if (strcmp(line, s->sent) != 0) {
		notify_send_on(s->fd, line);
		(void)strcpy(s->sent, line);
	}
	timer_arm(s->timer, LOOK_MS, "main");
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	look(arg);
}

struct status_line *status_line_open(
    struct event_base *base, const struct status_line_view *view)
{
	int fd = notify_open();
	struct status_line *s;

	if (fd < 0)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->view = *view;
	s->fd = fd;
	s->timer = timer_new(base, on_timer, s, "main");
	look(s);
	return s;
}

void status_line_close(struct status_line *s)
{
	if (!s)
		return;
	event_free(s->timer);
	(void)close(s->fd);
	free(s);
}
