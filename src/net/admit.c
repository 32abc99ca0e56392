#include "net/admit.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/authenticators.h"
#include "net/hook_failure.h"
#include "net/route.h"
#include "net/shared.h"
#include "proto/handshake.h"
#include "proto/origin.h"

static int find_route(struct conn *c, const struct request *r,
    struct route_match *match, const char **why)
{
	struct worker *w = c->worker;

	return route_find(w->shared->conf,
	    http_slice(r->bytes.ptr, r->head->path), w->decoded, match, why);
}

/* A request without an Origin comes from no browser. */
static int check_origin(
    const struct conf_route *route, const struct request *r, const char **why)
{
	size_t count;
	struct slice value =
	    http_header(r->head, r->bytes.ptr, "origin", &count);
	struct origin origin;

	if (route->origins.count == 0 || count == 0)
		return ADMIT_FINE;
	*why = "the origin is not permitted";
	if (count > 1 || !origin_parse(value, &origin))
		return 403;
	for (size_t i = 0; i < route->origins.count; i++) {
		const struct conf_origin *o = &route->origin_patterns[i];
		const struct origin_pattern pattern = { slice_str(o->scheme),
			slice_str(o->host), o->port, o->is_wildcard };

		if (origin_matches(&origin, &pattern))
			return ADMIT_FINE;
	}
	return 403;
}

/* What its messages look like: the route says, and what it offers. */
static int choose_form(
    struct conn *c, const struct request *r, const char **why)
{
	const struct conf *conf = c->worker->shared->conf;
	int bits = 0;

	if (conf->delivery.compression.is_on)
		bits = deflate_offer_choose(r->head, r->bytes.ptr,
		    conf->delivery.compression.window_bits);
	*why = "malformed Sec-WebSocket-Extensions";
	if (bits < 0)
		return 400;
	c->form = message_form(c->route->frames == CONF_FRAMES_BINARY
				   ? MESSAGE_AS_BINARY
				   : MESSAGE_AS_TEXT,
	    message_window((unsigned)bits));
	return ADMIT_FINE;
}

int admit_check(struct conn *c, const struct request *r, struct identity *id,
    const char **why)
{
	const struct worker_shared *shared = c->worker->shared;
	const struct net_shared *net = shared->net;
	const struct conf_auth *auth;
	struct route_match match;
	int status = handshake_check(r->head, r->bytes.ptr, why);

	if (status != 101)
		return status;
	status = find_route(c, r, &match, why);
	if (status != 0)
		return status;
	*why = "the gateway is shutting down";
	if (atomic_load(&shared->is_draining))
		return 503;
	c->route = match.route;
	status = choose_form(c, r, why);
	if (status == ADMIT_FINE)
		status = check_origin(c->route, r, why);
	auth = c->route->authenticator;
	if (status != ADMIT_FINE || !auth)
		return status;
	if (auth->type == CONF_AUTH_HTTP)
		return ADMIT_ASK;
	return authenticators_check_token(
	    net->authenticators, auth, r->head, r->bytes.ptr, id, why);
}

struct joining {
	struct conn *conn;
	const struct identity *id;
	bool is_limited; /* to what the next two permit */
	const struct cJSON *permit;
	size_t steps; /* left for looking through it */
	const char **why;
};

static bool is_permitted(struct joining *j, struct slice room)
{
	return !j->is_limited || identity_permits(j->permit, room, &j->steps);
}

static int join(void *arg, struct slice room, bool is_chosen, const char **why)
{
	struct joining *j = arg;
	struct conn *c = j->conn;
	const struct conf *conf = c->worker->shared->conf;

	if (is_chosen && !is_permitted(j, room)) {
		*why = j->steps > 0 ? "the room is not permitted"
				    : "too many patterns for so many rooms";
		return 403;
	}
	*why = "too many rooms";
	if (conn_room_count(c) >= conf->limits.rooms_per_connection)
		return 400;
	*why = "out of memory";
	return conn_join(c, room, worker_hash(c->worker, room)) == -ENOMEM ? 503
									   : 0;
}

/*
 * The rooms that the hook's answer adds, which are names. What does not fit is
 * the app's fault, not the client's.
 */
static int join_granted(void *arg, struct slice room)
{
	struct joining *j = arg;
	const struct conn *c = j->conn;
	int status = join(j, room, false, j->why);

	if (status != 400)
		return status;
	*j->why = "the authenticator names too many rooms";
	hook_failure_note(HOOK_ANSWER, c->route->auth,
	    "rooms holds more than limits.rooms_per_connection", 200,
	    &c->worker->metrics);
	return 503;
}

static struct joining begin_joining(
    struct conn *c, const struct identity *id, const char **why)
{
	const char *permit = c->route->permit;
	struct joining j = {
		.conn = c,
		.is_limited = permit != NULL,
		.steps = IDENTITY_PERMIT_STEPS,
		.why = why,
	};

	if (permit)
		j.permit = identity_find(
		    id, slice_after(slice_str(permit), strlen("claim.")));
	return j;
}

static int join_rooms(struct conn *c, const struct request *r,
    const struct identity *id, const char **why)
{
	struct joining j = begin_joining(c, id, why);
	struct route_match match;
	const struct route_source source = {
		.match = &match,
		.query = http_slice(r->bytes.ptr, r->head->query),
		.identity = id,
		.scratch = c->worker->decoded,
		.size = WORKER_SCRATCH,
		.max = c->worker->shared->conf->limits.rooms_per_connection,
	};
	int status = find_route(c, r, &match, why);

	if (status == 0)
		status = route_rooms(&source, join, &j, why);
	if (status != 0 || !c->route->authenticator ||
	    c->route->authenticator->type != CONF_AUTH_HTTP)
		return status;
	status = identity_claim(id, slice_str("rooms"), join_granted, &j);
	return status == -ENOENT ? 0 : status < 0 ? 503 : status;
}

int admit_rooms(struct conn *c, const struct request *r,
    const struct identity *id, const char **why)
{
	int status = join_rooms(c, r, id, why);

	if (status != 0)
		return status;
	*why = "out of memory";
	if (id->user && conn_join_user(c, slice_str(id->user)) < 0)
		return 503;
	*why = "the credentials have expired";
	if (id->expires_s < 0)
		return 401;
	c->expires_s =
	    id->expires_s > UINT32_MAX ? UINT32_MAX : (uint32_t)id->expires_s;
	return ADMIT_FINE;
}
