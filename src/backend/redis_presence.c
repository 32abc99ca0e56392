/*
 * redis_presence: a connection, and the redis_presence_talk that says what to
 * ask on it. An answer that does not come ends the connection.
 */
#include "backend/redis_presence.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_follow.h"
#include "backend/redis_link.h"
#include "backend/redis_moved.h"
#include "backend/redis_outage.h"
#include "backend/redis_places.h"
#include "backend/redis_presence_refusal.h"
#include "backend/redis_presence_talk.h"
#include "backend/redis_presence_words.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "proto/resp_items.h"
#include "sys/timer.h"

enum {
	PATIENCE_MS = 3000,   /* with an answer */
	STRING_MAX = 4 << 10, /* of an answer: names */
	ON_ITS_WAY_MS = 500,  /* until a slot is looked for again */
	RETURN_MS = 8000,     /* a greeting that fails late, and a beat */
};

struct redis_presence {
	struct redis_presence_words *words; /* owned */
	struct redis_find *find;            /* borrowed */
	struct redis_link *link;            /* owned */
	struct presence_talk talk;
	struct metrics *metrics; /* of the process */
	struct redis_outage outage;
	struct redis_follow follow;
	struct redis_moved moved;
	struct event *deadline; /* owned; timer, of the answer */
	struct event *wake;     /* owned; timer of the next beat */
	void (*on_name)(void *arg, bool may_leave);
	void *arg;
	bool is_in_cluster;
	bool is_up;
	bool is_refused; /* the lease, so far */
	bool may_leave;  /* as was said last */
	bool has_left;
};

static const char *shown(const struct redis_presence *p)
{
	return redis_find_shown(p->find);
}

/* --- up and down --- */

static void set_up(struct redis_presence *p, bool is_up)
{
	p->is_up = is_up;
	metrics_set(p->metrics, METRIC_PRESENCE_UP, is_up);
}

/* No connection, and nothing that waits for one. */
static void end(struct redis_presence *p)
{
	redis_link_close(p->link);
	redis_moved_end(&p->moved);
	redis_outage_rest(&p->outage);
	(void)event_del(p->deadline);
	(void)event_del(p->wake);
	presence_talk_end(&p->talk);
	set_up(p, false);
}

/* End the connection and try again later. Callers return at once. */
static void lose(struct redis_presence *p, struct redis_failure why)
{
	bool was_up = p->is_up;

	end(p);
	redis_outage_fail(&p->outage, was_up, shown(p), &why);
	if (p->has_left)
		redis_outage_rest(&p->outage);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	lose(arg, redis_failure_make(
		      REDIS_FAILURE_TIMEOUT, "the server does not answer"));
}

static void attempt(void *arg)
{
	struct redis_presence *p = arg;

	redis_link_open(p->link);
}

void redis_presence_move(struct redis_presence *p, const char *reason)
{
	if (p->has_left)
		return;
	if (!redis_outage_awaits(&p->outage))
		lose(p, redis_failure_make(REDIS_FAILURE_MOVED, reason));
	redis_outage_move(&p->outage);
}

static void on_moved(void *arg)
{
	lose(arg, redis_failure_moved());
}

/* The first beat is answered: the lease is ours. */
static void come_up(struct redis_presence *p)
{
	struct resolve_address peer;
	int64_t down_ms;

	redis_link_peer(p->link, &peer);
	down_ms = redis_outage_end(&p->outage, &peer);
	log_info(LOG_REDIS, "presence: connected", kv_str("address", shown(p)),
	    kv_int("down_ms", down_ms));
	set_up(p, true);
}

/* Who leaves tells of all by himself. */
static void tell_name(struct redis_presence *p)
{
	bool may_leave = p->talk.has_lease || p->is_refused || p->has_left;

	if (may_leave == p->may_leave)
		return;
	p->may_leave = may_leave;
	p->on_name(p->arg, may_leave);
}

/* --- what is said --- */

static void next(struct redis_presence *p)
{
	if (presence_talk_next(&p->talk) < 0) {
		lose(p, redis_failure_memory());
		return;
	}
	if (p->talk.ask == PRESENCE_ASK_BEAT)
		redis_moved_ask(&p->moved);
	if (!presence_talk_is_idle(&p->talk)) {
		(void)event_del(p->wake);
		timer_arm(p->deadline, PATIENCE_MS, "redis");
		return;
	}
	(void)event_del(p->deadline);
	timer_arm(p->wake, presence_talk_rest_ms(&p->talk), "redis");
}

static void next_if_idle(struct redis_presence *p)
{
	if (presence_talk_is_idle(&p->talk) && redis_link_is_ready(p->link))
		next(p);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	next_if_idle(arg);
}

/* --- what the connection says --- */

/*
 * A node of a cluster may send us to the one that has the slot by now. While
 * the slot is on its way our keys are at two, and no script can have them: we
 * come back soon, however long that takes, and all is written when it is there.
 */
static void take_refusal(struct redis_presence *p, struct slice error)
{
	struct redis_failure why;
	bool is_on_its_way;
	enum redis_follow_way way = redis_follow_take(
	    &p->follow, presence_talk_command(&p->talk), error, &why);

	if (way == REDIS_FOLLOW_NOWHERE)
		redis_presence_explain(&why, error);
	is_on_its_way = p->is_in_cluster && redis_presence_is_on_its_way(error);
	p->is_refused = way == REDIS_FOLLOW_NOWHERE;
	tell_name(p);
	lose(p, why);
	if (p->has_left)
		return;
	if (way == REDIS_FOLLOW_MOVED) {
		redis_follow_go(&p->follow);
		redis_outage_hurry(&p->outage);
	} else if (is_on_its_way) {
		redis_follow_arrive(&p->follow);
		redis_outage_return(&p->outage, ON_ITS_WAY_MS);
	}
}

/* Who has left stays silent: a beat would be a return. */
static void answered(struct redis_presence *p)
{
	redis_follow_arrive(&p->follow);
	p->is_refused = false;
	tell_name(p);
	if (!p->talk.is_fresh && !p->is_up)
		come_up(p);
	if (!p->has_left || p->talk.is_leaving)
		next(p);
	else
		end(p);
}

/* Of what has come; a part of the answer to what is under way, if anything. */
static struct redis_failure failure_of(const struct redis_presence *p, int rc)
{
	struct redis_failure why = redis_failure_unasked();

	if (rc == -ENOMEM)
		return redis_failure_memory();
	if (!presence_talk_is_idle(&p->talk))
		why.command = presence_talk_command(&p->talk);
	return why;
}

static void on_part(void *arg, const struct resp_part *part)
{
	struct redis_presence *p = arg;
	int rc = -EPROTO;

	if (!presence_talk_is_idle(&p->talk))
		rc = presence_talk_take(&p->talk, part);
	if (rc == -EREMOTEIO)
		take_refusal(p, part->text);
	else if (rc < 0)
		lose(p, failure_of(p, rc));
	else if (rc == 1)
		answered(p);
}

/* An answer that goes on to come may take its time. */
static void on_read_end(void *arg)
{
	struct redis_presence *p = arg;

	if (!presence_talk_is_idle(&p->talk))
		timer_arm(p->deadline, PATIENCE_MS, "redis");
}

static void on_ready(void *arg)
{
	struct redis_presence *p = arg;
	struct resolve_address peer;

	redis_link_peer(p->link, &peer);
	redis_moved_begin(&p->moved, &peer);
	presence_talk_begin(&p->talk);
	next(p);
}

static void on_lost(void *arg, const struct redis_failure *why)
{
	lose(arg, *why);
}

static const struct redis_link_sink sink = {
	.on_ready = on_ready,
	.on_part = on_part,
	.on_read_end = on_read_end,
	.on_lost = on_lost,
};

/* --- for its owner --- */

static void make_link(struct redis_presence *p, struct event_base *base,
    struct redis_places *places)
{
	const struct redis_link_options options = {
		.find = p->find,
		.role = redis_places_rule(places),
		.database = redis_find_database(p->find),
		.max_string = STRING_MAX,
	};

	p->link = redis_link_new(base, &options, &sink, p);
}

/* Others may be about to wait for their next attempt, and for what it gives. */
static int64_t calm_ms(const struct backend_options *options)
{
	int64_t return_ms = options->source->reconnect_max_ms + RETURN_MS;
	int64_t lease_ms = options->conf->events.lease_ms;

	return return_ms > lease_ms ? return_ms : lease_ms;
}

static void make_talk(
    struct redis_presence *p, const struct backend_options *options)
{
	p->words = redis_presence_words_new(
	    options->conf, options->source, options->seats->instance);
	p->talk = (struct presence_talk){
		.link = p->link,
		.words = p->words,
		.seats = options->seats->seats,
		.hash_key = options->seats->hash_key,
		.metrics = options->metrics,
		.rename = options->seats->rename,
		.arg = options->seats->arg,
		.lease_ms = options->conf->events.lease_ms,
		.calm_ms = calm_ms(options),
	};
}

struct redis_presence *redis_presence_open(struct event_base *base,
    struct redis_places *places, const struct backend_options *options,
    struct metrics *metrics, void (*on_name)(void *arg, bool may_leave),
    void *arg)
{
	const struct conf_redis *source = options->source;
	struct redis_presence *p = xcalloc(1, sizeof *p);
	const struct redis_outage_options outage = {
		.connection = REDIS_CONNECTION_PRESENCE,
		.lost = "presence: connection lost",
		.failed = "presence: cannot be written",
		.source = conf_redis_name(source),
		.min_ms = source->reconnect_min_ms,
		.max_ms = source->reconnect_max_ms,
		.attempt = attempt,
		.arg = p,
	};

	p->metrics = options->metrics;
	p->on_name = on_name;
	p->arg = arg;
	p->find = redis_places_find(places, REDIS_PLACE_PRESENCE);
	p->deadline = timer_new(base, on_deadline, p, "redis");
	p->wake = timer_new(base, on_wake, p, "redis");
	redis_moved_init(&p->moved, p->find, on_moved, p);
	p->is_in_cluster = conf_has_cluster(source);
	redis_follow_init(&p->follow, p->find, p->is_in_cluster);
	redis_outage_init(&p->outage, base, &outage, metrics);
	make_link(p, base, places);
	make_talk(p, options);
	redis_link_open(p->link);
	return p;
}

void redis_presence_free(struct redis_presence *p)
{
	if (!p)
		return;
	redis_moved_end(&p->moved);
	redis_link_free(p->link);
	redis_presence_words_free(p->words);
	redis_outage_fini(&p->outage);
	event_free(p->deadline);
	event_free(p->wake);
	free(p);
}

void redis_presence_write_seats(struct redis_presence *p)
{
	next_if_idle(p);
}

void redis_presence_leave(struct redis_presence *p, bool owes_events)
{
	p->has_left = true;
	tell_name(p);
	if (!redis_link_is_ready(p->link)) {
		end(p);
		return;
	}
	p->talk.owes_events = owes_events;
	p->talk.is_leaving = true;
	next_if_idle(p);
}

bool redis_presence_is_leaving(const struct redis_presence *p)
{
	return p->talk.is_leaving;
}
