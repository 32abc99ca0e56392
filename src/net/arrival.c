#include "net/arrival.h"

#include <errno.h>

#include "base/log.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/clients.h"
#include "net/io.h"
#include "net/pending.h"
#include "net/refuse.h"
#include "proto/proxy.h"

/* For the request of a client that is refused, where it matters what it is. */
enum { REQUEST_MS = 2000 };

/*
 * Whether the request may be one that is told by other means than a status. In
 * a storm no WebSocket is waited for: the half of all places for handshakes is
 * for those that may get in.
 */
static bool is_told_otherwise(const struct conn *c)
{
	const struct worker *w = c->worker;
	const struct conf *conf = w->conf;

	return conf->has_sse ||
	       (conf->refuses_by_close && atomic_load(&w->shared->handshakes) <=
					      conf->limits.handshakes / 2);
}

/* Refuse now; or once TLS is up and the request has come that it goes by. */
static void refuse_early(struct conn *c, enum refused why)
{
	struct pending *p =
	    c->tls || is_told_otherwise(c) ? pending_need(c) : NULL;

	if (!p) {
		refuse(c, why);
		return;
	}
	p->refuse_with = why;
	if (!c->tls)
		io_arm(c, REQUEST_MS);
}

static void meet_limits(struct conn *c)
{
	enum refused why;

	if (c->pending && c->pending->refuse_with)
		return; /* there is no room for it anyway */
	why = clients_admit(c);
	if (why != REFUSED_NOT)
		refuse_early(c, why);
}

/* The client's address counts on this listener: find out which it is. */
static void find_client(
    struct conn *c, const struct conf_listen *listen, unsigned door)
{
	bool is_trusted = clients_is_trusted(c, listen);
	struct pending *p;

	if (!listen->proxy_protocol &&
	    (!is_trusted || listen->trusted.count == 0)) {
		meet_limits(c);
		return;
	}
	p = pending_need(c);
	if (!p) {
		refuse(c, REFUSED_MEMORY);
		return;
	}
	pending_set_door(p, door);
	p->awaits_proxy = listen->proxy_protocol;
	p->awaits_address = true;
	if (!is_trusted)
		refuse(c, REFUSED_PROXY);
}

static void refuse_full(struct conn *c)
{
	const struct worker *w = c->worker;

	if (reached_is_news(&w->shared->full, w->now_ms))
		log_warn(LOG_LISTENER,
		    "too many connections: refusing clients with 503",
		    kv_int("max_connections",
			(int64_t)w->shared->max_connections));
	refuse_early(c, REFUSED_FULL);
}

void arrival_begin(struct conn *c, unsigned door)
{
	const struct worker_shared *s = c->worker->shared;
	const struct conf *conf = c->worker->conf;
	const struct conf_listen *listen = &conf->listen.items[door];

	if (atomic_load(&s->clients) > s->max_connections)
		refuse_full(c);
	else if (atomic_load(&s->handshakes) > conf->limits.handshakes)
		refuse_early(c, REFUSED_HANDSHAKES);
	if (c->state == CONN_HANDSHAKE && clients_matter(conf, listen))
		find_client(c, listen, door);
}

/* --- a PROXY header --- */

/* Take what PROXY header there is; false when the connection has ended. */
static bool take_proxy(struct conn *c, struct slice bytes)
{
	struct pending *p = c->pending;
	struct proxy_header header = { 0 };
	const char *why = NULL;
	size_t before = p->in.len;
	enum proxy_status status;

	if (buf_append(&p->in, bytes.ptr, bytes.len) < 0) {
		refuse(c, REFUSED_MEMORY);
		return false;
	}
	status = proxy_parse(buf_slice(&p->in), &header, &why);
	if (status == PROXY_BAD) {
		refuse_by(c, (struct verdict){
				 .why = REFUSED_PROXY_HEADER, .detail = why });
		return false;
	}
	if (status == PROXY_MORE) {
		io_skip(c, bytes.len);
		return true;
	}
	io_skip(c, header.size - before);
	buf_fini(&p->in);
	p->awaits_proxy = false;
	if (header.has_source &&
	    clients_set(c, &header.source, header.port) < 0)
		refuse(c, REFUSED_MEMORY);
	return c->state == CONN_HANDSHAKE;
}

/* What is behind it may be TLS: look first, then take what belongs to it. */
bool arrival_read_proxy(struct conn *c)
{
	char *scratch = c->worker->scratch;
	ssize_t n = io_peek(c, scratch, PROXY_HEADER_MAX);

	if (n == -EAGAIN)
		return false;
	if (n <= 0) {
		refuse_unheard(c);
		return false;
	}
	return take_proxy(c, slice_of(scratch, (size_t)n)) &&
	       !c->pending->awaits_proxy;
}

/* --- a head --- */

bool arrival_may_go_on(struct conn *c, const struct request *r)
{
	struct pending *p = c->pending;

	if (p && p->awaits_address) {
		p->awaits_address = false;
		if (clients_set_forwarded(
			c, pending_listen(c), r->head, r->bytes.ptr) < 0)
			refuse_early(c, REFUSED_MEMORY);
		else
			meet_limits(c);
	}
	if (c->state == CONN_HANDSHAKE && p && p->refuse_with)
		refuse(c, p->refuse_with);
	return c->state == CONN_HANDSHAKE;
}
