/*
 * conf_redis: one source of payloads, a Redis server: how it is reached and
 * what its loss means, and what goes beyond its rows.
 */
#ifndef CONF_CONF_REDIS_H
#define CONF_CONF_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "conf/conf_strings.h"
#include "conf/conf_tls.h"

struct mistakes;
struct node;

enum conf_role { CONF_ROLE_MASTER, CONF_ROLE_ANY };
enum conf_gap { CONF_GAP_IGNORE, CONF_GAP_NOTIFY, CONF_GAP_CLOSE };

/* Who knows where a Redis server is; there are none without addresses. */
struct conf_sentinel {
	char *master;
	struct conf_strings addresses; /* host:port */
	char *username;                /* of theirs; NULL when not given */
	char *password_file;           /* NULL when not given */
	struct conf_tls tls;
};

/* Nodes of a cluster that know the others; none: it is no cluster. */
struct conf_cluster {
	struct conf_strings addresses; /* host:port */
	bool is_sharded; /* rooms are subscribed where their slots are */
};

struct conf_redis {
	/*
	 * redis[s]://[user[:password]@]host[:port][/db] or unix:///path; may
	 * hold a password
	 */
	char *url;           /* NULL with sentinel, and with cluster */
	char *username;      /* NULL when not given */
	char *password_file; /* NULL when not given */
	struct conf_tls tls; /* on with rediss:// */
	struct conf_sentinel sentinel;
	struct conf_cluster cluster;
	int64_t reconnect_min_ms, reconnect_max_ms;
	int64_t heartbeat_ms;
	enum conf_gap on_gap;
	enum conf_role role;
	/* What operators know it as: sources[N], or "" where there is one. */
	char name[32];
};

/* Whether sentinels say where the server is, in place of redis.url. */
static inline bool conf_has_sentinel(const struct conf_redis *c)
{
	return c->sentinel.master != NULL;
}

/* Whether the nodes of a cluster say where what is, in place of redis.url. */
static inline bool conf_has_cluster(const struct conf_redis *c)
{
	return c->cluster.addresses.count > 0;
}

/* What log lines call it; NULL: there is one. */
static inline const char *conf_redis_name(const struct conf_redis *c)
{
	return c->name[0] ? c->name : NULL;
}

/* Append where it is, as it is configured, with no password. */
void conf_redis_print_place(const struct conf_redis *c, struct buf *out);

/*
 * Complete c, which is filled from the key `redis` of the map n: what depends
 * on how its server is found. What is wrong with one key beside another goes
 * to m.
 */
void conf_redis_complete(
    struct conf_redis *c, struct node *n, struct mistakes *m);

#endif
