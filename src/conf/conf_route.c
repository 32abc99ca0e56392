/*
 * conf_route: see conf_route.h. A route is only completed as far as its keys
 * are fine: a template cannot be judged without its path.
 */
#include "conf/conf_route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/conf_auth.h"
#include "conf/conf_origin.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "proto/origin.h"

static bool compile_path(
    struct conf_route *route, struct node *n, struct mistakes *m)
{
	struct err e;

	if (!route->path)
		return false;
	if (pattern_compile(&route->pattern, route->path, &e) == 0)
		return true;
	mistakes_at(m, node_find(n, "path"), "%s", e.text);
	return false;
}

static bool has_auth(const struct conf_route *route)
{
	return strcmp(route->auth, "none") != 0;
}

/* Without an authenticator nobody says who the client is. */
static void check_sources(
    const struct template *t, struct node *n, struct mistakes *m)
{
	for (size_t i = 0; i < t->part_count; i++) {
		bool is_user = t->parts[i].source == TEMPLATE_USER;

		if (!is_user && t->parts[i].source != TEMPLATE_CLAIM)
			continue;
		mistakes_at(m, n, "%s needs a route with auth, not none",
		    is_user ? "{user}" : "{claim.NAME}");
		return;
	}
}

static bool has_query(const struct template *t, const char *name)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].source == TEMPLATE_QUERY &&
		    slice_eq(t->parts[i].name, slice_str(name)))
			return true;
	return false;
}

/* Where clients resume, the gateway itself reads these parameters. */
static void check_query(struct conf_route *route, const struct template *t,
    struct node *n, struct mistakes *m)
{
	static const struct {
		const char *name, *meaning;
	} rows[] = {
		{ "since", "the cursor" },
		{ "was", "what a client was called" },
		{ "history", "how many messages come first" },
	};

	route->takes_since |= has_query(t, "since");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (route->resume_ms > 0 && has_query(t, rows[i].name))
			mistakes_at(m, n,
			    "{query.%s} is %s on a route with resume: give "
			    "the parameter another name",
			    rows[i].name, rows[i].meaning);
	if (route->history > 0 && route->resume_ms == 0 &&
	    has_query(t, "history"))
		mistakes_at(m, n,
		    "{query.history} is how many messages come first on a "
		    "route with history: give the parameter another name");
}

static void compile_room(
    struct conf_route *route, size_t index, struct node *n, struct mistakes *m)
{
	struct template *t = &route->templates[index];
	struct err e;

	if (template_compile(
		t, route->rooms.items[index], &route->pattern, &e) < 0) {
		mistakes_at(m, n, "%s", e.text);
		return;
	}
	check_query(route, t, n, m);
	if (!has_auth(route))
		check_sources(t, n, m);
}

static void compile_rooms(
    struct conf_route *route, struct node *n, struct mistakes *m)
{
	size_t count = route->rooms.count;
	struct node *rooms = node_find(n, "rooms");

	if (!compile_path(route, n, m) || count == 0)
		return;
	route->templates = xcalloc(count, sizeof *route->templates);
	for (size_t i = 0; i < count; i++)
		if (route->rooms.items[i])
			compile_room(route, i, rooms->children[i], m);
}

static void compile_origins(
    struct conf_route *route, struct node *n, struct mistakes *m)
{
	size_t count = route->origins.count;
	struct node *origins = node_find(n, "origins");

	if (count == 0)
		return;
	route->origin_patterns = xcalloc(count, sizeof *route->origin_patterns);
	for (size_t i = 0; i < count; i++) {
		const char *text = route->origins.items[i];
		struct err e;

		if (text &&
		    conf_origin_parse(&route->origin_patterns[i], text, &e) < 0)
			mistakes_at(m, origins->children[i], "%s", e.text);
		if (text && !strcmp(text, CONF_ORIGIN_ALL))
			route->takes_all_origins = true;
	}
}

static void read_transports(struct conf_route *route)
{
	for (size_t i = 0; i < route->transports.count; i++) {
		const char *text = route->transports.items[i];

		if (text && !strcmp(text, CONF_WEBSOCKET))
			route->has_websocket = true;
		else if (text)
			route->has_sse = true;
	}
}

void conf_route_complete(void *item, struct node *n, struct mistakes *m)
{
	struct conf_route *route = item;

	compile_rooms(route, n, m);
	compile_origins(route, n, m);
	read_transports(route);
	if (route->permit && !has_auth(route))
		mistakes_at(m, node_find(n, "permit"),
		    "needs a route with auth, not none: nobody else has "
		    "claims");
}

/* Returns false, with a mistake at n, when nobody has the claim. */
static bool check_claim(const struct conf_route *route, struct slice claim,
    struct node *n, struct mistakes *m)
{
	if (conf_auth_may_claim(route->authenticator, claim))
		return true;
	mistakes_at(m, n,
	    "certificates have no claim %.*s: take cn, o, ou, dns, email or "
	    "uri",
	    (int)claim.len, claim.ptr);
	return false;
}

static void check_claims_of_room(const struct conf_route *route,
    const struct template *t, struct node *n, struct mistakes *m)
{
	for (size_t i = 0; i < t->part_count; i++)
		if (t->parts[i].source == TEMPLATE_CLAIM &&
		    !check_claim(route, t->parts[i].name, n, m))
			return;
}

bool conf_route_has_choice(const struct conf_route *route)
{
	for (size_t i = 0; route->templates && i < route->rooms.count; i++)
		if (template_has_choice(&route->templates[i]))
			return true;
	return false;
}

void conf_route_check_claims(
    const struct conf_route *route, struct node *n, struct mistakes *m)
{
	struct slice prefix = slice_str("claim.");
	struct node *rooms = node_find(n, "rooms");

	if (!route->authenticator)
		return;
	for (size_t i = 0; route->templates && i < route->rooms.count; i++)
		check_claims_of_room(
		    route, &route->templates[i], rooms->children[i], m);
	if (route->permit && conf_route_has_choice(route))
		(void)check_claim(route,
		    slice_after(slice_str(route->permit), prefix.len),
		    node_find(n, "permit"), m);
}

void conf_route_fini(void *item)
{
	struct conf_route *route = item;

	pattern_fini(&route->pattern);
	for (size_t i = 0; route->templates && i < route->rooms.count; i++)
		template_fini(&route->templates[i]);
	free(route->templates);
	route->templates = NULL;
	free(route->origin_patterns);
	route->origin_patterns = NULL;
}
