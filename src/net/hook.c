/*
 * hook: the calls. hook_ask puts one at the end of waiting; on_pump, a turn
 * later, takes from the front as long as the pool has links. So nothing is
 * answered from within hook_ask.
 *
 * All calls live equally long, so the one list in the order of their asking is
 * also that of their deadlines, and one timer serves all.
 */
#include "net/hook.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/url.h"
#include "net/hook_failure.h"
#include "net/hook_pool.h"
#include "sys/timer.h"

struct hook {
	const struct conf_auth *auth; /* borrowed */
	struct metrics *metrics;      /* borrowed */
	struct url url;
	struct hook_pool pool;
	struct list waiting; /* calls without a link, by in_waiting */
	size_t waiting_count;
	struct list calls;      /* all, oldest first, by in_calls */
	struct event *pump;     /* owned; a timer of no time */
	struct event *deadline; /* owned; of the first of calls, or earlier */
};

struct hook_call {
	struct hook *hook;
	struct list in_calls;
	struct list in_waiting; /* in no list once it has a link */
	struct hook_link *link; /* NULL while it waits */
	hook_answer_fn fn;
	void *arg;
	struct buf request; /* owned */
	int64_t deadline_ms;
	size_t addresses_tried;
	bool is_second_try; /* the first found its connection closed */
};

static void arm(struct event *timer, int64_t delay_ms)
{
	timer_arm(timer, delay_ms, "hook");
}

static void arm_pump(struct hook *h)
{
	if (!list_is_empty(&h->waiting))
		arm(h->pump, 0);
}

/* --- the end of a call --- */

static void stop_waiting(struct hook_call *c)
{
	if (list_is_empty(&c->in_waiting))
		return;
	list_del(&c->in_waiting);
	c->hook->waiting_count--;
	metrics_sub(c->hook->metrics, METRIC_HOOK_QUEUED, 1);
}

static void drop_link(struct hook_call *c)
{
	struct hook_link *l = c->link;

	c->link = NULL;
	if (l)
		hook_pool_drop(&c->hook->pool, l);
}

static void give_back(struct hook_call *c)
{
	struct hook_link *l = c->link;

	c->link = NULL;
	hook_pool_give_back(&c->hook->pool, l);
}

static void call_free(struct hook_call *c)
{
	stop_waiting(c);
	list_del(&c->in_calls);
	drop_link(c);
	buf_fini(&c->request);
	free(c);
}

static void finish(struct hook_call *c, struct hook_answer *answer)
{
	hook_answer_fn fn = c->fn;
	void *arg = c->arg;

	call_free(c);
	fn(arg, answer);
	hook_answer_fini(answer);
}

static void fail(
    struct hook_call *c, enum hook_failure why, const char *detail, int status)
{
	struct hook *h = c->hook;
	struct hook_answer answer = { .status = 503 };

	hook_failure_note(why, h->auth->name, detail, status, h->metrics);
	finish(c, &answer);
}

static void fail_errno(struct hook_call *c, enum hook_failure why, int error)
{
	fail(c, why, error ? strerrordesc_np(error) : NULL, 0);
}

static void read_answer(struct hook_call *c, const struct http_reply *reply)
{
	struct hook_answer answer;
	const char *why = NULL;
	int rc = hook_answer_parse(
	    buf_slice(&reply->body), clock_wall_ms() / 1000, &answer, &why);

	give_back(c);
	if (rc < 0)
		fail(c, HOOK_ANSWER, why, 200);
	else
		finish(c, &answer);
}

static void on_reply(struct hook_call *c, const struct http_reply *reply)
{
	struct hook_answer refusal = { .status = reply->status };

	if (reply->status == 200) {
		read_answer(c, reply);
		return;
	}
	give_back(c);
	if (refusal.status == 401 || refusal.status == 403)
		finish(c, &refusal);
	else
		fail(c, HOOK_STATUS, NULL, refusal.status);
}

/* --- from waiting to a link --- */

static void start(struct hook_call *c, struct hook_link *l)
{
	stop_waiting(c);
	l->call = c;
	c->link = l;
	if (hook_link_send(l, buf_slice(&c->request)) < 0)
		fail(c, HOOK_MEMORY, NULL, 0);
}

static void pump(struct hook *h)
{
	while (!list_is_empty(&h->waiting)) {
		struct hook_call *c =
		    container_of(h->waiting.next, struct hook_call, in_waiting);
		int error;
		struct hook_link *l =
		    hook_pool_take(&h->pool, &c->addresses_tried, &error);

		if (l)
			start(c, l);
		else if (error)
			fail_errno(c, HOOK_CONNECT, error);
		else
			return;
	}
}

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	pump(arg);
}

static void on_addresses(void *arg, const char *why)
{
	struct hook *h = arg;
	struct list failed;

	list_init(&failed);
	if (why) /* a call that is put meanwhile gets a look-up of its own */
		list_take(&failed, &h->waiting);
	while (!list_is_empty(&failed))
		fail(container_of(failed.next, struct hook_call, in_waiting),
		    HOOK_RESOLVE, why, 0);
	arm_pump(h);
}

/* --- what happens at a link --- */

static void dial_and_start(struct hook_call *c, int error)
{
	struct hook_link *l =
	    hook_pool_dial(&c->hook->pool, &c->addresses_tried, &error);

	if (l)
		start(c, l);
	else
		fail_errno(c, HOOK_CONNECT, error);
}

/*
 * The app may close an idle connection in the same moment in which it is used
 * again. Nothing came back, so the request is put once more, on a new one.
 */
static void on_stale(struct hook_call *c)
{
	drop_link(c);
	if (c->is_second_try) {
		fail(c, HOOK_CLOSED, NULL, 0);
		return;
	}
	c->is_second_try = true;
	dial_and_start(c, 0);
}

static void on_refused(struct hook_call *c, int error)
{
	drop_link(c);
	dial_and_start(c, error);
}

static void on_link(void *arg, struct hook_link *l, enum hook_link_event what)
{
	struct hook *h = arg;

	switch (what) {
	case HOOK_LINK_DONE:
		on_reply(l->call, &l->reply);
		break;
	case HOOK_LINK_REFUSED:
		on_refused(l->call, l->error);
		break;
	case HOOK_LINK_STALE:
		on_stale(l->call);
		break;
	case HOOK_LINK_CUT:
		fail_errno(l->call, HOOK_CLOSED, l->error);
		break;
	case HOOK_LINK_BAD:
		fail(l->call, HOOK_HTTP, l->reply.why, l->reply.status);
		break;
	case HOOK_LINK_TOO_LARGE:
		fail(l->call, HOOK_SIZE, l->reply.why, l->reply.status);
		break;
	case HOOK_LINK_NO_MEMORY:
		fail(l->call, HOOK_MEMORY, NULL, 0);
		break;
	case HOOK_LINK_IDLE_END:
		hook_pool_drop(&h->pool, l);
		break;
	}
	arm_pump(h);
}

/* --- time --- */

static const char *where(const struct hook_call *c)
{
	if (c->link && c->link->state == HOOK_LINK_CONNECTING)
		return "connecting";
	if (c->link)
		return "waiting for the answer";
	if (c->hook->pool.resolve)
		return "looking up the host";
	return "waiting for a free connection";
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct hook *h = arg;
	int64_t now_ms = clock_ms();

	(void)fd, (void)what;
	while (!list_is_empty(&h->calls)) {
		struct hook_call *c =
		    container_of(h->calls.next, struct hook_call, in_calls);

		if (c->deadline_ms > now_ms) {
			arm(h->deadline, c->deadline_ms - now_ms);
			break;
		}
		fail(c, HOOK_TIMEOUT, where(c), 0);
	}
	arm_pump(h);
}

/* --- the caller's side --- */

static struct hook_call *call_new(struct hook *h, const struct hook_request *rq)
{
	struct hook_call *c = try_alloc(sizeof *c);

	if (!c)
		return NULL;
	*c = (struct hook_call){ .hook = h };
	if (hook_request_print(&h->url, rq, &c->request) < 0) {
		buf_fini(&c->request);
		free(c);
		return NULL;
	}
	return c;
}

/* The last of all, and the last of those that wait. */
static void enqueue(struct hook *h, struct hook_call *c)
{
	c->deadline_ms = clock_ms() + h->auth->timeout_ms;
	if (list_is_empty(&h->calls))
		arm(h->deadline, h->auth->timeout_ms);
	list_add(&h->calls, &c->in_calls);
	list_add(&h->waiting, &c->in_waiting);
	h->waiting_count++;
	metrics_inc(h->metrics, METRIC_HOOK_QUEUED);
	arm_pump(h);
}

struct hook_call *hook_ask(struct hook *h, const struct hook_request *rq,
    hook_answer_fn on_answer, void *arg)
{
	enum hook_failure why = HOOK_QUEUE;
	struct hook_call *c = NULL;

	metrics_inc(h->metrics, METRIC_HOOK_CALLS);
	if (h->waiting_count < (size_t)h->pool.max_links * HOOK_QUEUE_FACTOR) {
		why = HOOK_MEMORY;
		c = call_new(h, rq);
	}
	if (!c) {
		hook_failure_note(why, h->auth->name, NULL, 0, h->metrics);
		return NULL;
	}
	c->fn = on_answer;
	c->arg = arg;
	enqueue(h, c);
	return c;
}

void hook_cancel(struct hook_call *c)
{
	struct hook *h;

	if (!c)
		return;
	h = c->hook;
	call_free(c);
	arm_pump(h);
}

void hook_free(struct hook *h)
{
	if (!h)
		return;
	while (!list_is_empty(&h->calls))
		call_free(
		    container_of(h->calls.next, struct hook_call, in_calls));
	hook_pool_fini(&h->pool);
	if (h->pump)
		event_free(h->pump);
	if (h->deadline)
		event_free(h->deadline);
	free(h);
}

struct hook *hook_new(struct event_base *base, const struct conf_auth *auth,
    unsigned connections, struct metrics *m, struct err *e)
{
	struct hook *h = xcalloc(1, sizeof *h);

	h->auth = auth;
	h->metrics = m;
	h->pool = (struct hook_pool){ .base = base,
		.url = &h->url,
		.on_link = on_link,
		.on_addresses = on_addresses,
		.arg = h,
		.max_links = connections > 0 ? connections : 1 };
	hook_pool_init(&h->pool);
	list_init(&h->waiting);
	list_init(&h->calls);
	if (url_parse_http(&h->url, auth->url, e) < 0)
		goto fail;
	h->pump = evtimer_new(base, on_pump, h);
	h->deadline = evtimer_new(base, on_deadline, h);
	if (h->pump && h->deadline)
		return h;
	(void)err_set(e, -ENOMEM, "out of memory");
fail:
	hook_free(h);
	return NULL;
}
