/*
 * conf_notes_unused: see conf_notes_unused.h. Only what is written is told of:
 * a default that does not count is nobody's concern. Each function looks for
 * one kind and knows nothing of the others.
 */
#include "conf/conf_notes_unused.h"

#include "conf/conf.h"
#include "conf/conf_sources.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/url.h"

/* --- who is let in --- */

static void note_refresh(const struct conf *c, struct mistakes *notes)
{
	struct node *auth = node_find(c->document, "auth");

	for (size_t i = 0; i < c->auth.count; i++) {
		struct node *n = node_child(auth->children[i], "jwks_refresh");

		if (n && !c->auth.items[i].jwks_url)
			mistakes_at_key(notes, n, "counts only with jwks_url");
	}
}

static void note_permit(const struct conf *c, struct mistakes *notes)
{
	struct node *routes = node_find(c->document, "routes");

	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];

		if (r->permit && !conf_route_has_choice(r))
			mistakes_at(notes,
			    node_find(routes->children[i], "permit"),
			    "permits what clients choose, and they choose "
			    "nothing here: no room comes from path or query");
	}
}

/* --- WebSockets --- */

static void note_of_websockets(
    struct node *route, const char *key, struct mistakes *notes)
{
	struct node *n = node_child(route, key);

	if (n)
		mistakes_at_key(notes, n,
		    "counts for WebSockets only, and transports has none");
}

static void note_without_websockets(
    const struct conf *c, struct mistakes *notes)
{
	struct node *routes = node_find(c->document, "routes");
	bool has_websocket = false;

	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];

		has_websocket |= r->has_websocket;
		if (r->has_websocket)
			continue;
		if (r->subprotocols.count > 0)
			note_of_websockets(
			    routes->children[i], "subprotocols", notes);
		note_of_websockets(routes->children[i], "frames", notes);
	}
	if (c->delivery.compression.is_on && !has_websocket)
		mistakes_at_key(notes,
		    node_find(c->document, "delivery.compression"),
		    "counts for WebSockets only, and no route has them");
}

/* --- operators --- */

static void note_closed_admin(const struct conf *c, struct mistakes *notes)
{
	struct node *admin = node_child(c->document, "admin");

	for (size_t i = 0; admin && !c->admin.listen && i < admin->count; i++)
		mistakes_at_key(notes, admin->children[i],
		    "counts only with admin.listen: nothing listens here");
}

/* --- servers --- */

static void note_user(struct node *source, const char *path,
    const char *username, bool has_password, struct mistakes *notes)
{
	if (username && !has_password)
		mistakes_at(notes, node_find(source, path),
		    "counts only with a password: without one nobody logs in");
}

static void note_users(const struct conf *c, struct mistakes *notes)
{
	if (c->backend != CONF_BACKEND_REDIS)
		return;
	for (size_t i = 0; i < conf_source_count(c); i++) {
		const struct conf_redis *r = conf_source(c, i);
		struct node *n = conf_sources_node(c, i);

		note_user(n, "redis.username", r->username,
		    r->password_file || (r->url && url_has_password(r->url)),
		    notes);
		note_user(n, "redis.sentinel.username", r->sentinel.username,
		    r->sentinel.password_file, notes);
	}
}

void conf_notes_unused(const struct conf *c, struct mistakes *notes)
{
	note_refresh(c, notes);
	note_permit(c, notes);
	note_without_websockets(c, notes);
	note_closed_admin(c, notes);
	note_users(c, notes);
}
