/*
 * conf_notes: see conf_notes.h. Each function looks for one kind and knows
 * nothing of the others; `notes` lists them all.
 */
#include "conf/conf_notes.h"

#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "conf/conf.h"
#include "conf/conf_notes_history.h"
#include "conf/conf_notes_unused.h"
#include "conf/conf_sources.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/* The place of a route's key, or of the route where it has none. */
static struct node *at_route(
    const struct conf *c, size_t index, const char *key)
{
	return node_find(
	    node_find(c->document, "routes")->children[index], key);
}

/* --- routes --- */

static bool has_cookie(const struct conf_strings *texts, const char *prefix)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strncmp(texts->items[i], prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/*
 * Browsers send cookies and show certificates whatever site opens the
 * WebSocket; other credentials have to come from the page itself.
 */
static const char *open_to_all_sites(const struct conf_route *r)
{
	const struct conf_auth *a = r->authenticator;

	if (r->origins.count > 0)
		return NULL;
	if (!a)
		return "has auth none";
	if (has_cookie(&a->token, "cookie.") ||
	    has_cookie(&a->headers, "cookie"))
		return "goes by a cookie";
	if (a->type == CONF_AUTH_CERTIFICATE)
		return "goes by a certificate";
	return NULL;
}

static void note_open_routes(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];
		const char *why =
		    r->has_websocket ? open_to_all_sites(r) : NULL;

		if (why)
			mistakes_at(notes, at_route(c, i, "origins"),
			    "%s %s and has no origins: a browser from any "
			    "site may connect",
			    r->path, why);
	}
}

/* As browsers have it: they show a page only what CORS headers let it see. */
static void note_closed_streams(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];

		if (r->has_sse && r->origins.count == 0)
			mistakes_at(notes, at_route(c, i, "origins"),
			    "%s has no origins: a page of another origin "
			    "cannot read its event streams",
			    r->path);
	}
}

/* The first route that matches counts. */
static void note_hidden_routes(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];

		for (size_t k = 0; k < i; k++) {
			const struct conf_route *first = &c->routes.items[k];

			if (!pattern_covers(&first->pattern, &r->pattern))
				continue;
			mistakes_at(notes, at_route(c, i, "path"),
			    "%s is never reached: routes[%zu] (%s) stands "
			    "above and matches the same paths; put it below",
			    r->path, k, first->path);
			break;
		}
	}
}

/* As other routers spell a parameter: here these are plain letters. */
static bool is_foreign(const struct pattern_segment *s)
{
	const char *p = s->name.ptr;
	size_t len = s->name.len;

	if (s->is_parameter || len == 0)
		return false;
	return memchr(p, '*', len) || p[0] == ':' ||
	       (p[0] == '<' && p[len - 1] == '>');
}

static void note_foreign_paths(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct pattern *p = &c->routes.items[i].pattern;

		for (size_t k = 0; k < p->segment_count; k++) {
			struct slice name = p->segments[k].name;

			if (!is_foreign(&p->segments[k]))
				continue;
			mistakes_at(notes, at_route(c, i, "path"),
			    "'%.*s' stands for itself only; a part of the "
			    "path that may be anything is {name}",
			    (int)name.len, name.ptr);
		}
	}
}

static bool is_path_of(const struct conf_route *r, const char *path)
{
	struct pattern p;
	struct err e;
	bool covers;

	if (pattern_compile(&p, path, &e) < 0)
		return false; /* no route could have it */
	covers = pattern_covers(&r->pattern, &p);
	pattern_fini(&p);
	return covers;
}

static void note_health_in_route(
    const struct conf *c, size_t index, struct mistakes *notes)
{
	const struct conf_listen *l = &c->listen.items[index];
	struct node *n = node_find(c->document, "listen")->children[index];

	for (size_t i = 0; i < c->routes.count; i++)
		if (is_path_of(&c->routes.items[i], l->health))
			mistakes_at(notes, node_find(n, "health"),
			    "%s is also a path of routes[%zu] (%s): "
			    "handshakes go there, other requests get the "
			    "health",
			    l->health, i, c->routes.items[i].path);
}

static void note_health(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->listen.count; i++)
		if (c->listen.items[i].health)
			note_health_in_route(c, i, notes);
}

/* --- who is let in --- */

static void note_unused_auth(const struct conf *c, struct mistakes *notes)
{
	struct node *auth = node_find(c->document, "auth");

	for (size_t i = 0; i < c->auth.count; i++) {
		bool is_used = false;

		for (size_t k = 0; k < c->routes.count; k++)
			is_used |= c->routes.items[k].authenticator ==
				   &c->auth.items[i];
		if (!is_used)
			mistakes_at_key(notes, auth->children[i],
			    "no route names it: it guards nothing");
	}
}

static void note_trusted_all(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->listen.count; i++) {
		const struct conf_listen *l = &c->listen.items[i];

		for (size_t k = 0; k < l->trusted.count; k++) {
			const struct prefix *p = &l->trusted_prefixes[k];
			struct node *n = node_find(c->document, "listen");

			if (!prefix_holds_everybody(p))
				continue;
			n = node_find(n->children[i], "trusted");
			mistakes_at(notes, n->children[k],
			    "everybody is trusted to name any address as the "
			    "client's; name the proxies");
		}
	}
}

static void note_open_publishers(const struct conf *c, struct mistakes *notes)
{
	struct address a;

	if (c->backend != CONF_BACKEND_EMBEDDED || c->embedded.password_file ||
	    address_parse(&a, c->embedded.listen, NULL) < 0 ||
	    address_is_local(&a))
		return;
	mistakes_at(notes, node_find(c->document, "embedded.listen"),
	    "other machines reach this port, and without "
	    "embedded.password_file each may publish to everybody");
}

static void note_open_admin(const struct conf *c, struct mistakes *notes)
{
	struct address a;

	if (!c->admin.listen || c->admin.token_file ||
	    address_parse(&a, c->admin.listen, NULL) < 0 ||
	    address_is_local(&a))
		return;
	mistakes_at(notes, node_find(c->document, "admin.listen"),
	    "other machines reach this port, and without admin.token_file "
	    "each may see who is connected, publish and drain");
}

static void note_other_backend(const struct conf *c, struct mistakes *notes)
{
	bool is_redis = c->backend == CONF_BACKEND_REDIS;
	const char *other = is_redis ? "embedded" : "redis";
	struct node *n = node_child(c->document, other);

	if (n && n->count > 0)
		mistakes_at_key(notes, n,
		    "counts only with backend: %s; it is %s here", other,
		    is_redis ? "redis" : "embedded");
}

/* Two messages of the largest size may be published in one breath. */
static void note_small_queue(const struct conf *c, struct mistakes *notes)
{
	if (c->delivery.queue < 2 * c->limits.payload)
		mistakes_at(notes, node_find(c->document, "delivery.queue"),
		    "delivery.queue is below twice limits.payload: a burst of "
		    "large messages may end a client that reads as fast as it "
		    "can");
}

/* One may come while another is on its way to somebody. */
static void note_small_memory(const struct conf *c, struct mistakes *notes)
{
	if (c->delivery.memory < 2 * c->limits.payload)
		mistakes_at(notes, node_find(c->document, "delivery.memory"),
		    "delivery.memory is below twice limits.payload: one large "
		    "message may end clients that read as fast as they can");
}

static void note_nobody_notified_by(
    const struct conf_redis *c, struct node *n, struct mistakes *notes)
{
	if (c->on_gap == CONF_GAP_NOTIFY)
		mistakes_at(notes, node_find(n, "redis.on_gap"),
		    "nobody is notified: no route has welcome or "
		    "transports with sse");
}

/* Others would take the gateway's own words for messages. */
static void note_nobody_notified(const struct conf *c, struct mistakes *notes)
{
	for (size_t i = 0; i < c->routes.count; i++)
		if (c->routes.items[i].welcome || c->routes.items[i].has_sse)
			return;
	if (c->backend != CONF_BACKEND_REDIS)
		return;
	for (size_t i = 0; i < conf_source_count(c); i++)
		note_nobody_notified_by(
		    conf_source(c, i), conf_sources_node(c, i), notes);
}

/* --- secrets --- */

static void note_readable(
    const char *file, struct node *n, struct mistakes *notes)
{
	struct stat st;

	if (!file || stat(file, &st) < 0 || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & S_IROTH))
		return;
	mistakes_at(
	    notes, n, "%s: every user of this machine can read it", file);
}

/* A list of files, or one alone in its place. */
static void note_readable_list(
    const struct conf_strings *files, struct node *n, struct mistakes *notes)
{
	for (size_t i = 0; i < files->count; i++)
		note_readable(
		    files->items[i], n->count > 0 ? n->children[i] : n, notes);
}

static void note_readable_of_redis(
    const struct conf_redis *c, struct node *n, struct mistakes *notes)
{
	note_readable(c->tls.key, node_find(n, "redis.tls.key"), notes);
	note_readable(
	    c->sentinel.tls.key, node_find(n, "redis.sentinel.tls.key"), notes);
	note_readable(c->sentinel.password_file,
	    node_find(n, "redis.sentinel.password_file"), notes);
	note_readable(
	    c->password_file, node_find(n, "redis.password_file"), notes);
}

static void note_readable_of_listener(
    const struct conf_listen *c, struct node *n, struct mistakes *notes)
{
	struct node *more = node_find(n, "tls.certificates");

	note_readable(c->tls.key, node_find(n, "tls.key"), notes);
	note_readable(
	    c->tls.ticket_keys, node_find(n, "tls.ticket_keys"), notes);
	for (size_t i = 0; i < c->tls.certificates.count; i++)
		note_readable(c->tls.certificates.items[i].key,
		    node_find(more->children[i], "key"), notes);
}

static void note_readable_secrets(const struct conf *c, struct mistakes *notes)
{
	struct node *root = c->document;

	for (size_t i = 0; i < c->listen.count; i++)
		note_readable_of_listener(&c->listen.items[i],
		    node_find(root, "listen")->children[i], notes);
	for (size_t i = 0; i < c->auth.count; i++)
		note_readable_list(&c->auth.items[i].secret_file,
		    node_find(
			node_find(root, "auth")->children[i], "secret_file"),
		    notes);
	for (size_t i = 0; i < conf_source_count(c); i++)
		note_readable_of_redis(
		    conf_source(c, i), conf_sources_node(c, i), notes);
	note_readable(c->embedded.password_file,
	    node_find(root, "embedded.password_file"), notes);
	note_readable(
	    c->admin.token_file, node_find(root, "admin.token_file"), notes);
}

/* --- all --- */

static void (*const notes[])(const struct conf *c, struct mistakes *notes) = {
	note_open_routes,
	note_closed_streams,
	note_hidden_routes,
	note_foreign_paths,
	note_health,
	note_unused_auth,
	note_trusted_all,
	note_open_publishers,
	note_open_admin,
	note_other_backend,
	note_small_queue,
	note_small_memory,
	conf_notes_history,
	conf_notes_unused,
	note_nobody_notified,
	note_readable_secrets,
};

void conf_notes(const struct conf *c, struct buf *out)
{
	struct mistakes found = { 0 };

	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
		notes[i](c, &found);
	mistakes_print(&found, c->file, out);
	mistakes_fini(&found);
}
