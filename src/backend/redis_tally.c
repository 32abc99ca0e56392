#include "backend/redis_tally.h"

#include "base/clock.h"
#include "conf/conf_redis.h"
#include "core/metrics.h"
#include "core/metrics_text.h"

/* --- which place --- */

/* Several addresses that stand for one source. */
static void put_addresses(
    const char *kind, const struct conf_strings *addresses, struct buf *labels)
{
	struct buf all = { 0 };

	for (size_t i = 0; i < addresses->count; i++)
		buf_printf(&all, "%s%s", i > 0 ? "," : "", addresses->items[i]);
	buf_putn(&all, "", 1);
	metrics_put_label(labels, "kind", kind);
	metrics_put_label(labels, "address", all.data);
	buf_fini(&all);
}

static void put_place(
    const struct conf_redis *conf, const char *shown, struct buf *labels)
{
	if (conf_has_cluster(conf)) {
		put_addresses("cluster", &conf->cluster.addresses, labels);
	} else if (conf_has_sentinel(conf)) {
		put_addresses("sentinel", &conf->sentinel.addresses, labels);
		metrics_put_label(labels, "master", conf->sentinel.master);
	} else {
		metrics_put_label(labels, "kind", "url");
		metrics_put_label(labels, "address", shown);
	}
}

static void note_change(struct metrics *source)
{
	metrics_set(source, METRIC_SOURCE_CHANGED, (uint64_t)clock_wall_ms());
}

struct metrics *redis_tally_new(
    struct metrics *main, const struct conf_redis *conf, const char *shown)
{
	struct buf labels = { 0 };
	struct metrics *m;

	put_place(conf, shown, &labels);
	buf_putn(&labels, "", 1);
	m = metrics_source_new(main, labels.data);
	buf_fini(&labels);
	metrics_set(m, METRIC_SOURCE_INFO, 1);
	metrics_set(m, METRIC_SOURCE_HEARTBEAT_AGE, (uint64_t)clock_ms());
	note_change(m);
	redis_tally_up(m, false);
	redis_tally_role(m, REDIS_ROLE_UNKNOWN);
	return m;
}

/* --- how it is --- */

void redis_tally_up(struct metrics *source, bool is_up)
{
	if (metrics_value(source, METRIC_SOURCE_UP) != is_up)
		note_change(source);
	metrics_set(source, METRIC_SOURCE_UP, is_up);
	metrics_run(source, METRIC_SOURCE_DOWN, !is_up);
}

void redis_tally_role(struct metrics *source, enum redis_role_said role)
{
	if (!source)
		return;
	metrics_set(
	    source, METRIC_SOURCE_ROLE_MASTER, role == REDIS_ROLE_MASTER);
	metrics_set(
	    source, METRIC_SOURCE_ROLE_REPLICA, role == REDIS_ROLE_REPLICA);
	metrics_set(
	    source, METRIC_SOURCE_ROLE_UNKNOWN, role == REDIS_ROLE_UNKNOWN);
}

/* --- its connections --- */

/*
 * How each is counted: lost and failed are the first of as many as there are
 * kinds of failure, in their order.
 */
static const struct {
	const char *word;
	enum metric failovers, lost, failed;
} rows[] = {
	[REDIS_CONNECTION_SUBSCRIPTION] = { "subscription",
	    METRIC_SOURCE_FAILOVERS_SUBSCRIPTION,
	    METRIC_SOURCE_LOST_SUBSCRIPTION_CLOSED,
	    METRIC_SOURCE_FAILED_SUBSCRIPTION_CLOSED },
	[REDIS_CONNECTION_STREAM] = { "stream", METRIC_SOURCE_FAILOVERS_STREAM,
	    METRIC_SOURCE_LOST_STREAM_CLOSED,
	    METRIC_SOURCE_FAILED_STREAM_CLOSED },
	[REDIS_CONNECTION_SHARD] = { "shard", METRIC_SOURCE_FAILOVERS_SHARD,
	    METRIC_SOURCE_LOST_SHARD_CLOSED,
	    METRIC_SOURCE_FAILED_SHARD_CLOSED },
	[REDIS_CONNECTION_PRESENCE] = { "presence",
	    METRIC_SOURCE_FAILOVERS_PRESENCE,
	    METRIC_SOURCE_LOST_PRESENCE_CLOSED,
	    METRIC_SOURCE_FAILED_PRESENCE_CLOSED },
	[REDIS_CONNECTION_EVENTS] = { "events", METRIC_SOURCE_FAILOVERS_EVENTS,
	    METRIC_SOURCE_LOST_EVENTS_CLOSED,
	    METRIC_SOURCE_FAILED_EVENTS_CLOSED },
	[REDIS_CONNECTION_HEARTBEAT] = { "heartbeat",
	    .lost = METRIC_SOURCE_LOST_HEARTBEAT_CLOSED },
};

_Static_assert(REDIS_FAILURE_CLOSED == 0, "the first kind");

const char *redis_tally_word(enum redis_connection connection)
{
	return rows[connection].word;
}

void redis_tally_failover(
    struct metrics *source, enum redis_connection connection)
{
	metrics_inc(source, rows[connection].failovers);
}

void redis_tally_lost(struct metrics *source, enum redis_connection connection,
    enum redis_failure_kind why)
{
	metrics_inc(source, rows[connection].lost + (int)why);
}

void redis_tally_failed(struct metrics *source,
    enum redis_connection connection, enum redis_failure_kind why)
{
	metrics_inc(source, rows[connection].failed + (int)why);
}
