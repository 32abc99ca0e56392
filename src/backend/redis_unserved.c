/* redis_unserved: see the header. */
#include "backend/redis_unserved.h"

#include "backend/redis_tally.h"
#include "base/clock.h"
#include "base/log.h"

enum { TELL_MS = 60000 };

static const struct {
	const char *event, *remedy;
} words[] = {
	{ "no master of the cluster serves the slots of rooms",
	    "wait for a failover, or see CLUSTER SHARDS at a node" },
	{ "rooms are at more masters than a gateway connects to",
	    "let rooms share slots by {tags}, or the cluster have fewer "
	    "masters" },
};

/* It goes on: whether that is to be told now. */
static bool is_due(struct redis_unserved *u, int64_t now_ms)
{
	u->since_ms = u->since_ms ? u->since_ms : now_ms;
	if (u->told_ms != 0 && now_ms - u->told_ms < TELL_MS)
		return false;
	u->told_ms = now_ms;
	return true;
}

static void tell(
    struct redis_unserved *u, size_t rooms, bool is_full, int64_t now_ms)
{
	if (!is_due(u, now_ms))
		return;
	log_warn(LOG_REDIS, words[is_full].event, kv_given("source", u->source),
	    kv_int("rooms", (int64_t)rooms),
	    kv_str("remedy", words[is_full].remedy),
	    kv_int("down_ms", now_ms - u->since_ms));
}

static void end(struct redis_unserved *u, int64_t now_ms)
{
	log_info(LOG_REDIS, "the slots of all rooms are served again",
	    kv_given("source", u->source),
	    kv_int("down_ms", now_ms - u->since_ms));
	u->since_ms = u->told_ms = 0;
}

void redis_unserved_note(struct redis_unserved *u, size_t rooms, bool is_full)
{
	int64_t now_ms = clock_ms();

	if (rooms > 0) {
		redis_tally_failed(
		    u->metrics, REDIS_CONNECTION_SHARD, REDIS_FAILURE_RESOLVE);
		tell(u, rooms, is_full, now_ms);
	} else if (u->since_ms != 0) {
		end(u, now_ms);
	}
}

void redis_unserved_fail(
    struct redis_unserved *u, const struct redis_failure *why)
{
	int64_t now_ms = clock_ms();

	redis_tally_failed(u->metrics, REDIS_CONNECTION_SHARD, why->kind);
	if (!is_due(u, now_ms))
		return;
	log_warn(LOG_REDIS, "where the rooms of a cluster are is not known",
	    kv_given("source", u->source), kv_str("reason", why->reason),
	    kv_given("command", why->command), kv_given("remedy", why->remedy),
	    kv_str("kind", redis_failure_label(why->kind)),
	    kv_int("down_ms", now_ms - u->since_ms));
}
