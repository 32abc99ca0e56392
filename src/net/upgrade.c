/*
 * upgrade: a connection until its handshake is answered.
 *
 * Most request heads come in one piece and are answered from the worker's
 * scratch memory: nothing is allocated. Only a head that is cut short, or a
 * client that must wait for its rooms to be watched, gets a struct upgrade,
 * and it is freed once the session starts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "net/net.h"
#include "net/route.h"
#include "net/tls.h"
#include "proto/frame.h"
#include "proto/handshake.h"
#include "proto/http.h"

enum { REFUSAL_MAX = 768, WELCOME_MAX = 128 };

struct upgrade {
	struct http_head head;
	struct buf in; /* all that came: the head, and what is behind it */
};

/* A request as far as it has come: in an upgrade or in scratch memory. */
struct request {
	struct http_head *head;
	struct slice bytes;
};

void upgrade_free(struct upgrade *u)
{
	if (!u)
		return;
	buf_fini(&u->in);
	free(u);
}

/* --- refusing --- */

static enum metric refused_metric(int status)
{
	switch (status) {
	case 400:
		return METRIC_REFUSED_400;
	case 403:
		return METRIC_REFUSED_403;
	case 404:
		return METRIC_REFUSED_404;
	case 405:
		return METRIC_REFUSED_405;
	case 408:
		return METRIC_REFUSED_408;
	case 414:
		return METRIC_REFUSED_414;
	case 426:
		return METRIC_REFUSED_426;
	case 431:
		return METRIC_REFUSED_431;
	case 503:
		return METRIC_REFUSED_503;
	default:
		return METRIC_REFUSED_OTHER;
	}
}

void upgrade_refuse(struct conn *c, int status, const char *why)
{
	char peer[CONN_PEER_MAX], answer[REFUSAL_MAX];
	size_t len = handshake_refusal(status, why, answer, sizeof answer);

	conn_peer(c, peer);
	metrics_inc(&c->worker->metrics, refused_metric(status));
	log_debug("upgrade", "handshake refused", kv_int("status", status),
	    kv_str("why", why), kv_str("peer", peer));
	if (c->state == CONN_WAITING)
		io_resume(c);
	conn_leave_all(c);
	upgrade_free(c->upgrade);
	c->upgrade = NULL;
	io_write_once(c, slice_of(answer, len));
	if (c->state != CONN_DEAD)
		io_linger(c);
}

/* --- admitting --- */

static size_t put_welcome(const struct conn *c, char *out)
{
	char id[CONN_ID_LEN + 1], text[WELCOME_MAX];
	bool as_text = c->route->frames == CONF_FRAMES_TEXT;
	size_t head;
	int len;

	conn_id(c, id);
	len = snprintf(text, sizeof text,
	    "{\"type\":\"roomcast.welcome\",\"connection\":\"%s\"}", id);
	head = frame_put_head(as_text ? FRAME_TEXT : FRAME_BINARY, (size_t)len,
	    (unsigned char *)out);
	memcpy(out + head, text, (size_t)len);
	return head + (size_t)len;
}

/* All is decided: answer 101 and let the session begin. */
static void accept_request(struct conn *c, const struct request *r)
{
	const struct conf_route *route = c->route;
	struct slice subprotocol = handshake_subprotocol(r->head, r->bytes.ptr,
	    route->subprotocols.items, route->subprotocols.count);
	char first[HANDSHAKE_RESPONSE_MAX + FRAME_HEAD_MAX + WELCOME_MAX];
	size_t len =
	    handshake_response(r->head, r->bytes.ptr, subprotocol, first);
	struct upgrade *u = c->upgrade; /* r may be inside */

	if (route->welcome)
		len += put_welcome(c, first + len);
	metrics_inc(&c->worker->metrics, METRIC_UPGRADED);
	if (c->state == CONN_WAITING)
		io_resume(c);
	c->decoder = NULL; /* the union's other member from here on */
	c->is_upgraded = true;
	session_start(
	    c, slice_of(first, len), slice_after(r->bytes, r->head->size));
	upgrade_free(u);
}

static int join(void *arg, struct slice room, const char **why)
{
	struct conn *c = arg;
	const struct conf *conf = c->worker->shared->conf;

	*why = "too many rooms";
	if (c->membership_count >= conf->limits.rooms_per_connection)
		return 400;
	*why = "out of memory";
	return conn_join(c, room, worker_hash(c->worker, room)) == -ENOMEM ? 503
									   : 0;
}

/* Find the route and join its rooms. 0, or the status to refuse with. */
static int admit(struct conn *c, const struct request *r, const char **why)
{
	struct worker *w = c->worker;
	const struct conf *conf = w->shared->conf;
	struct slice path = http_slice(r->bytes.ptr, r->head->path);
	struct slice query = http_slice(r->bytes.ptr, r->head->query);
	struct route_match match;
	int status = handshake_check(r->head, r->bytes.ptr, why);

	if (status != 101)
		return status;
	status = route_find(conf, path, w->decoded, &match, why);
	if (status != 0)
		return status;
	*why = "the gateway is shutting down";
	if (atomic_load(&w->shared->is_draining))
		return 503;
	c->route = match.route;
	c->form = match.route->frames == CONF_FRAMES_BINARY ? MESSAGE_AS_BINARY
							    : MESSAGE_AS_TEXT;
	return route_rooms(
	    &match, query, w->decoded, WORKER_SCRATCH, join, c, why);
}

/* Keep the request for later. False: out of memory, and it is refused. */
static bool keep(struct conn *c, const struct request *r)
{
	struct upgrade *u = c->upgrade;

	if (u)
		return true; /* r is inside */
	u = try_alloc(sizeof *u);
	if (u) {
		u->head = *r->head;
		u->in = (struct buf){ 0 };
		c->upgrade = u;
		if (buf_append(&u->in, r->bytes.ptr, r->bytes.len) == 0)
			return true;
	}
	upgrade_refuse(c, 503, "out of memory");
	return false;
}

static void decide(struct conn *c, const struct request *r)
{
	const char *why = "";
	int status = admit(c, r, &why);

	if (status != 0) {
		upgrade_refuse(c, status, why);
	} else if (c->pending_rooms == 0) {
		accept_request(c, r);
	} else if (keep(c, r)) {
		io_pause(c);
		conn_set_state(c, CONN_WAITING);
	}
}

void upgrade_on_rooms_ready(struct conn *c)
{
	struct upgrade *u = c->upgrade;
	const struct request r = { &u->head, buf_slice(&u->in) };

	if (atomic_load(&c->worker->shared->is_draining))
		upgrade_refuse(c, 503, "the gateway is shutting down");
	else
		accept_request(c, &r);
}

/* --- reading --- */

void upgrade_start(
    struct conn *c, const struct conf_listen *listen, struct tls_context *tls)
{
	struct worker_shared *s = c->worker->shared;

	(void)listen;
	if (tls)
		c->tls = tls_new(tls, c->fd);
	if ((tls && !c->tls) || io_watch(c) < 0) {
		conn_kill(c);
		return;
	}
	io_arm(c, s->conf->limits.handshake_timeout_ms);
	if (atomic_load(&s->connections) > s->max_connections)
		upgrade_refuse(c, 503, "too many connections");
}

/* Put what was read behind what had come before. */
static bool gather(struct conn *c, struct slice read, struct request *r)
{
	struct upgrade *u = c->upgrade;

	if (u) {
		if (buf_append(&u->in, read.ptr, read.len) < 0) {
			upgrade_refuse(c, 503, "out of memory");
			return false;
		}
		r->head = &u->head;
		r->bytes = buf_slice(&u->in);
	} else {
		r->bytes = read;
	}
	return true;
}

void upgrade_on_readable(struct conn *c)
{
	struct worker *w = c->worker;
	struct http_head head = { 0 };
	struct request r = { .head = &head };
	const char *why = "";
	ssize_t n = io_read(c, w->scratch, WORKER_SCRATCH);
	int status;

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		metrics_inc(&w->metrics, METRIC_HANDSHAKE_GONE);
		conn_kill(c);
		return;
	}
	if (!gather(c, slice_of(w->scratch, (size_t)n), &r))
		return;
	status = http_parse(r.head, r.bytes.ptr, r.bytes.len,
	    w->shared->conf->limits.request_head, &why);
	if (status == HTTP_MORE)
		(void)keep(c, &r);
	else if (status == HTTP_DONE)
		decide(c, &r);
	else
		upgrade_refuse(c, status, why);
}

void upgrade_on_due(struct conn *c)
{
	if (c->state == CONN_HANDSHAKE)
		upgrade_refuse(c, 408, "the request took too long");
	else
		upgrade_refuse(c, 503, "the backend took too long");
}
