/*
 * conf_check: see conf_check.h. A mistake stands at the key that was written:
 * where one of two is a default, node_find gives the place of the nearest map
 * above it, so messages name both keys.
 */
#include "conf/conf_check.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/slice.h"
#include "base/suggest.h"
#include "conf/conf.h"
#include "conf/conf_channels.h"
#include "conf/conf_check_events.h"
#include "conf/conf_sources.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/* An address and what to call it. */
struct place {
	const char *name;
	const char *text; /* NULL: there is none */
};

static bool is_clash(const struct place *x, const struct place *y,
    const struct place **wide, const char **wildcard)
{
	struct address a, b;

	*wide = NULL;
	if (!x->text || !y->text || address_parse(&a, x->text, NULL) < 0 ||
	    address_parse(&b, y->text, NULL) < 0)
		return false;
	if (address_is_same(&a, &b))
		return true;
	*wide = address_covers(&a, &b) ? x : address_covers(&b, &a) ? y : NULL;
	*wildcard = address_wildcard(*wide == x ? &a : &b);
	return *wide != NULL;
}

/* Refuse at n the address x when y leaves no room for it. */
static bool refuse_clash(const struct place *x, const struct place *y,
    struct node *n, struct mistakes *m)
{
	const struct place *wide;
	const char *wildcard;

	if (!is_clash(x, y, &wide, &wildcard))
		return false;
	if (wide)
		mistakes_at(m, n,
		    "%s and %s clash: %s takes its port on %s of this machine",
		    x->name, y->name, wide->text, wildcard);
	else
		mistakes_at(
		    m, n, "%s and %s have the same address", x->name, y->name);
	return true;
}

/* Refuse an address that clashes with one of the first count listeners. */
static void check_listener(const struct conf *c, size_t count,
    const struct place *x, struct node *n, struct mistakes *m)
{
	for (size_t i = 0; i < count; i++) {
		char name[32];
		const struct place y = { name, c->listen.items[i].address };

		(void)snprintf(name, sizeof name, "listen[%zu]", i);
		if (refuse_clash(x, &y, n, m))
			return;
	}
}

static void check_addresses(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	const struct place admin = { "admin.listen", c->admin.listen };
	const struct place embedded = { "embedded.listen", c->embedded.listen };
	struct node *listen = node_find(root, "listen");
	struct node *at_admin = node_find(root, "admin.listen");
	size_t count = c->listen.count;

	for (size_t i = 0; i < count && listen->count == count; i++) {
		const struct place x = { "this", c->listen.items[i].address };

		check_listener(
		    c, i, &x, node_find(listen->children[i], "address"), m);
	}
	check_listener(c, count, &admin, at_admin, m);
	if (c->backend != CONF_BACKEND_EMBEDDED)
		return;
	check_listener(
	    c, count, &embedded, node_find(root, "embedded.listen"), m);
	(void)refuse_clash(&admin, &embedded, at_admin, m);
}

/* One that could be another's, or that of a room, would be ambiguous. */
static void check_channels(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct conf_channel all[CONF_CHANNELS];
	/* Where the mark is not used its default is no mistake. */
	size_t count = CONF_CHANNELS - !conf_goes_by_marks(c);

	conf_channels_list(c, all);
	for (size_t i = 0; i < count; i++) {
		struct node *n = node_find(root, all[i].key);
		const char *channel = all[i].name;

		if (conf_channels_is_room(c, channel))
			mistakes_at(m, n,
			    "%s must not begin with channels.room_prefix",
			    all[i].key);
		for (size_t k = 0; k < i; k++)
			if (channel[0] && !strcmp(channel, all[k].name))
				mistakes_at(m, n, "%s and %s are the same",
				    all[k].key, all[i].key);
	}
	if (!c->channels.send[0] && !c->channels.broadcast[0] &&
	    !c->channels.room_prefix[0])
		mistakes_at(m, node_find(root, "channels"),
		    "send, broadcast and room_prefix are all off: nothing "
		    "could be published");
}

static void check_routes(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *routes = node_find(root, "routes");

	for (size_t i = 0; i < c->routes.count; i++) {
		const struct pattern *p = &c->routes.items[i].pattern;

		for (size_t k = 0; p->text && k < i; k++) {
			if (!pattern_is_same(&c->routes.items[k].pattern, p))
				continue;
			mistakes_at(m, node_find(routes->children[i], "path"),
			    "matches the same paths as routes[%zu]", k);
			break;
		}
	}
}

static bool is_literal(const struct template *t)
{
	return t->part_count == 1 && t->parts[0].source == TEMPLATE_LITERAL;
}

/* Whether the template could come to this name; in doubt, yes. */
static bool may_be(const struct template *t, const char *name)
{
	const struct template_part *first = &t->parts[0];

	if (is_literal(t))
		return strcmp(t->text, name) == 0;
	return first->source != TEMPLATE_LITERAL ||
	       slice_starts_with(slice_str(name), first->name);
}

/* Whether the room is none of the fixed ones above it, whoever asks. */
static bool is_new(const struct conf_route *r, size_t index)
{
	const struct template *t = &r->templates[index];

	if (t->part_count == 0) /* it has a mistake of its own */
		return false;
	for (size_t i = 0; i < index; i++)
		if (is_literal(&r->templates[i]) &&
		    may_be(t, r->templates[i].text))
			return false;
	return true;
}

/* Whatever a client asks for, it is in the fixed rooms: one more is refused. */
static void check_room_count(const struct conf_route *r, size_t max,
    struct node *rooms, struct mistakes *m)
{
	size_t fixed = 0;

	if (r->rooms.count <= max)
		return;
	for (size_t i = 0; r->templates && i < r->rooms.count; i++) {
		if (!is_new(r, i))
			continue;
		if (fixed == max) {
			mistakes_at(m, rooms->children[i],
			    "limits.rooms_per_connection is %zu: every "
			    "handshake would be refused",
			    max);
			return;
		}
		fixed += is_literal(&r->templates[i]);
	}
}

static void check_room_counts(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *routes = node_find(root, "routes");

	for (size_t i = 0; i < c->routes.count; i++)
		check_room_count(&c->routes.items[i],
		    c->limits.rooms_per_connection,
		    node_find(routes->children[i], "rooms"), m);
}

static void sum_up_routes(struct conf *c)
{
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_route *r = &c->routes.items[i];

		c->has_sse = c->has_sse || r->has_sse;
		c->refuses_by_close =
		    c->refuses_by_close || r->refuse == CONF_REFUSE_CLOSE;
	}
}

static const struct conf_auth *find_auth(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->auth.count; i++)
		if (!strcmp(c->auth.items[i].name, name))
			return &c->auth.items[i];
	return NULL;
}

static void refuse_auth(
    const struct conf *c, const char *name, struct node *n, struct mistakes *m)
{
	struct suggest s = suggest_begin(slice_str(name));

	suggest_offer(&s, "none");
	for (size_t i = 0; i < c->auth.count; i++)
		suggest_offer(&s, c->auth.items[i].name);
	mistakes_at(m, n, "there is no authenticator of this name%s%s%s",
	    s.best ? "; did you mean " : "", s.best ? s.best : "",
	    s.best ? "?" : "");
}

/* Whoever has a part of c for longer has a reference to all of it. */
static void link_parts(struct conf *c)
{
	for (size_t i = 0; i < c->auth.count; i++) {
		c->auth.items[i].conf = c;
		c->auth.items[i].index = i;
	}
	for (size_t i = 0; i < c->routes.count; i++)
		c->routes.items[i].conf = c;
}

/* One that is written wrong was meant to be there. */
static bool asks_for_certificates(const struct conf *c, struct node *root)
{
	struct node *listen = node_child(root, "listen");

	for (size_t i = 0; i < c->listen.count; i++)
		if (c->listen.items[i].tls.client_ca)
			return true;
	for (size_t i = 0; listen && i < listen->count; i++)
		if (node_find(listen->children[i], "tls.client_ca")
			->has_mistake)
			return true;
	return false;
}

/* A certificate that nobody is asked for admits nobody. */
static void check_certificates(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *routes = node_find(root, "routes");

	if (asks_for_certificates(c, root))
		return;
	for (size_t i = 0; i < c->routes.count; i++) {
		const struct conf_auth *auth = c->routes.items[i].authenticator;

		if (auth && auth->type == CONF_AUTH_CERTIFICATE)
			mistakes_at(m, node_find(routes->children[i], "auth"),
			    "%s goes by clients' certificates, and no listener "
			    "asks for them: set tls.client_ca of one",
			    auth->name);
	}
}

/* Routes may stand above the authenticators that they name. */
static void link_routes(struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *auth = node_child(root, "auth");
	struct node *routes = node_find(root, "routes");

	if (auth && auth->has_mistake)
		return;
	for (size_t i = 0; i < c->routes.count; i++) {
		struct conf_route *r = &c->routes.items[i];

		r->authenticator = find_auth(c, r->auth);
		if (!r->authenticator && strcmp(r->auth, "none") != 0)
			refuse_auth(c, r->auth,
			    node_find(routes->children[i], "auth"), m);
	}
}

static void check_claims(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *routes = node_find(root, "routes");

	for (size_t i = 0; i < c->routes.count; i++)
		conf_route_check_claims(
		    &c->routes.items[i], routes->children[i], m);
}

static void check_without_history(
    const struct conf_route *route, struct node *n, struct mistakes *m)
{
	if (route->resume_ms > 0)
		mistakes_at(m, node_find(n, "resume"),
		    "needs history: without it nothing is kept that could be "
		    "missed");
	if (route->history > 0)
		mistakes_at(m, node_find(n, "history"),
		    "needs history at the top level: without it nothing is "
		    "kept");
}

/* Its nodes have no order of all that is PUBLISHed: see conf_goes_by_marks. */
static void check_cluster_history(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	if (conf_goes_by_marks(c) && conf_has_cluster(conf_source(c, 0)))
		mistakes_at_key(m, node_child(root, "history"),
		    "needs history.stream with redis.cluster: instances do not "
		    "hear what is PUBLISHed in a cluster in one order");
}

static void check_history(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *routes = node_find(root, "routes");

	check_cluster_history(c, root, m);
	if (!c->history.is_on &&
	    c->delivery.slow_consumer == CONF_SLOW_CATCH_UP)
		mistakes_at(m, node_find(root, "delivery.slow_consumer"),
		    "catch_up needs history: without it nothing is kept that "
		    "could be caught up with");
	for (size_t i = 0; i < c->routes.count && !c->history.is_on; i++)
		check_without_history(
		    &c->routes.items[i], routes->children[i], m);
}

void conf_check(struct conf *c, struct node *root, struct mistakes *m)
{
	check_addresses(c, root, m);
	conf_access_complete(
	    &c->admin.access, c->admin.listen, node_find(root, "admin"), m);
	conf_access_complete(&c->embedded.access, c->embedded.listen,
	    node_find(root, "embedded"), m);
	check_channels(c, root, m);
	conf_redis_complete(&c->redis, root, m);
	conf_sources_check(c, root, m);
	check_routes(c, root, m);
	check_room_counts(c, root, m);
	sum_up_routes(c);
	check_history(c, root, m);
	conf_check_events(c, root, m);
	link_parts(c);
	link_routes(c, root, m);
	check_certificates(c, root, m);
	check_claims(c, root, m);
}
