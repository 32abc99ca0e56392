/* conf_sources: see conf_sources.h. */
#include "conf/conf_sources.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/url.h"

void conf_sources_complete(void *item, struct node *n, struct mistakes *m)
{
	conf_redis_complete(item, n, m);
}

struct node *conf_sources_node(const struct conf *c, size_t index)
{
	struct node *n = c->document;

	return c->sources.count > 0 ? node_find(n, "sources")->children[index]
				    : n;
}

static bool is_same_url(const char *a, const char *b)
{
	struct url x, y;

	return url_parse_redis(&x, a, NULL) == 0 &&
	       url_parse_redis(&y, b, NULL) == 0 &&
	       address_is_same(&x.address, &y.address);
}

static bool has_common(
    const struct conf_strings *a, const struct conf_strings *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (a->items[i] && b->items[k] &&
			    !strcmp(a->items[i], b->items[k]))
				return true;
	return false;
}

/* What is PUBLISHed at one node of a cluster comes to all of them. */
static bool is_node(const char *url, const struct conf_strings *cluster)
{
	struct address node;
	struct url u;

	if (!url || url_parse_redis(&u, url, NULL) < 0)
		return false;
	for (size_t i = 0; i < cluster->count; i++)
		if (cluster->items[i] &&
		    address_parse(&node, cluster->items[i], NULL) == 0 &&
		    address_is_same(&u.address, &node))
			return true;
	return false;
}

static bool is_same_by_sentinel(
    const struct conf_sentinel *a, const struct conf_sentinel *b)
{
	return a->master && b->master && !strcmp(a->master, b->master) &&
	       has_common(&a->addresses, &b->addresses);
}

/* As far as it can be known by what is written. */
static bool is_same(const struct conf_redis *a, const struct conf_redis *b)
{
	if (a->url && b->url)
		return is_same_url(a->url, b->url);
	return is_same_by_sentinel(&a->sentinel, &b->sentinel) ||
	       has_common(&a->cluster.addresses, &b->cluster.addresses) ||
	       is_node(a->url, &b->cluster.addresses) ||
	       is_node(b->url, &a->cluster.addresses);
}

/* Refuse the last of the first count of them when it is there already. */
static void refuse_twice(const struct conf *c, size_t count,
    struct node *sources, struct mistakes *m)
{
	size_t last = count - 1;
	struct node *n = node_find(sources->children[last], "redis.url");

	for (size_t i = 0; i < last && !n->has_mistake; i++)
		if (is_same(&c->sources.items[i], &c->sources.items[last]))
			mistakes_at(m, n,
			    "is the same server as that of sources[%zu], and "
			    "what is published there would come twice: leave "
			    "one of them away",
			    i);
}

static void check_beside(
    const struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *sources = node_child(root, "sources");

	if (node_child(root, "redis"))
		mistakes_at_key(m, sources,
		    "are several servers, and redis is one: leave one of them "
		    "away");
	if (c->backend != CONF_BACKEND_REDIS)
		mistakes_at_key(
		    m, sources, "need backend: redis; it is embedded here");
	if (c->history.is_on && c->sources.count > 1)
		mistakes_at_key(m, node_child(root, "history"),
		    "needs a single server: what several sources bring has no "
		    "order that all instances know; leave history away, or "
		    "all sources but one");
}

static void name_all(struct conf *c)
{
	for (size_t i = 0; c->sources.count > 1 && i < c->sources.count; i++)
		(void)snprintf(c->sources.items[i].name,
		    sizeof c->sources.items[i].name, "sources[%zu]", i);
}

void conf_sources_check(struct conf *c, struct node *root, struct mistakes *m)
{
	struct node *sources = node_child(root, "sources");

	if (!sources)
		return;
	check_beside(c, root, m);
	for (size_t i = 0; i < c->sources.count; i++)
		refuse_twice(c, i + 1, sources, m);
	name_all(c);
}
