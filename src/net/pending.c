#include "net/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/hook.h"
#include "net/net_shared.h"
#include "net/route.h"

struct pending *pending_need(struct conn *c)
{
	if (!c->pending) {
		c->pending = try_alloc(sizeof *c->pending);
		if (c->pending)
			memset(c->pending, 0, sizeof *c->pending);
	}
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
		p->head = *r->head;
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

void pending_free(struct pending *p)
{
	if (!p)
		return;
	hook_cancel(p->call);
	keys_wait_end(&p->keys);
	buf_fini(&p->in);
	free(p->match);
	free(p);
}

void pending_drop(struct conn *c)
{
	pending_free(c->pending);
	c->pending = NULL;
}
