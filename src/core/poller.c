#include "core/poller.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "core/transport.h"
#include "core/worker.h"

/*
 * A storm of handshakes, TLS ones above all, must not keep messages waiting:
 * after some milliseconds the worker's turn comes, and the rest stays ready.
 */
enum { AT_ONCE = 32, PATIENCE_MS = 5 };

/* What epoll reports, to whom it concerns. */
static void report(struct conn *c, uint32_t events)
{
	if (events & EPOLLOUT)
		conn_on_writable(c);
	if (events & ~(uint32_t)EPOLLOUT)
		c->worker->shared->ops->on_readable(c);
}

/*
 * All of a batch is handled, and nobody is freed before the end of the turn:
 * the pointers in it stay good.
 */
static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct worker *w = arg;
	int64_t begin_ms = clock_ms();
	struct epoll_event ready[AT_ONCE];
	int count;

	(void)fd;
	(void)what;
	do {
		count = epoll_wait(w->poller.fd, ready, AT_ONCE, 0);
		for (int i = 0; i < count; i++)
			report(ready[i].data.ptr, ready[i].events);
	} while (count == AT_ONCE && clock_ms() - begin_ms < PATIENCE_MS);
}

int poller_open(struct poller *p, struct worker *w, struct err *e)
{
	p->fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->fd < 0)
		return err_set(
		    e, -errno, "cannot make an epoll set: %s", strerror(errno));
	p->event = event_new(w->base, p->fd, EV_READ | EV_PERSIST, on_ready, w);
	if (!p->event || event_add(p->event, NULL) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return 0;
}

void poller_close(struct poller *p)
{
	if (p->event)
		event_free(p->event);
	if (p->fd > 0)
		(void)close(p->fd);
	*p = (struct poller){ 0 };
}

int poller_watch(struct conn *c, unsigned what)
{
	struct epoll_event event = { .data.ptr = c };
	int operation = c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (what == c->watched)
		return 0;
	if (what & POLLER_INPUT)
		event.events |= EPOLLIN;
	if (what & POLLER_LEAVING)
		event.events |= EPOLLRDHUP;
	if (what & POLLER_OUTPUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(c->worker->poller.fd, operation, c->fd, &event) < 0)
		return -errno;
	c->watched = (uint8_t)what;
	return 0;
}
