/*
 * redis_sentinels: one round of questions at a time.
 *
 *     idle --find asks, or the poll--> asking
 *     asking --decided, or the deadline--> idle, and find is told
 *
 * All are listened to, as the one that is on the machine of the old master may
 * have gone with it.
 */
#include "backend/redis_sentinels.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_find.h"
#include "backend/redis_rumour.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "sys/timer.h"

enum {
	POLL_MS = 10000,
	ROUND_MS = 2000, /* who has not answered by then, is not waited for */
	/* When a rumour is judged; timers may be early. */
	JUDGE_MS = REDIS_RUMOUR_MS + 50,
};

struct redis_sentinels {
	const struct conf_sentinel *conf;
	struct redis_find *find;
	redis_sentinels_moved_fn fn;
	void *arg;
	struct redis_sentinel *of[REDIS_QUORUM_MAX]; /* owned */
	struct redis_quorum quorum;
	struct redis_rumour rumour;
	bool is_asking;
	bool has_master;
	struct address master;  /* the last that was told to find */
	struct event *poll;     /* owned; timer */
	struct event *deadline; /* owned; timer, while asking */
};

/* --- a round --- */

static void ask(void *arg)
{
	struct redis_sentinels *s = arg;

	if (s->is_asking)
		return;
	s->is_asking = true;
	redis_quorum_leave(
	    &s->quorum, redis_rumour_left(&s->rumour, clock_ms()));
	redis_quorum_begin(&s->quorum, s->conf->addresses.count);
	timer_arm(s->deadline, ROUND_MS, "redis");
	for (size_t i = 0; i < s->quorum.count; i++)
		redis_sentinel_ask(s->of[i]);
}

/* Was it right, who has said something else alone? */
static void judge(struct redis_sentinels *s, const struct address *master)
{
	if (!redis_rumour_judge(&s->rumour, master,
		redis_quorum_is_of_most(&s->quorum), clock_ms()))
		return;
	log_warn(LOG_REDIS,
	    "a sentinel has misled us, and is not believed alone again",
	    kv_given("source", redis_find_source(s->find)),
	    kv_str("address", redis_sentinel_shown(s->of[s->rumour.by])),
	    kv_str("master", s->conf->master), kv_str("host", master->host),
	    kv_int("port", master->port));
}

static void tell(struct redis_sentinels *s, const struct address *master)
{
	bool is_other = s->has_master && !address_is_same(&s->master, master);

	s->master = *master;
	s->has_master = true;
	if (is_other)
		s->fn(s->arg);
	redis_find_tell(s->find, master, NULL);
}

static void end_round(struct redis_sentinels *s)
{
	const struct address *master = redis_quorum_address(&s->quorum);
	struct redis_failure why;

	s->is_asking = false;
	(void)event_del(s->deadline);
	for (size_t i = 0; i < s->quorum.count; i++)
		redis_sentinel_cease(s->of[i]);
	if (master) {
		judge(s, master);
		tell(s, master);
		return;
	}
	redis_quorum_explain(&s->quorum, &why);
	redis_find_tell(s->find, NULL, &why);
}

static void on_answer(void *arg, size_t number, const struct resp_value *answer,
    const struct redis_failure *why)
{
	struct redis_sentinels *s = arg;

	if (answer)
		redis_quorum_take(&s->quorum, number, answer);
	else
		redis_quorum_fail(&s->quorum, number, why);
	redis_sentinel_cease(s->of[number]);
	if (redis_quorum_is_decided(&s->quorum))
		end_round(s);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	end_round(arg);
}

/* --- what they say by themselves --- */

static bool is_about_ours(
    const struct redis_sentinels *s, const struct redis_announced_switch *said)
{
	return slice_eq(said->master, slice_str(s->conf->master)) &&
	       (!s->has_master || address_is_same(&s->master, &said->from));
}

static void on_switch(
    void *arg, size_t number, const struct redis_announced_switch *said)
{
	struct redis_sentinels *s = arg;
	bool was_open = s->rumour.is_open;

	if (!is_about_ours(s, said) ||
	    !redis_rumour_take(&s->rumour, number, &said->from, clock_ms()))
		return;
	redis_quorum_leave(&s->quorum, &said->from);
	if (!was_open) /* else a poll is to come, and not to be put off */
		timer_arm(s->poll, JUDGE_MS, "redis");
	if (!s->has_master)
		return;
	s->has_master = false;
	log_info(LOG_REDIS, "the sentinels name another server",
	    kv_given("source", redis_find_source(s->find)),
	    kv_str("master", s->conf->master), kv_str("host", said->to.host),
	    kv_int("port", said->to.port));
	s->fn(s->arg);
}

static const struct redis_sentinel_sink sink = {
	.on_answer = on_answer,
	.on_switch = on_switch,
};

/* --- life --- */

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct redis_sentinels *s = arg;

	(void)fd, (void)what;
	timer_arm(s->poll, POLL_MS, "redis");
	for (size_t i = 0; i < s->conf->addresses.count; i++)
		redis_sentinel_listen(s->of[i]);
	ask(s);
}

struct redis_sentinels *redis_sentinels_new(struct event_base *base,
    const struct conf_sentinel *conf, struct redis_find *find,
    redis_sentinels_moved_fn fn, void *arg)
{
	struct redis_sentinels *s = xcalloc(1, sizeof *s);
	const struct redis_find_oracle oracle = { ask, s };

	s->conf = conf;
	s->find = find;
	s->fn = fn;
	s->arg = arg;
	s->poll = timer_new(base, on_poll, s, "redis");
	s->deadline = timer_new(base, on_deadline, s, "redis");
	for (size_t i = 0; i < conf->addresses.count; i++)
		s->of[i] = redis_sentinel_new(base, conf, i, &sink, s);
	redis_find_set_oracle(find, &oracle);
	timer_arm(s->poll, 0, "redis");
	return s;
}

void redis_sentinels_free(struct redis_sentinels *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->conf->addresses.count; i++)
		redis_sentinel_free(s->of[i]);
	event_free(s->poll);
	event_free(s->deadline);
	free(s);
}
