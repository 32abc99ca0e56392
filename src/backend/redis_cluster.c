/*
 * redis_cluster: one round of questions at a time.
 *
 *     idle --a find asks, or the poll--> asking
 *     asking --an answer, all have failed, or the deadline--> idle
 *
 * A round asks one node, and the next when that has failed, or has not answered
 * within a fifth of a second, for then it may hang.
 */
#include "backend/redis_cluster.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_failure.h"
#include "backend/redis_find.h"
#include "backend/redis_login.h"
#include "backend/redis_node.h"
#include "backend/redis_nodes.h"
#include "backend/redis_role.h"
#include "backend/redis_slots.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf_redis.h"
#include "sys/timer.h"

enum {
	POLL_MS = 10000,
	STEP_MS = 200,
	ROUND_MS = 4500, /* less than backend/redis_find waits */
	/* In a row: the node that was asked may not have heard of it yet. */
	ABSENT_MAX = 3,
};

/* What somebody wants to be led to. */
struct goal {
	struct redis_cluster *cluster;
	struct redis_find *find; /* borrowed */
	unsigned slot;           /* or REDIS_CLUSTER_ANY */
	redis_cluster_moved_fn fn;
	void *arg;
	bool is_waiting;
	unsigned absent; /* tables in a row, without where it is */
};

struct redis_cluster {
	const struct conf_redis *conf;
	struct redis_login login;
	struct redis_role_rule rule;    /* of who is only asked */
	struct redis_slots *slots;      /* owned; NULL: not known yet */
	redis_cluster_slots_fn watcher; /* NULL: there is none */
	void *watcher_arg;
	struct goal goals[REDIS_CLUSTER_FINDS_MAX];
	size_t goal_count;
	struct redis_node *nodes[REDIS_CLUSTER_ASKED_MAX]; /* owned */
	struct address order[REDIS_NODES_MAX];
	size_t order_count, order_next;
	bool is_asking;
	struct redis_failure why; /* of a question that has failed */
	struct event *poll;       /* owned; timer */
	struct event *step;       /* owned; timer, while asking */
	struct event *deadline;   /* owned; timer, the same */
};

/* --- what is known --- */

/*
 * Where a connection is already, another one that is lost alone goes again, in
 * the table or not: what it asks there is about that server.
 */
static const struct address *choose(const struct redis_cluster *c,
    const struct goal *g, const struct address *answered)
{
	const struct address *now = redis_find_address(g->find);
	bool is_doubted = redis_find_is_doubted(g->find);

	if (g->slot != REDIS_CLUSTER_ANY)
		return redis_nodes_of_slot(c->slots, g->slot);
	if (!is_doubted && now->port != 0)
		return now;
	return redis_nodes_any(c->slots, answered, is_doubted ? now : NULL);
}

static void answer(const struct redis_cluster *c, struct goal *g,
    const struct address *answered)
{
	const struct redis_failure why =
	    redis_failure_make(REDIS_FAILURE_RESOLVE,
		g->slot == REDIS_CLUSTER_ANY
		    ? "no node of the cluster has any slot"
		    : "no node of the cluster has the key's slot");

	g->is_waiting = false;
	redis_find_tell(g->find, choose(c, g, answered), &why);
}

/* Who has a slot says by itself when that has moved. */
static void review(const struct redis_cluster *c, struct goal *g)
{
	const struct address *now = redis_find_address(g->find);

	if (g->slot != REDIS_CLUSTER_ANY || now->port == 0)
		return;
	g->absent = redis_slots_has(c->slots, now) ? 0 : g->absent + 1;
	if (g->absent < ABSENT_MAX)
		return;
	g->absent = 0;
	g->fn(g->arg);
}

static void keep(struct redis_cluster *c, struct redis_slots *slots)
{
	size_t before = c->slots ? redis_slots_count(c->slots) : 0;

	redis_slots_free(c->slots);
	c->slots = slots;
	if (redis_slots_count(slots) != before)
		log_info(LOG_REDIS, "the cluster has answered",
		    kv_given("source", c->rule.source),
		    kv_int("masters", (int64_t)redis_slots_count(slots)));
	if (c->watcher)
		c->watcher(c->watcher_arg, slots, NULL);
}

/* --- a round --- */

static void end_round(struct redis_cluster *c)
{
	c->is_asking = false;
	(void)event_del(c->step);
	(void)event_del(c->deadline);
	for (size_t i = 0; i < REDIS_CLUSTER_ASKED_MAX; i++)
		redis_node_cease(c->nodes[i]);
}

static void fail_round(struct redis_cluster *c)
{
	const struct redis_failure why = redis_failure_nowhere(
	    "no node of the cluster says where its slots are", &c->why);

	end_round(c);
	if (c->watcher)
		c->watcher(c->watcher_arg, NULL, &why);
	for (size_t i = 0; i < c->goal_count; i++) {
		bool is_waiting = c->goals[i].is_waiting;

		c->goals[i].is_waiting = false; /* it may ask again at once */
		if (is_waiting)
			redis_find_tell(c->goals[i].find, NULL, &why);
	}
}

static void finish_round(struct redis_cluster *c, struct redis_slots *slots,
    const struct address *answered)
{
	end_round(c);
	keep(c, slots);
	for (size_t i = 0; i < c->goal_count; i++) {
		if (c->goals[i].is_waiting)
			answer(c, &c->goals[i], answered);
		else
			review(c, &c->goals[i]);
	}
}

/* Who has been asked longest, and may hang, makes room. */
static void ask_next(struct redis_cluster *c)
{
	size_t number = c->order_next % REDIS_CLUSTER_ASKED_MAX;

	redis_node_cease(c->nodes[number]);
	redis_node_ask(c->nodes[number], &c->order[c->order_next++]);
	if (c->order_next < c->order_count)
		timer_arm(c->step, STEP_MS, "redis");
}

static bool is_anybody_asked(const struct redis_cluster *c)
{
	for (size_t i = 0; i < REDIS_CLUSTER_ASKED_MAX; i++)
		if (redis_node_is_asked(c->nodes[i]))
			return true;
	return false;
}

static void pass_over(struct redis_cluster *c, const struct address *node,
    const struct redis_failure *why)
{
	char shown[ADDRESS_TEXT_MAX];

	address_format(node, shown);
	if (redis_failure_is_said(why) || !redis_failure_is_said(&c->why))
		c->why = *why;
	log_debug(LOG_REDIS, "a node does not say where the slots are",
	    kv_given("source", c->rule.source), kv_str("address", shown),
	    kv_str("reason", why->reason), kv_given("remedy", why->remedy));
	(void)event_del(c->step);
	if (c->order_next < c->order_count)
		ask_next(c);
	else if (!is_anybody_asked(c))
		fail_round(c);
}

static void on_answer(void *arg, struct redis_node *n,
    struct redis_slots *slots, const struct redis_failure *why)
{
	struct redis_cluster *c = arg;

	if (slots)
		finish_round(c, slots, redis_node_address(n));
	else
		pass_over(c, redis_node_address(n), why);
}

static void begin_round(struct redis_cluster *c)
{
	c->is_asking = true;
	c->order_next = 0;
	c->order_count =
	    redis_nodes_order(c->order, &c->conf->cluster.addresses, c->slots);
	c->why = redis_failure_make(REDIS_FAILURE_TIMEOUT, "none answers");
	timer_arm(c->deadline, ROUND_MS, "redis");
	ask_next(c);
}

void redis_cluster_look(struct redis_cluster *c)
{
	if (!c->is_asking)
		begin_round(c);
}

static void on_step(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	ask_next(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	fail_round(arg);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct redis_cluster *c = arg;

	(void)fd, (void)what;
	timer_arm(c->poll, POLL_MS, "redis");
	redis_cluster_look(c);
}

/* --- for who wants to be led --- */

static void ask(void *arg)
{
	struct goal *g = arg;
	struct redis_cluster *c = g->cluster;

	g->is_waiting = true;
	redis_cluster_look(c);
}

void redis_cluster_lead(struct redis_cluster *c, struct redis_find *find,
    unsigned slot, redis_cluster_moved_fn fn, void *arg)
{
	struct goal *g = &c->goals[c->goal_count++];
	const struct redis_find_oracle oracle = { ask, g };

	assert(c->goal_count <= REDIS_CLUSTER_FINDS_MAX);
	*g = (struct goal){
		.cluster = c, .find = find, .slot = slot, .fn = fn, .arg = arg
	};
	redis_find_set_oracle(find, &oracle);
}

void redis_cluster_watch(
    struct redis_cluster *c, redis_cluster_slots_fn fn, void *arg)
{
	c->watcher = fn;
	c->watcher_arg = arg;
}

/* --- life --- */

struct redis_cluster *redis_cluster_new(struct event_base *base,
    const struct conf_redis *conf, unsigned *cut_off_told)
{
	struct redis_cluster *c = xcalloc(1, sizeof *c);
	const struct redis_node_options options = {
		.login = &c->login,
		.tls = &conf->tls,
		.rule = &c->rule,
	};

	c->conf = conf;
	c->login = redis_login_of(conf);
	c->rule = (struct redis_role_rule){ .is_any = true,
		.source = conf_redis_name(conf),
		.cut_off_told = cut_off_told };
	c->poll = timer_new(base, on_poll, c, "redis");
	c->step = timer_new(base, on_step, c, "redis");
	c->deadline = timer_new(base, on_deadline, c, "redis");
	for (size_t i = 0; i < REDIS_CLUSTER_ASKED_MAX; i++)
		c->nodes[i] = redis_node_new(base, &options, on_answer, c);
	timer_arm(c->poll, POLL_MS, "redis");
	return c;
}

void redis_cluster_free(struct redis_cluster *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < REDIS_CLUSTER_ASKED_MAX; i++)
		redis_node_free(c->nodes[i]);
	event_free(c->poll);
	event_free(c->step);
	event_free(c->deadline);
	redis_slots_free(c->slots);
	free(c);
}
