#include "net/hook_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "net/hook_request.h"
#include "sys/timer.h"

struct hook_call *hook_call_new(struct hook *h, const struct hook_request *rq)
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

void hook_call_stop_waiting(struct hook_call *c)
{
	if (list_is_empty(&c->in_waiting))
		return;
	list_del(&c->in_waiting);
	c->hook->waiting_count--;
	metrics_sub(c->hook->metrics, METRIC_HOOK_QUEUED, 1);
}

void hook_call_drop_link(struct hook_call *c)
{
	struct http_link *l = c->link;

	c->link = NULL;
	if (l)
		http_pool_drop(&c->hook->pool, l);
}

static void give_back(struct hook_call *c)
{
	struct http_link *l = c->link;

	c->link = NULL;
	http_pool_give_back(&c->hook->pool, l);
}

void hook_call_free(struct hook_call *c)
{
	struct hook *h = c->hook;

	hook_call_stop_waiting(c);
	list_del(&c->in_calls);
	hook_call_drop_link(c);
	buf_fini(&c->request);
	free(c);
	if (hook_is_over(h))
		timer_arm(h->pump, 0, "hook");
}

static void finish(struct hook_call *c, struct hook_answer *answer)
{
	hook_answer_fn fn = c->fn;
	void *arg = c->arg;

	metrics_observe(c->hook->metrics, METRIC_HOOK_TIME,
	    (uint64_t)(clock_us() - c->asked_us));
	hook_call_free(c);
	fn(arg, answer);
	hook_answer_fini(answer);
}

void hook_call_fail(
    struct hook_call *c, enum hook_failure why, const char *detail, int status)
{
	struct hook *h = c->hook;
	struct hook_answer answer = { .status = 503 };

	hook_failure_note(why, h->auth->name, detail, status, h->metrics);
	finish(c, &answer);
}

void hook_call_fail_errno(struct hook_call *c, enum hook_failure why, int error)
{
	hook_call_fail(c, why, error ? strerrordesc_np(error) : NULL, 0);
}

static void read_answer(struct hook_call *c, const struct http_reply *reply)
{
	struct hook_answer answer;
	const char *why = NULL;
	int rc = hook_answer_parse(
	    buf_slice(&reply->body), clock_wall_ms() / 1000, &answer, &why);

	give_back(c);
	if (rc < 0)
		hook_call_fail(c, HOOK_ANSWER, why, 200);
	else
		finish(c, &answer);
}

void hook_call_answer(struct hook_call *c, const struct http_reply *reply)
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
		hook_call_fail(c, HOOK_STATUS, NULL, refusal.status);
}
