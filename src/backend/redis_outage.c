/*
 * redis_outage: exponential backoff with jitter. Where the server is now shows
 * by its address only.
 */
#include "backend/redis_outage.h"

#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/ip.h"
#include "base/log.h"
#include "sys/timer.h"

enum {
	LASTING_MS = 1000, /* else it is one outage that goes on */
	TELL_MS = 60000,
};

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct redis_outage *o = arg;

	(void)fd, (void)what;
	o->options.attempt(o->options.arg);
}

void redis_outage_init(struct redis_outage *o, struct event_base *base,
    const struct redis_outage_options *options, struct metrics *metrics)
{
	*o = (struct redis_outage){ .options = *options,
		.metrics = metrics,
		.retry = timer_new(base, on_retry, o, "redis"),
		.delay_ms = options->min_ms,
		.since_ms = clock_ms() };
}

void redis_outage_fini(struct redis_outage *o)
{
	event_free(o->retry);
}

/* --- a failure --- */

/*
 * Half of the delay for certain, half by chance: gateways that lost the same
 * server do not come back in step.
 */
static int64_t next_delay(struct redis_outage *o)
{
	int64_t delay = o->delay_ms;
	uint64_t chance;

	crypto_random(&chance, sizeof chance);
	o->delay_ms =
	    delay < o->options.max_ms / 2 ? delay * 2 : o->options.max_ms;
	return delay / 2 + (int64_t)(chance % (uint64_t)(delay / 2 + 1));
}

static void count(
    const struct redis_outage *o, bool was_up, enum redis_failure_kind why)
{
	if (was_up)
		redis_tally_lost(o->metrics, o->options.connection, why);
	else
		redis_tally_failed(o->metrics, o->options.connection, why);
}

/* Some may alternate, as by the servers that are tried in turn. */
static bool is_told(const struct redis_outage *o, const char *reason)
{
	for (unsigned i = 0; i < o->told_count && i < REDIS_OUTAGE_TOLD; i++)
		if (strcmp(o->told[i], reason) == 0)
			return true;
	return false;
}

/* Whether it is to be seen; one that lasts is told of again and again. */
static bool is_worth_a_line(
    struct redis_outage *o, const char *reason, int64_t now_ms)
{
	bool is_new = !is_told(o, reason);

	if (is_new)
		memcpy(o->told[o->told_count++ % REDIS_OUTAGE_TOLD], reason,
		    sizeof o->told[0]);
	if (!is_new && now_ms - o->told_ms < TELL_MS)
		return false;
	o->told_ms = now_ms;
	return true;
}

static void tell(struct redis_outage *o, bool was_up, const char *address,
    const struct redis_failure *why, int64_t retry_ms)
{
	int64_t now_ms = clock_ms();
	bool is_seen = is_worth_a_line(o, why->reason, now_ms);

	log_at(is_seen ? LOG_WARN : LOG_DEBUG, LOG_REDIS,
	    was_up ? o->options.lost : o->options.failed,
	    kv_given("source", o->options.source), kv_str("address", address),
	    kv_str("reason", why->reason), kv_int("retry_ms", retry_ms),
	    kv_given("command", why->command), kv_given("remedy", why->remedy),
	    why->channel[0] ? kv_str("channel", why->channel) : kv_none,
	    kv_str("kind", redis_failure_label(why->kind)),
	    was_up ? kv_none : kv_int("down_ms", now_ms - o->since_ms));
}

void redis_outage_fail(struct redis_outage *o, bool was_up, const char *address,
    const struct redis_failure *why)
{
	int64_t now_ms = clock_ms();
	int64_t retry_ms;

	if (was_up && now_ms - o->up_ms >= LASTING_MS)
		o->delay_ms = o->options.min_ms;
	if (was_up)
		o->since_ms = now_ms;
	retry_ms = next_delay(o);
	count(o, was_up, why->kind);
	tell(o, was_up, address, why, retry_ms);
	timer_arm(o->retry, retry_ms, "redis");
}

/* --- when to try again --- */

bool redis_outage_awaits(const struct redis_outage *o)
{
	return event_pending(o->retry, EV_TIMEOUT, NULL) != 0;
}

void redis_outage_rest(struct redis_outage *o)
{
	(void)event_del(o->retry);
}

static bool hurry(struct redis_outage *o)
{
	if (!bucket_take(&o->hurries, REDIS_OUTAGE_HURRIES, clock_ms()))
		return false;
	timer_arm(o->retry, 0, "redis");
	return true;
}

void redis_outage_hurry(struct redis_outage *o)
{
	(void)hurry(o);
}

void redis_outage_move(struct redis_outage *o)
{
	if (hurry(o))
		o->delay_ms = o->options.min_ms;
}

void redis_outage_return(struct redis_outage *o, int64_t after_ms)
{
	o->delay_ms = o->options.min_ms;
	timer_arm(o->retry, after_ms, "redis");
}

/* --- all is well again --- */

static void tell_failover(const struct redis_outage *o,
    const struct resolve_address *before, const struct resolve_address *now)
{
	char from[IP_PORT_TEXT_MAX], to[IP_PORT_TEXT_MAX];

	resolve_print(before, from);
	resolve_print(now, to);
	log_info(LOG_REDIS, "failover: another server than before",
	    kv_given("source", o->options.source),
	    kv_str("connection", redis_tally_word(o->options.connection)),
	    kv_str("from", from), kv_str("to", to));
}

static void note_server(
    struct redis_outage *o, const struct resolve_address *server)
{
	if (server->len == 0)
		return; /* it has gone again */
	if (o->server.len > 0 && !resolve_is_same(&o->server, server)) {
		redis_tally_failover(o->metrics, o->options.connection);
		tell_failover(o, &o->server, server);
	}
	o->server = *server;
}

int64_t redis_outage_end(
    struct redis_outage *o, const struct resolve_address *server)
{
	note_server(o, server);
	o->up_ms = clock_ms();
	o->told_count = 0;
	return o->up_ms - o->since_ms;
}
