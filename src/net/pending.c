#include "net/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "net/hook.h"

struct pending *pending_need(struct conn *c)
{
	if (!c->pending) {
		c->pending = try_alloc(sizeof *c->pending);
		if (c->pending)
			memset(c->pending, 0, sizeof *c->pending);
	}
	return c->pending;
}

int pending_keep(struct conn *c, const struct request *r)
{
	struct pending *p = pending_need(c);

	if (p && r->head == &p->head)
		return 0; /* it is inside */
	if (!p || buf_append(&p->in, r->bytes.ptr, r->bytes.len) < 0)
		return -ENOMEM;
	p->head = *r->head;
	return 0;
}

struct request pending_request(const struct conn *c)
{
	return (
	    struct request){ &c->pending->head, buf_slice(&c->pending->in) };
}

void pending_free(struct pending *p)
{
	if (!p)
		return;
	hook_cancel(p->call);
	buf_fini(&p->in);
	free(p);
}

void pending_drop(struct conn *c)
{
	pending_free(c->pending);
	c->pending = NULL;
}
