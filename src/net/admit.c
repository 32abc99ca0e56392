#include "net/admit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/worker.h"
#include "net/auth_certificate.h"
#include "net/auth_files.h"
#include "net/authenticators.h"
#include "net/cors.h"
#include "net/cursor.h"
#include "net/events.h"
#include "net/former.h"
#include "net/hook_failure.h"
#include "net/jwks.h"
#include "net/net_shared.h"
#include "net/route.h"
#include "net/route_rooms.h"
#include "proto/deflate_offer.h"
#include "proto/handshake.h"
#include "proto/http_fields.h"
#include "proto/jwt_keys.h"
#include "sys/tls.h"

/* --- what it asks for --- */

/* What its messages look like: the route says, and what it asks for. */
static enum refused choose_frames(struct conn *c, const struct request *r)
{
	const struct conf *conf = c->worker->conf;
	enum message_kind kind = c->route->frames == CONF_FRAMES_BINARY
				     ? MESSAGE_AS_BINARY
				     : MESSAGE_AS_TEXT;
	int deflated = 0;

	if (!c->route->has_websocket)
		return REFUSED_TRANSPORT;
	if (conf->delivery.compression.is_on)
		deflated = deflate_offer_accept(r->head, r->bytes.ptr,
		    conf->delivery.compression.window_bits);
	if (deflated < 0)
		return REFUSED_EXTENSIONS;
	c->form = message_form(kind, deflated > 0);
	return REFUSED_NOT;
}

static enum refused choose_form(struct conn *c, const struct request *r)
{
	bool has_ids;
	enum refused why = cursor_check(c, r, &has_ids);

	if (why == REFUSED_NOT && !events_has(c))
		why = choose_frames(c, r);
	if (has_ids)
		c->form |= MESSAGE_WITH_ID;
	return why;
}

unsigned admit_window_bits(const struct conn *c)
{
	const struct conf *conf = c->worker->conf;

	return message_form_is_deflated(c->form)
		   ? conf->delivery.compression.window_bits
		   : 0;
}

static enum refused refused_by_handshake(int status)
{
	switch (status) {
	case 405:
		return REFUSED_METHOD;
	case 426:
		return REFUSED_UPGRADE;
	case 505:
		return REFUSED_VERSION;
	default:
		return REFUSED_HANDSHAKE;
	}
}

/* Where there are event streams, who asks for no WebSocket may want one. */
static const char *upgrade_text(
    const struct conn *c, const struct request *r, const char *text)
{
	bool asks =
	    http_has_token(r->head, r->bytes.ptr, "upgrade", "websocket");

	return asks || !c->worker->conf->has_sse
		   ? text
		   : "connect with ws://, or accept text/event-stream "
		     "where there are event streams";
}

static struct verdict check_handshake(
    const struct conn *c, const struct request *r)
{
	struct verdict v = { .why = REFUSED_NOT };
	int status =
	    events_has(c)
		? handshake_check_plain(r->head, r->bytes.ptr, &v.detail)
		: handshake_check(r->head, r->bytes.ptr, &v.detail);

	if (status)
		v.why = refused_by_handshake(status);
	if (v.why == REFUSED_UPGRADE)
		v.detail = upgrade_text(c, r, v.detail);
	return v;
}

/* What the request asks for, by the head and the configuration alone. */
static enum refused check_request(struct conn *c, const struct request *r)
{
	const struct worker *w = c->worker;
	enum refused why = r->match->why;

	if (why != REFUSED_NOT)
		return why;
	if (atomic_load(&w->shared->is_draining))
		return REFUSED_DRAINING;
	conn_set_route(c, r->match->route);
	why = choose_form(c, r);
	if (why == REFUSED_NOT)
		why = former_check(c, r);
	return why == REFUSED_NOT ? cors_check(c->route, r) : why;
}

bool admit_asks_app(const struct conn *c)
{
	const struct conf_auth *auth = c->route->authenticator;

	return auth && auth->type == CONF_AUTH_HTTP;
}

static struct verdict check_by(struct jwt_keys *keys, const struct conn *c,
    const struct request *r, struct identity *id)
{
	struct verdict v;

	if (!keys)
		return verdict_of(REFUSED_KEYS);
	v = authenticators_check_token(
	    keys, c->route->authenticator, r->head, r->bytes.ptr, id);
	jwt_keys_unref(keys);
	return v;
}

struct verdict admit_check_token(const struct conn *c, const struct request *r,
    struct jwks *j, struct identity *id)
{
	return check_by(jwks_keys(j), c, r, id);
}

/* What can be found out on the spot. */
static struct verdict check_identity(
    const struct conn *c, const struct request *r, struct identity *id)
{
	const struct net_worker *net = c->worker->net;
	const struct conf_auth *auth = c->route->authenticator;

	if (!auth || admit_asks_app(c))
		return verdict_of(REFUSED_NOT);
	if (auth->type == CONF_AUTH_CERTIFICATE)
		return auth_certificate_check(
		    auth, c->tls ? tls_peer(c->tls) : NULL, id);
	return check_by(auth_files_keys(net->files, auth->index), c, r, id);
}

struct verdict admit_check(
    struct conn *c, const struct request *r, struct identity *id)
{
	struct verdict v = check_handshake(c, r);

	if (v.why == REFUSED_NOT)
		v = verdict_of(check_request(c, r));
	return v.why == REFUSED_NOT ? check_identity(c, r, id) : v;
}

/* --- its rooms --- */

struct joining {
	struct conn *conn;
	bool is_limited; /* to what the next two permit */
	const struct cJSON *permit;
	size_t steps; /* left for looking through it */
};

static bool is_permitted(struct joining *j, struct slice room)
{
	return !j->is_limited || identity_permits(j->permit, room, &j->steps);
}

static enum refused join(void *arg, struct slice room, bool is_chosen)
{
	struct joining *j = arg;
	struct conn *c = j->conn;
	const struct conf *conf = c->worker->conf;
	uint64_t hash;

	if (is_chosen && !is_permitted(j, room))
		return j->steps > 0 ? REFUSED_PERMIT : REFUSED_PATTERNS;
	hash = worker_hash(c->worker, room);
	if (conn_room_count(c) >= conf->limits.rooms_per_connection)
		return membership_has(c, room, hash) ? REFUSED_NOT
						     : REFUSED_ROOMS;
	switch (membership_join(c, room, hash)) {
	case -ENOMEM:
		return REFUSED_MEMORY;
	case -EACCES:
		return REFUSED_CHANNEL;
	default: /* in, if not already */
		return REFUSED_NOT;
	}
}

/*
 * The rooms that the hook's answer adds, which are names. What does not fit is
 * the app's fault, not the client's.
 */
static int join_granted(void *arg, struct slice room)
{
	struct joining *j = arg;
	const struct conn *c = j->conn;
	enum refused why = join(j, room, false);

	if (why != REFUSED_ROOMS)
		return (int)why;
	hook_failure_note(HOOK_ANSWER, c->route->auth,
	    "rooms holds more than limits.rooms_per_connection", 200,
	    &c->worker->metrics);
	return REFUSED_HOOK_ROOMS;
}

static struct joining begin_joining(struct conn *c, const struct identity *id)
{
	const char *permit = c->route->permit;
	struct joining j = {
		.conn = c,
		.is_limited = permit != NULL,
		.steps = IDENTITY_PERMIT_STEPS,
	};

	if (permit)
		j.permit = identity_find(
		    id, slice_after(slice_str(permit), strlen("claim.")));
	return j;
}

static enum refused join_granted_rooms(
    const struct identity *id, struct joining *j)
{
	int status = identity_claim(id, slice_str("rooms"), join_granted, j);

	if (status >= 0)
		return (enum refused)status;
	assert(status == -ENOENT); /* else hook_answer has refused it */
	return REFUSED_NOT;
}

static enum refused join_rooms(
    struct conn *c, const struct request *r, const struct identity *id)
{
	struct joining j = begin_joining(c, id);
	const struct route_source source = {
		.match = r->match,
		.query = http_slice(r->bytes.ptr, r->head->query),
		.identity = id,
		/* Behind the segments, which may be there as well. */
		.scratch = c->worker->decoded + r->match->size,
		.size = WORKER_SCRATCH - r->match->size,
		.max = c->worker->conf->limits.rooms_per_connection,
	};
	enum refused why = route_rooms(&source, join, &j);

	if (why != REFUSED_NOT || !admit_asks_app(c))
		return why;
	return join_granted_rooms(id, &j);
}

enum refused admit_rooms(
    struct conn *c, const struct request *r, const struct identity *id)
{
	enum refused why;

	/* First: a room that it is in sends it what it is not to get. */
	if (former_begin(c, r) < 0)
		return REFUSED_MEMORY;
	if (id->user && membership_join_user(c, slice_str(id->user)) < 0)
		return REFUSED_MEMORY;
	why = join_rooms(c, r, id);
	if (why != REFUSED_NOT)
		return why;
	if (id->expires_s < 0)
		return REFUSED_EXPIRED;
	c->expires_s =
	    id->expires_s > UINT32_MAX ? UINT32_MAX : (uint32_t)id->expires_s;
	return REFUSED_NOT;
}
