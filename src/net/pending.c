#include "net/pending.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/hook.h"
#include "net/net_shared.h"
#include "net/route.h"

/*
 * In a storm all who wait for their rooms have one: malloc, which keeps seven
 * of a size at hand, would join and split what they free.
 */
static struct pending *take_spare(struct net_worker *net)
{
	struct pending *p = net->spares;

	if (p) {
		net->spares = p->next_spare;
		net->spare_count--;
	}
	return p;
}

static struct pending *make(struct net_worker *net)
{
	struct pending *p = take_spare(net);
	struct buf in = { 0 };

	if (p)
		in = p->in;
	else
		p = try_alloc(sizeof *p);
	if (!p)
		return NULL;
	memset(p, 0, offsetof(struct pending, head));
	http_head_init(&p->head);
	p->in = in;
	return p;
}

struct pending *pending_need(struct conn *c)
{
	if (!c->pending)
		c->pending = make(c->worker->net);
	return c->pending;
}

void pending_set_door(struct pending *p, unsigned door)
{
	p->door = (uint16_t)door;
	p->knows_door = true;
}

const struct conf_listen *pending_listen(const struct conn *c)
{
	const struct pending *p = c->pending;

	return p && p->knows_door ? &c->worker->conf->listen.items[p->door]
				  : NULL;
}

/* What is inside already stays as it is. */
int pending_keep(struct conn *c, const struct request *r)
{
	struct pending *p = pending_need(c);

	if (!p)
		return -ENOMEM;
	if (r->head != &p->head) {
		if (buf_append(&p->in, r->bytes.ptr, r->bytes.len) < 0)
			return -ENOMEM;
		http_head_copy(&p->head, r->head);
	}
	if (r->match && r->match != p->match)
		p->match = route_match_copy(r->match);
	return r->match && !p->match ? -ENOMEM : 0;
}

struct request pending_request(const struct conn *c)
{
	struct pending *p = c->pending;

	return (struct request){ &p->head, buf_slice(&p->in), p->match };
}

struct request pending_or_current(const struct conn *c)
{
	const struct net_worker *net = c->worker->net;

	if (net->request)
		return *net->request;
	if (c->pending)
		return pending_request(c);
	return (struct request){ .head = NULL };
}

static void give_spare(struct net_worker *net, struct pending *p)
{
	if (!mem_may_keep(net->spare_count < PENDING_SPARES)) {
		buf_fini(&p->in);
		free(p);
		return;
	}
	if (p->in.cap > PENDING_SPARE_BYTES)
		buf_fini(&p->in);
	p->in.len = 0;
	p->next_spare = net->spares;
	net->spares = p;
	net->spare_count++;
}

void pending_free(struct worker *w, struct pending *p)
{
	if (!p)
		return;
	hook_cancel(p->call);
	keys_wait_end(&p->keys);
	free(p->match);
	give_spare(w->net, p);
}

void pending_free_spares(struct net_worker *net)
{
	struct pending *p;

	while ((p = take_spare(net))) {
		buf_fini(&p->in);
		free(p);
	}
}

void pending_drop(struct conn *c)
{
	pending_free(c->worker, c->pending);
	c->pending = NULL;
}
