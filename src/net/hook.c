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

#include <event2/event.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_ref.h"
#include "conf/url.h"
#include "net/hook_call.h"
#include "sys/timer.h"

enum { BODY_MAX = 65536 }; /* of an answer */

static void arm_pump(struct hook *h)
{
	if (!list_is_empty(&h->waiting))
		timer_arm(h->pump, 0, "hook");
}

/* --- from waiting to a link --- */

static void start(struct hook_call *c, struct http_link *l)
{
	hook_call_stop_waiting(c);
	l->call = c;
	c->link = l;
	if (http_link_send(l, buf_slice(&c->request)) < 0)
		hook_call_fail(c, HOOK_MEMORY, NULL, 0);
}

static void pump(struct hook *h)
{
	while (!list_is_empty(&h->waiting)) {
		struct hook_call *c =
		    container_of(h->waiting.next, struct hook_call, in_waiting);
		int error;
		struct http_link *l =
		    http_pool_take(&h->pool, &c->addresses_tried, &error);

		if (l)
			start(c, l);
		else if (error)
			hook_call_fail_errno(c, HOOK_CONNECT, error);
		else
			return;
	}
}

/* Where it may end as well: nobody is in the middle of anything here. */
static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	struct hook *h = arg;

	(void)fd, (void)what;
	pump(h);
	if (hook_is_over(h))
		hook_free(h);
}

static void on_addresses(void *arg, const char *why)
{
	struct hook *h = arg;
	struct list failed;

	list_init(&failed);
	if (why) /* a call that is put meanwhile gets a look-up of its own */
		list_take(&failed, &h->waiting);
	while (!list_is_empty(&failed))
		hook_call_fail(
		    container_of(failed.next, struct hook_call, in_waiting),
		    HOOK_RESOLVE, why, 0);
	arm_pump(h);
}

/* --- what happens at a link --- */

static void dial_and_start(struct hook_call *c, int error)
{
	struct http_link *l =
	    http_pool_dial(&c->hook->pool, &c->addresses_tried, &error);

	if (l)
		start(c, l);
	else
		hook_call_fail_errno(
		    c, error == EPROTO ? HOOK_TLS : HOOK_CONNECT, error);
}

/*
 * The app may close an idle connection in the same moment in which it is used
 * again. Nothing came back, so the request is put once more, on a new one.
 */
static void on_stale(struct hook_call *c)
{
	hook_call_drop_link(c);
	if (c->is_second_try) {
		hook_call_fail(c, HOOK_CLOSED, NULL, 0);
		return;
	}
	c->is_second_try = true;
	dial_and_start(c, 0);
}

/* What is wrong with TLS at one address need not be so at the next. */
static void on_refused(struct hook_call *c, int error)
{
	if (error == EPROTO)
		http_tls_failed(c->hook->tls, wire_tls(&c->link->wire));
	hook_call_drop_link(c);
	dial_and_start(c, error);
}

static void on_link(void *arg, struct http_link *l, enum http_link_event what)
{
	struct hook *h = arg;

	switch (what) {
	case HTTP_LINK_DONE:
		if (l->uses == 1)
			http_tls_came_up(h->tls);
		hook_call_answer(l->call, &l->reply);
		break;
	case HTTP_LINK_REFUSED:
		on_refused(l->call, l->error);
		break;
	case HTTP_LINK_STALE:
		on_stale(l->call);
		break;
	case HTTP_LINK_CUT:
		hook_call_fail_errno(l->call, HOOK_CLOSED, l->error);
		break;
	case HTTP_LINK_BAD:
		hook_call_fail(
		    l->call, HOOK_HTTP, l->reply.why, l->reply.status);
		break;
	case HTTP_LINK_TOO_LARGE:
		hook_call_fail(
		    l->call, HOOK_SIZE, l->reply.why, l->reply.status);
		break;
	case HTTP_LINK_NO_MEMORY:
		hook_call_fail(l->call, HOOK_MEMORY, NULL, 0);
		break;
	case HTTP_LINK_IDLE_END:
		http_pool_drop(&h->pool, l);
		break;
	}
	arm_pump(h);
}

/* --- time --- */

static const char *where(const struct hook_call *c)
{
	if (c->link && c->link->state == HTTP_LINK_CONNECTING)
		return "connecting";
	if (c->link && c->link->state == HTTP_LINK_SECURING)
		return "in the TLS handshake";
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
			timer_arm(h->deadline, c->deadline_ms - now_ms, "hook");
			break;
		}
		hook_call_fail(c, HOOK_TIMEOUT, where(c), 0);
	}
	arm_pump(h);
}

/* --- the caller's side --- */

/* The last of all, and the last of those that wait. */
static void enqueue(struct hook *h, struct hook_call *c)
{
	c->asked_us = clock_us();
	c->deadline_ms = c->asked_us / 1000 + h->auth->timeout_ms;
	if (list_is_empty(&h->calls))
		timer_arm(h->deadline, h->auth->timeout_ms, "hook");
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
		c = hook_call_new(h, rq);
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
	hook_call_free(c);
	arm_pump(h);
}

void hook_retire(struct hook *h, struct list *retired)
{
	list_add(retired, &h->retired);
	if (hook_is_over(h))
		timer_arm(h->pump, 0, "hook");
}

void hook_free_retired(struct list *retired)
{
	while (!list_is_empty(retired))
		hook_free(container_of(retired->next, struct hook, retired));
}

void hook_free(struct hook *h)
{
	if (!h)
		return;
	list_del(&h->retired);
	while (!list_is_empty(&h->calls))
		hook_call_free(
		    container_of(h->calls.next, struct hook_call, in_calls));
	http_pool_fini(&h->pool);
	event_free(h->pump);
	event_free(h->deadline);
	http_tls_unref(h->tls);
	conf_unref(h->auth->conf);
	free(h);
}

struct hook *hook_new(struct event_base *base, const struct conf_auth *auth,
    struct http_tls *tls, unsigned connections, struct metrics *m,
    struct err *e)
{
	struct url url;
	struct hook *h;

	if (url_parse_http(&url, auth->url, e) < 0)
		return NULL;
	h = xcalloc(1, sizeof *h);
	(void)conf_ref(auth->conf);
	h->auth = auth;
	h->url = url;
	h->tls = http_tls_ref(tls);
	h->metrics = m;
	h->pool = (struct http_pool){ .base = base,
		.url = &h->url,
		.links = { .tls = http_tls_client(tls),
		    .max_body = BODY_MAX,
		    .fn = on_link,
		    .arg = h },
		.on_addresses = on_addresses,
		.arg = h,
		.max_links = connections > 0 ? connections : 1 };
	http_pool_init(&h->pool);
	list_init(&h->waiting);
	list_init(&h->calls);
	list_init(&h->retired);
	h->pump = timer_new(base, on_pump, h, "hook");
	h->deadline = timer_new(base, on_deadline, h, "hook");
	return h;
}
