#include "fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

enum { READ_BYTES = 256 * 1024, EVENTS = 128, PATH_BYTES = 8192 };

/* Above any index of a client: events of a watch. */
static const uint64_t watch_flag = UINT64_C(1) << 32;

uint64_t fleet_clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void fleet_expand(char *out, size_t size, const char *text, uint32_t number)
{
	const char *mark = strstr(text, "%d");

	if (mark)
		(void)snprintf(out, size, "%.*s%u%s", (int)(mark - text), text,
		    number, mark + 2);
	else
		(void)snprintf(out, size, "%s", text);
}

void fleet_init(struct fleet *f, const struct fleet_plan *plan,
    void (*on_message)(void *arg, struct wsclient *client), void *arg)
{
	*f = (struct fleet){ .plan = *plan };
	f->sink = (struct wsclient_sink){ .dialect = plan->dialect,
		.on_message = on_message,
		.arg = arg,
		.inflater = plan->inflater };
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0)
		abort();
	f->clients = xcalloc(plan->connections, sizeof *f->clients);
	for (size_t i = 0; i < plan->connections; i++) {
		f->clients[i].fd = -1;
		f->clients[i].state = WSCLIENT_CLOSED;
	}
	f->buffer = xmalloc(READ_BYTES);
}

void fleet_fini(struct fleet *f)
{
	for (size_t i = 0; i < f->plan.connections; i++)
		wsclient_close(&f->clients[i]);
	(void)close(f->epoll);
	free(f->clients);
	free(f->buffer);
	buf_fini(&f->head);
}

static void poll_fd(
    struct fleet *f, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	if (epoll_ctl(f->epoll, op, fd, &event) < 0)
		abort();
}

void fleet_add_watch(
    struct fleet *f, int fd, uint32_t events, struct fleet_watch watch)
{
	if (f->watch_count == FLEET_WATCHES)
		abort();
	f->watches[f->watch_count] = watch;
	poll_fd(f, EPOLL_CTL_ADD, fd, events, watch_flag | f->watch_count++);
}

static void give_up(struct fleet *f, struct wsclient *c, int error)
{
	if (c->state == WSCLIENT_OPEN) {
		f->open--;
		f->closed++;
		f->broken += error == -EPROTO;
		if (c->close_code)
			f->close_code = c->close_code;
	} else {
		f->opening--;
		f->refused++;
	}
	wsclient_close(c);
}

static void begin_one(struct fleet *f)
{
	size_t i = f->begun++;
	struct wsclient *c = &f->clients[i];

	f->opening++;
	if (wsclient_connect(c,
		(const struct sockaddr *)&f->plan.server->address,
		f->plan.server->len,
		f->plan.first_room + (uint32_t)(i % f->plan.rooms),
		f->plan.receive_buffer) < 0) {
		give_up(f, c, 0);
		return;
	}
	c->started_ns = fleet_clock_ns();
	poll_fd(f, EPOLL_CTL_ADD, c->fd, EPOLLOUT, i);
}

static int send_head(struct fleet *f, struct wsclient *c)
{
	char path[PATH_BYTES];

	fleet_expand(path, sizeof path, f->plan.path, c->room);
	f->head.len = 0;
	wsclient_head(&f->head, f->plan.server->host, path, f->plan.headers,
	    f->plan.dialect);
	return wsclient_send_head(c, buf_slice(&f->head));
}

/* What wsclient_begin or wsclient_secure has returned. */
static void on_step(struct fleet *f, struct wsclient *c, int error)
{
	if (error == -EAGAIN)
		return;
	if (error == 0)
		error = send_head(f, c);
	if (error < 0)
		give_up(f, c, error);
}

/*
 * Edge-triggered where one read tells whether more is there: it saves the
 * kernel to look at each socket once more. The library of TLS reads ahead.
 */
static void on_connected(struct fleet *f, struct wsclient *c)
{
	poll_fd(f, EPOLL_CTL_MOD, c->fd,
	    f->plan.tls ? EPOLLIN : EPOLLIN | EPOLLET,
	    (uint64_t)(c - f->clients));
	on_step(f, c, wsclient_begin(c, f->plan.tls));
}

/* One read; true when it has filled the buffer, so that more may wait. */
static bool read_once(struct fleet *f, struct wsclient *c)
{
	bool was_open = c->state == WSCLIENT_OPEN;
	ssize_t got = wsclient_read(c, f->buffer, READ_BYTES);
	int error;

	if (got == -EAGAIN || got == -EINTR)
		return got == -EINTR;
	if (got <= 0) {
		give_up(f, c, 0);
		return false;
	}
	f->now_ns = fleet_clock_ns();
	f->reads += was_open;
	f->bytes += was_open ? (uint64_t)got : 0;
	error = wsclient_feed(c, f->buffer, (size_t)got, &f->sink);
	if (!was_open && c->state == WSCLIENT_OPEN) {
		f->opening--;
		f->open++;
		histogram_add(&f->handshake, f->now_ns - c->started_ns);
	}
	if (error < 0)
		give_up(f, c, error);
	return error == 0 && got == READ_BYTES;
}

static void on_readable(struct fleet *f, struct wsclient *c)
{
	while (read_once(f, c))
		continue;
}

static void on_event(struct fleet *f, const struct epoll_event *event)
{
	struct wsclient *c;

	if (event->data.u64 & watch_flag) {
		struct fleet_watch *w =
		    &f->watches[event->data.u64 & ~watch_flag];

		w->on_ready(w->arg, event->events);
		return;
	}
	c = &f->clients[event->data.u64];
	if (c->state == WSCLIENT_CONNECTING)
		on_connected(f, c);
	else if (c->state == WSCLIENT_SECURING)
		on_step(f, c, wsclient_secure(c, f->plan.tls));
	else
		on_readable(f, c);
}

void fleet_begin_until(struct fleet *f, size_t count)
{
	if (count > f->plan.connections)
		count = f->plan.connections;
	while (f->begun < count && f->opening < f->plan.parallel)
		begin_one(f);
}

void fleet_begin(struct fleet *f)
{
	fleet_begin_until(f, f->plan.connections);
}

void fleet_turn(struct fleet *f, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(f->epoll, events, EVENTS, timeout_ms);

	for (int i = 0; i < count; i++)
		on_event(f, &events[i]);
}

bool fleet_is_settled(const struct fleet *f)
{
	return f->begun == f->plan.connections && f->opening == 0;
}

void fleet_close_all(struct fleet *f)
{
	for (size_t i = 0; i < f->begun; i++)
		wsclient_close(&f->clients[i]);
	f->begun = f->opening = f->open = 0;
}
