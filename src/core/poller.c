#include "core/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/conn.h"
#include "core/transport.h"
#include "core/worker.h"

struct poller {
	int fd;              /* owned */
	struct event *event; /* owned */
};

/*
 * A storm of handshakes, TLS ones above all, must not keep messages waiting:
 * after some milliseconds the worker's turn comes, and the rest stays ready.
 */
enum { AT_ONCE = 32, PATIENCE_MS = 3 };

/* What epoll reports, to whom it concerns. False: to nobody any more. */
static bool report(struct conn *c, uint32_t events)
{
	if (c->state == CONN_DEAD)
		return false;
	if (events & EPOLLOUT)
		poller_unblock(c);
	if (events & ~(uint32_t)EPOLLOUT)
		c->worker->shared->ops->on_readable(c);
	return true;
}

/*
 * All of a batch is handled, and nobody is freed before the end of the turn:
 * the pointers in it stay good. Sockets of those that have died since are open
 * up to then, and reported again and again behind all others: what is ready is
 * over where there is nobody else.
 */
static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct worker *w = arg;
	int64_t begin_ms = clock_ms();
	struct epoll_event ready[AT_ONCE];
	bool has_more;
	int count;

	(void)fd;
	(void)what;
	do {
		has_more = false;
		count = epoll_wait(w->poller->fd, ready, AT_ONCE, 0);
		for (int i = 0; i < count; i++)
			has_more |= report(ready[i].data.ptr, ready[i].events);
		has_more &= count == AT_ONCE;
	} while (has_more && clock_ms() - begin_ms < PATIENCE_MS);
}

int poller_open(struct worker *w, struct err *e)
{
	struct poller *p = w->poller = xcalloc(1, sizeof *p);

	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd < 0)
		return err_set(
		    e, -errno, "cannot make an epoll set: %s", strerror(errno));
	p->event = event_new(w->base, p->fd, EV_READ | EV_PERSIST, on_ready, w);
	if (!p->event || event_add(p->event, NULL) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return 0;
}

void poller_close(struct worker *w)
{
	struct poller *p = w->poller;

	w->poller = NULL;
	if (!p)
		return;
	if (p->event)
		event_free(p->event);
	if (p->fd >= 0)
		(void)close(p->fd);
	free(p);
}

int poller_watch(struct conn *c, unsigned what)
{
	struct epoll_event event = { .data.ptr = c };
	int operation = c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	worker_check_thread(c->worker);
	if (what == c->watched)
		return 0;
	if (what & POLLER_INPUT)
		event.events |= EPOLLIN;
	if (what & POLLER_LEAVING)
		event.events |= EPOLLRDHUP;
	if (what & POLLER_OUTPUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(c->worker->poller->fd, operation, c->fd, &event) < 0)
		return -errno;
	c->watched = (uint8_t)what;
	return 0;
}

int poller_block(struct conn *c)
{
	int status = poller_watch(c, c->watched | POLLER_OUTPUT);

	if (status == 0)
		c->is_blocked = true;
	return status;
}

void poller_unblock(struct conn *c)
{
	if (c->state == CONN_DEAD || !c->is_blocked)
		return;
	c->is_blocked = false;
	c->unacked = 0;
	if (poller_watch(c, c->watched & ~(unsigned)POLLER_OUTPUT) < 0)
		conn_kill(c);
	else
		conn_mark_dirty(c);
}
