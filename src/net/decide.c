/*
 * decide: from a complete request head to 101 or a refusal. On the way the
 * app's hook may be asked, or keys looked for (ASKING), and rooms that nobody
 * here was in must be watched first (WAITING); the request is pending
 * meanwhile.
 */
#include "net/decide.h"

#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "core/behind.h"
#include "core/conn.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/worker.h"
#include "net/access_log.h"
#include "net/admit.h"
#include "net/auth_files.h"
#include "net/cursor.h"
#include "net/events.h"
#include "net/heard.h"
#include "net/hook.h"
#include "net/hooks.h"
#include "net/io.h"
#include "net/jwks.h"
#include "net/keys_wait.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/refuse.h"
#include "net/session.h"

static void record_accepted(struct conn *c, const struct request *r)
{
	struct metrics *m = &c->worker->metrics;

	metrics_inc(
	    m, events_has(c) ? METRIC_EVENT_STREAMS_BEGUN : METRIC_UPGRADED);
	metrics_inc(
	    m, metrics_of_route(METRIC_ROUTE_ACCEPTED, c->route->number));
	heard_answered(c, METRIC_HANDSHAKE_ACCEPTED);
	if (admit_window_bits(c) > 0)
		metrics_inc(m, METRIC_UPGRADED_DEFLATE);
	access_log_accepted(c, r);
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
	record_accepted(c, r);
	io_forget_peer(c);
	c->decoder = NULL; /* the union's other member from here on */
	c->is_upgraded = true;
	session_start(c, r);
	pending_free(c->worker, p);
}

/*
 * The client is known: find its rooms, and answer or wait for them. It begins
 * by these rooms: a command that moves it while it waits holds from then on.
 */
static void settle(
    struct conn *c, const struct request *r, const struct identity *id)
{
	/* Its path has served by the time that it waits. */
	const struct request rest = { .head = r->head, .bytes = r->bytes };
	const struct verdict v = { .why = admit_rooms(c, r, id),
		.user = id->user };

	if (v.why != REFUSED_NOT) {
		refuse_by(c, v);
	} else if (cursor_begin(c, r) < 0) {
		refuse(c, REFUSED_MEMORY);
	} else if (c->pending_rooms == 0) {
		accept_request(c, r);
	} else if (pending_keep(c, &rest) < 0) {
		refuse(c, REFUSED_MEMORY);
	} else {
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

/*
 * Most clients send nothing before they are answered: only for one that does is
 * the socket watched in another way.
 */
void decide_on_readable(struct conn *c)
{
	if (!io_pause(c))
		refuse_unheard(c);
}

void decide_on_due(struct conn *c)
{
	if (c->state != CONN_ASKING)
		refuse(c, REFUSED_BACKEND);
	else
		refuse(
		    c, c->pending->call ? REFUSED_HOOK_TIMEOUT : REFUSED_KEYS);
}

static enum refused refused_for(enum close_reason reason)
{
	switch (reason) {
	case CLOSE_SHUTDOWN:
		return REFUSED_DRAINING;
	case CLOSE_SLOW: /* it had no chance to read */
		return REFUSED_BACKEND;
	default:
		return REFUSED_MEMORY;
	}
}

void decide_on_close(struct conn *c, enum close_reason reason)
{
	refuse(c, refused_for(reason));
}

/* --- a key that is not there yet --- */

/* Its route's, where they come from a URL: worth asking for, or waiting. */
static struct jwks *find_jwks(const struct conn *c)
{
	const struct net_worker *net = c->worker->net;

	return auth_files_jwks(net->files, c->route->authenticator->index);
}

static void on_look(void *arg);

/* Until a look ends. */
static void wait_for_key(
    struct conn *c, const struct request *r, struct jwks *j)
{
	const struct net_worker *net = c->worker->net;

	if (pending_keep(c, r) < 0) {
		refuse(c, REFUSED_MEMORY);
		return;
	}
	if (c->state == CONN_HANDSHAKE)
		conn_set_state(c, CONN_ASKING);
	keys_wait_begin(net->keys_wait, &c->pending->keys, j, on_look, c);
}

/* Where a look has failed the token may be a good one. */
static struct verdict without_key(struct jwks *j, struct verdict v)
{
	return jwks_is_in_doubt(j) ? verdict_of(REFUSED_KEYS) : v;
}

/*
 * Whether a look is under way is asked first: one that ends meanwhile has then
 * either brought the key in time, or is still to be heard of here.
 */
static void decide_again(
    struct conn *c, const struct request *r, struct jwks *j)
{
	struct identity id = { 0 };
	bool is_coming = jwks_is_coming(j);
	struct verdict v = admit_check_token(c, r, j, &id);

	if (v.why == REFUSED_NOT)
		settle(c, r, &id);
	else if (v.lacks_key && is_coming)
		wait_for_key(c, r, j);
	else
		refuse_by(c, v.lacks_key ? without_key(j, v) : v);
	identity_fini(&id);
}

static void on_look(void *arg)
{
	struct conn *c = arg;
	const struct request r = pending_request(c);
	struct jwks *j = jwks_ref(c->pending->keys.jwks);

	keys_wait_end(&c->pending->keys);
	if (c->state == CONN_ASKING) /* else it died in this very turn */
		decide_again(c, &r, j);
	jwks_unref(j);
}

/*
 * Wait for a look for its key, or hear why that is in vain. One that was lately
 * may have ended just after the token was checked, with the key.
 */
static void ask_for_key(struct conn *c, const struct request *r)
{
	struct jwks *j = find_jwks(c);

	switch (jwks_want(j, clock_ms())) {
	case JWKS_ASKED:
		worker_post(c->worker, MAIL_KEYS_WANTED, 0, NULL);
		wait_for_key(c, r, j);
		break;
	case JWKS_COMING:
		wait_for_key(c, r, j);
		break;
	case JWKS_KNOWN:
	case JWKS_UNKNOWN:
		decide_again(c, r, j);
		break;
	}
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
	conn_set_state(c, CONN_ASKING);
	c->pending->call =
	    hook_ask(hooks_find(net->hooks, auth), &rq, on_answer, c);
	if (!c->pending->call)
		refuse(c, REFUSED_HOOK_QUEUE);
}

void decide(struct conn *c, const struct request *r)
{
	struct identity id = { 0 };
	struct verdict v = admit_check(c, r, &id);

	if (v.lacks_key && find_jwks(c))
		ask_for_key(c, r);
	else if (v.why != REFUSED_NOT)
		refuse_by(c, v);
	else if (!admit_asks_app(c))
		settle(c, r, &id);
	else if (pending_keep(c, r) < 0)
		refuse(c, REFUSED_MEMORY);
	else
		ask(c);
	identity_fini(&id);
}
