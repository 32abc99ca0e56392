/*
 * conf_redis: see conf_redis.h. As in conf_check, a mistake stands at the key
 * that was written, and names both.
 */
#include "conf/conf_redis.h"

#include <stdlib.h>

#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/url.h"

/* Its default is none where something else says where the server is. */
static void drop_url(struct conf_redis *c)
{
	free(c->url);
	c->url = NULL;
}

/* It says where the server is, alone. */
static void complete_sentinel(
    struct conf_redis *c, struct node *redis, struct mistakes *m)
{
	struct node *sentinel = node_child(redis, "sentinel");
	struct node *url = node_child(redis, "url");

	if (!sentinel)
		return;
	if (url)
		mistakes_at_key(m, url,
		    "is where one server is, and redis.sentinel says who knows "
		    "where it is: leave one of them away");
	conf_tls_check_pair(&c->tls, node_child(redis, "tls"), m);
	conf_tls_check_pair(&c->sentinel.tls, node_child(sentinel, "tls"), m);
	if (conf_has_sentinel(c))
		drop_url(c);
}

/* So does this, and for every slot by itself: only its master will do. */
static void check_cluster(
    const struct conf_redis *c, struct node *redis, struct mistakes *m)
{
	struct node *url = node_child(redis, "url");
	struct node *sentinel = node_child(redis, "sentinel");
	struct node *role = node_child(redis, "role");

	if (url)
		mistakes_at_key(m, url,
		    "is where one server is, and redis.cluster names nodes of "
		    "many: leave one of them away");
	if (sentinel)
		mistakes_at_key(m, sentinel,
		    "watches over one master, and redis.cluster has its own "
		    "way to find its masters: leave one of them away");
	if (role && c->role == CONF_ROLE_ANY)
		mistakes_at(m, role,
		    "any is for one server: in a cluster roomcast is with "
		    "masters only");
}

static void complete_cluster(
    struct conf_redis *c, struct node *redis, struct mistakes *m)
{
	if (!node_child(redis, "cluster"))
		return;
	check_cluster(c, redis, m);
	conf_tls_check_pair(&c->tls, node_child(redis, "tls"), m);
	if (conf_has_cluster(c))
		drop_url(c);
}

static void complete_tls(
    struct conf_redis *c, struct node *n, struct mistakes *m)
{
	struct node *redis = node_child(n, "redis");
	struct node *at = redis ? node_child(redis, "tls") : NULL;
	static const struct conf_tls_url url = { "redis.url", "rediss://",
		"redis://" };

	if (!c->url || node_find(n, "redis.url")->has_mistake ||
	    (at && at->has_mistake))
		return;
	conf_tls_complete(&c->tls, at, url_is_tls(c->url), &url, m);
}

static void check_values(
    const struct conf_redis *c, struct node *n, struct mistakes *m)
{
	if (c->reconnect_min_ms > c->reconnect_max_ms)
		mistakes_at(m, node_find(n, "redis.reconnect.min"),
		    "redis.reconnect.min is above redis.reconnect.max");
	if (c->url && c->password_file && url_has_password(c->url))
		mistakes_at(m, node_find(n, "redis.password_file"),
		    "redis.url holds a password as well");
}

void conf_redis_print_place(const struct conf_redis *c, struct buf *out)
{
	if (conf_has_sentinel(c))
		buf_printf(out, "%s of sentinel %s", c->sentinel.master,
		    c->sentinel.addresses.items[0]);
	else if (conf_has_cluster(c))
		buf_printf(out, "cluster of %s", c->cluster.addresses.items[0]);
	else
		url_print_masked(c->url, out);
}

void conf_redis_complete(
    struct conf_redis *c, struct node *n, struct mistakes *m)
{
	struct node *redis = node_child(n, "redis");

	if (redis) {
		complete_sentinel(c, redis, m);
		complete_cluster(c, redis, m);
	}
	complete_tls(c, n, m);
	check_values(c, n, m);
}
