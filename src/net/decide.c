/*
 * decide: from a complete request head to 101 or a refusal. On the way the
 * app's hook may be asked (ASKING), and rooms that nobody here was in must be
 * watched first (WAITING); the request is pending meanwhile.
 */
#include "net/decide.h"

#include <string.h>

#include "base/ascii.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/behind.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/worker.h"
#include "net/admit.h"
#include "net/cursor.h"
#include "net/events.h"
#include "net/hook.h"
#include "net/hooks.h"
#include "net/io.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/refuse.h"
#include "net/route.h"
#include "net/session.h"

static void record_accepted(const struct conn *c)
{
	unsigned window_bits = admit_window_bits(c);
	char client[CONN_CLIENT_MAX];

	metrics_inc(&c->worker->metrics,
	    events_has(c) ? METRIC_EVENT_STREAMS_BEGUN : METRIC_UPGRADED);
	if (window_bits > 0)
		metrics_inc(&c->worker->metrics, METRIC_UPGRADED_DEFLATE);
	if (!log_is_on(LOG_DEBUG))
		return;
	conn_client(c, client);
	log_debug("upgrade", "connection accepted",
	    kv_str("transport", events_transport(c)),
	    kv_str("route", c->route->path),
	    kv_int("deflate_window_bits", window_bits), kv_str("peer", client));
}

/* All is decided: let the session begin, with the 101 answer. */
static void accept_request(struct conn *c, const struct request *r)
{
	struct pending *p = c->pending; /* r may be inside */

	if (atomic_load(&c->worker->shared->is_draining)) {
		refuse(c, REFUSED_DRAINING);
		return;
	}
	/* The hub is asked before the client can know that it is in. */
	behind_ask(c);
	if (c->state != CONN_HANDSHAKE)
		io_resume(c);
	if (c->state == CONN_DEAD)
		return;
	record_accepted(c);
	c->decoder = NULL; /* the union's other member from here on */
	c->is_upgraded = true;
	session_start(c, r);
	pending_free(p);
}

/*
 * The client is known: find its rooms, and answer or wait for them. It begins
 * by these rooms: a command that moves it while it waits holds from then on.
 */
static void settle(
    struct conn *c, const struct request *r, const struct identity *id)
{
	enum refused why = admit_rooms(c, r, id);

	if (why != REFUSED_NOT) {
		refuse(c, why);
	} else if (cursor_begin(c, r) < 0) {
		refuse(c, REFUSED_MEMORY);
	} else if (c->pending_rooms == 0) {
		accept_request(c, r);
	} else if (pending_keep(c, r) < 0) {
		refuse(c, REFUSED_MEMORY);
	} else {
		if (c->state == CONN_HANDSHAKE)
			io_pause(c);
		conn_set_state(c, CONN_WAITING);
	}
}

void decide_on_rooms_ready(struct conn *c)
{
	const struct request r = pending_request(c);

	accept_request(c, &r);
}

void decide_on_room_refused(struct conn *c)
{
	refuse(c, REFUSED_CHANNEL);
}

void decide_on_due(struct conn *c)
{
	refuse(c,
	    c->state == CONN_ASKING ? REFUSED_HOOK_TIMEOUT : REFUSED_BACKEND);
}

/* --- asking the app --- */

static enum refused not_admitted(int status)
{
	switch (status) {
	case 401:
		return REFUSED_APP_401;
	case 403:
		return REFUSED_APP_403;
	default:
		return REFUSED_HOOK;
	}
}

static void on_answer(void *arg, const struct hook_answer *answer)
{
	struct conn *c = arg;
	const struct request r = pending_request(c);

	c->pending->call = NULL;
	if (c->state != CONN_ASKING)
		return; /* it died in this very turn */
	if (answer->status == 200)
		settle(c, &r, &answer->identity);
	else
		refuse(c, not_admitted(answer->status));
}

static bool is_chosen(const struct conf_auth *auth, struct slice name)
{
	for (size_t i = 0; i < auth->headers.count; i++)
		if (ascii_eq(name, slice_str(auth->headers.items[i])))
			return true;
	return false;
}

/* The request's headers of the names that the hook is to see. */
static size_t choose_headers(const struct conf_auth *auth,
    const struct request *r, struct hook_header out[HTTP_MAX_HEADERS])
{
	size_t count = 0;

	for (size_t i = 0; i < r->head->header_count; i++) {
		struct slice name =
		    http_slice(r->bytes.ptr, r->head->headers[i].name);

		if (is_chosen(auth, name))
			out[count++] = (struct hook_header){ name,
				http_slice(
				    r->bytes.ptr, r->head->headers[i].value) };
	}
	return count;
}

/* The path and query as the client sent them; no path has no query. */
static struct slice raw_target(const struct request *r)
{
	const struct http_head *h = r->head;
	uint32_t end = h->query.len > 0 ? h->query.at + h->query.len
					: h->path.at + h->path.len;

	return h->path.len == 0
		   ? http_path(h, r->bytes.ptr)
		   : slice_of(r->bytes.ptr + h->path.at, end - h->path.at);
}

static void ask(struct conn *c)
{
	const struct net_worker *net = c->worker->net;
	const struct conf_auth *auth = c->route->authenticator;
	const struct request r = pending_request(c);
	struct hook_header headers[HTTP_MAX_HEADERS];
	char id[CONN_ID_LEN + 1], address[IP_TEXT_MAX] = "";
	struct hook_request rq = { .uri = raw_target(&r), .headers = headers };
	struct ip ip;
	uint16_t port;

	rq.header_count = choose_headers(auth, &r, headers);
	conn_id(c, id);
	rq.connection_id = slice_str(id);
	if (conn_address(c, &ip, &port))
		ip_format(&ip, address);
	rq.client_address = slice_str(address);
	io_pause(c);
	conn_set_state(c, CONN_ASKING);
	c->pending->call =
	    hook_ask(hooks_find(net->hooks, auth), &rq, on_answer, c);
	if (!c->pending->call)
		refuse(c, REFUSED_HOOK_QUEUE);
}

void decide(struct conn *c, const struct request *came)
{
	struct route_match match;
	struct request r = *came;
	struct identity id = { 0 };
	struct verdict v;

	r.match = &match;
	v = admit_check(c, &r, &id);
	if (v.why != REFUSED_NOT)
		refuse_by(c, v);
	else if (!admit_asks_app(c))
		settle(c, &r, &id);
	else if (pending_keep(c, &r) < 0)
		refuse(c, REFUSED_MEMORY);
	else
		ask(c);
	identity_fini(&id);
}
