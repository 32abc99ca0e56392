/*
 * embedded_pool: with a password, the places are for those who know it; see
 * embedded_strangers.
 */
#include "backend/embedded_pool.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/metrics.h"

enum {
	QUEUED_EXTRA = 16 << 20, /* in a transaction, over a payload */
	QUEUED_SHARE = 4, /* so many of the longest transactions at once */
};

static void refuse_connection(
    struct embedded_pool *pool, int fd, const char *address)
{
	static const char text[] = "-ERR max number of clients reached\r\n";

	metrics_inc(pool->shared.metrics, METRIC_PUBLISHERS_REFUSED_FULL);
	if (reached_is_news(&pool->full, clock_ms()))
		log_warn(LOG_EMBEDDED, "too many publishers: refusing more",
		    kv_str("address", address),
		    kv_int("publishers", EMBEDDED_PUBLISHERS_MAX));
	(void)send(fd, text, sizeof text - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)close(fd);
}

static void turn_away(struct stranger *stranger, enum stranger_fate fate)
{
	struct publisher *p =
	    container_of(stranger, struct publisher, stranger);
	bool is_late = fate == STRANGER_LATE;

	metrics_inc(p->shared->metrics, is_late
					    ? METRIC_PUBLISHERS_REFUSED_LATE
					    : METRIC_PUBLISHERS_REFUSED_PUSHED);
	log_warn(LOG_EMBEDDED,
	    is_late ? "no AUTH in time: publisher closed"
		    : "too many publishers without AUTH: the oldest is closed",
	    kv_str("address", p->address),
	    kv_int("timeout_ms", EMBEDDED_STRANGER_MS));
	wire_say_last(
	    &p->wire, slice_str("-NOAUTH AUTH did not come in time\r\n"));
	embedded_publisher_free(p);
}

/* Whether there is room for one more, if need be in a stranger's place. */
static bool has_place(struct embedded_pool *pool)
{
	return pool->shared.count < EMBEDDED_PUBLISHERS_MAX ||
	       embedded_strangers_push(&pool->shared.strangers);
}

/* Never less than before: that much may be queued. */
static void allow_transactions(
    struct transaction_budget *b, const struct conf *conf)
{
	size_t queued = conf->limits.payload + QUEUED_EXTRA;

	if (queued < b->one)
		return;
	b->one = queued;
	b->all = QUEUED_SHARE * queued;
}

void embedded_pool_init(struct embedded_pool *pool, struct event_base *base,
    struct metrics *metrics, const struct embedded_host *host)
{
	*pool = (struct embedded_pool){
		.shared = { .base = base, .metrics = metrics, .host = *host },
	};
	allow_transactions(&pool->budget, host->conf);
	pool->shared.host.budget = &pool->budget;
	list_init(&pool->shared.publishers);
	embedded_strangers_init(&pool->shared.strangers, base, turn_away);
}

void embedded_pool_add(struct embedded_pool *pool, int fd, const char *address)
{
	if (has_place(pool))
		embedded_publisher_start(&pool->shared, fd, address);
	else
		refuse_connection(pool, fd, address);
}

void embedded_pool_use_password(
    struct embedded_pool *pool, const char *password)
{
	pool->shared.host.password = password;
}

void embedded_pool_use_conf(struct embedded_pool *pool, const struct conf *conf)
{
	pool->shared.host.conf = conf;
	allow_transactions(&pool->budget, conf);
	list_foreach (link, &pool->shared.publishers) {
		embedded_publisher_use_conf(
		    container_of(link, struct publisher, link));
	}
}

void embedded_pool_set_paused(struct embedded_pool *pool, bool is_paused)
{
	if (pool->shared.is_paused == is_paused)
		return;
	pool->shared.is_paused = is_paused;
	embedded_strangers_set_held(&pool->shared.strangers, is_paused);
	list_foreach (link, &pool->shared.publishers) {
		embedded_publisher_run_later(
		    container_of(link, struct publisher, link));
	}
}

void embedded_pool_fini(struct embedded_pool *pool)
{
	list_foreach_safe (link, &pool->shared.publishers) {
		embedded_publisher_free(
		    container_of(link, struct publisher, link));
	}
	embedded_strangers_fini(&pool->shared.strangers);
	buf_fini(&pool->shared.replies);
}
