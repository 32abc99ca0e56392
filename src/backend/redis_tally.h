/*
 * redis_tally: what operators see of a source in /metrics: which place it is,
 * what its server says that it is, and why its connections are lost. A source
 * is what one `redis` of the configuration names: a server, or several that
 * stand in for each other. Main thread.
 */
#ifndef BACKEND_REDIS_TALLY_H
#define BACKEND_REDIS_TALLY_H

#include <stdbool.h>

#include "backend/redis_failure.h"

struct conf_redis;
struct metrics;

/* What a connection is for. */
enum redis_connection {
	REDIS_CONNECTION_SUBSCRIPTION,
	REDIS_CONNECTION_STREAM,
	REDIS_CONNECTION_SHARD, /* of a cluster, for rooms of their own */
	REDIS_CONNECTION_PRESENCE,
	REDIS_CONNECTION_EVENTS, /* by which the app is told of events */
	REDIS_CONNECTION_HEARTBEAT,
};

/* The word for it in metrics, and in the log. A literal. */
const char *redis_tally_word(enum redis_connection connection);

/* What a server may say that it is. */
enum redis_role_said {
	REDIS_ROLE_UNKNOWN,
	REDIS_ROLE_MASTER,
	REDIS_ROLE_REPLICA,
};

/*
 * The block of one more source, which is down: as metrics_source_new. shown is
 * what the server is called before anybody has asked where it is.
 */
struct metrics *redis_tally_new(
    struct metrics *main, const struct conf_redis *conf, const char *shown);

/* The source is up, or is not. */
void redis_tally_up(struct metrics *source, bool is_up);

/* source may be NULL: nobody wants to know. */
void redis_tally_role(struct metrics *source, enum redis_role_said role);

/* It has come up at another server than before; not that of the heartbeat. */
void redis_tally_failover(
    struct metrics *source, enum redis_connection connection);

/* A connection that was in use is lost; or one has not come into use. */
void redis_tally_lost(struct metrics *source, enum redis_connection connection,
    enum redis_failure_kind why);
void redis_tally_failed(struct metrics *source,
    enum redis_connection connection, enum redis_failure_kind why);

#endif
