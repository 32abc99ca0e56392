/* publication: see publication.h. */
#include "core/publication.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/watches.h"
#include "sys/timer.h"

enum { WAIT_MS = 5000 };

static struct publication *publication_of(struct backend_publication *out)
{
	return container_of(out, struct publication, out);
}

static void arm(struct publication *p, int64_t delay_ms)
{
	timer_arm(p->timer, delay_ms, "hub");
}

bool publication_is_known(const struct publication *p)
{
	return p->is_told && (p->has_failed || (p->is_heard && p->left == 0));
}

static void free_publication(struct publication *p)
{
	list_del(&p->link);
	event_free(p->timer);
	free(p);
}

/* Whoever waits hears of it; workers may still have a message of it. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct publication *p = arg;
	publication_done_fn on_done = p->on_done;

	(void)fd, (void)what;
	p->on_done = NULL;
	if (!p->is_told)
		p->watches->ops->forget(p->watches->backend, &p->out);
	if (on_done)
		on_done(p->arg, p);
	p->is_heard = true; /* nothing is taken for it any more */
	if (p->left == 0)
		free_publication(p);
}

static void check(struct publication *p)
{
	if (publication_is_known(p))
		arm(p, 0);
}

static void on_told(
    struct backend_publication *out, const struct backend_told *told)
{
	struct publication *p = publication_of(out);

	p->is_told = true;
	p->has_failed = told->error;
	p->receivers = told->receivers;
	p->remedy = told->remedy;
	if (told->error)
		(void)err_set(&p->error, -EIO, "%s", told->error);
	check(p);
}

static bool are_full(const struct list *publications)
{
	unsigned count = 0;

	for (struct list *at = publications->next; at != publications;
	     at = at->next)
		count++;
	return count >= PUBLICATIONS_MAX;
}

struct publication *publication_open(struct event_base *base,
    struct watches *watches, struct list *publications, struct slice channel,
    struct slice payload, publication_done_fn on_done, void *arg)
{
	struct publication *p;

	if (are_full(publications))
		return NULL;
	p = xcalloc(1, sizeof *p + payload.len + channel.len);
	p->watches = watches;
	p->timer = timer_new(base, on_timer, p, "hub");
	p->on_done = on_done;
	p->arg = arg;
	p->receivers = -1;
	(void)slice_put(channel, slice_put(payload, p->bytes));
	p->out.payload = slice_of(p->bytes, payload.len);
	p->out.channel = slice_of(p->bytes + payload.len, channel.len);
	p->out.on_told = on_told;
	list_add(publications, &p->link);
	arm(p, WAIT_MS);
	watches->ops->publish(watches->backend, &p->out);
	return p;
}

void publication_close(struct publication *p)
{
	p->on_done = NULL;
}

void publications_end(struct list *publications)
{
	while (!list_is_empty(publications))
		free_publication(
		    container_of(publications->next, struct publication, link));
}

struct publication *publication_find(
    const struct list *publications, const struct backend_message *m)
{
	for (struct list *at = publications->next; at != publications;
	     at = at->next) {
		struct publication *p =
		    container_of(at, struct publication, link);

		if (!p->is_heard && !m->is_past && backend_message_is_held(m) &&
		    slice_eq(p->out.channel, m->channel) &&
		    slice_eq(p->out.payload, m->payload))
			return p;
	}
	return NULL;
}

void publication_expect(struct publication *p, unsigned workers)
{
	p->left += workers;
}

void publication_heard(struct publication *p, const char *id)
{
	p->is_heard = true;
	(void)snprintf(p->id, sizeof p->id, "%s", id);
	check(p);
}

/* When its time was over nobody else frees it. */
void publication_reached(struct publication *p, uint32_t count)
{
	p->reached += count;
	p->left--;
	if (p->on_done || event_pending(p->timer, EV_TIMEOUT, NULL))
		check(p);
	else if (p->left == 0)
		free_publication(p);
}
