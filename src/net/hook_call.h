/*
 * hook_call: one question to an app, from when it is asked to its answer, its
 * failure, or the end of who wants to know. Part of net/hook, which alone
 * includes this.
 */
#ifndef NET_HOOK_CALL_H
#define NET_HOOK_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "conf/url.h"
#include "core/metrics.h"
#include "net/hook_answer.h"
#include "net/hook_failure.h"
#include "net/http_pool.h"
#include "net/http_tls.h"

struct conf_auth;
struct event;
struct hook_request;
struct http_reply;

/* net/hook has the rest of it. */
struct hook {
	const struct conf_auth *auth; /* with a reference to its conf */
	struct metrics *metrics;      /* borrowed */
	struct url url;
	struct http_tls *tls; /* a reference; NULL: in plain */
	struct http_pool pool;
	struct list waiting; /* calls without a link, by in_waiting */
	size_t waiting_count;
	struct list calls;      /* all, oldest first, by in_calls */
	struct event *pump;     /* owned; a timer of no time */
	struct event *deadline; /* owned; of the first of calls, or earlier */
	struct list retired;    /* in no list before hook_retire */
};

struct hook_call {
	struct hook *hook;
	struct list in_calls;
	struct list in_waiting; /* in no list once it has a link */
	struct http_link *link; /* NULL while it waits */
	hook_answer_fn fn;
	void *arg;
	struct buf request; /* owned */
	int64_t asked_us;
	int64_t deadline_ms;
	size_t addresses_tried;
	bool is_second_try; /* the first found its connection closed */
};

/* It is retired, and was asked nothing that is not answered. */
static inline bool hook_is_over(const struct hook *h)
{
	return !list_is_empty(&h->retired) && list_is_empty(&h->calls);
}

/* One that is in no list, with its request; NULL: memory is out. */
struct hook_call *hook_call_new(struct hook *h, const struct hook_request *rq);
/* Nobody is told. The last one of a hook that is retired wakes its pump. */
void hook_call_free(struct hook_call *c);

/* It has a link now, or needs none; nothing where it does not wait. */
void hook_call_stop_waiting(struct hook_call *c);

/* Close its link, if it has one. */
void hook_call_drop_link(struct hook_call *c);

/* Tell what the app has said, or that it has not; c is gone afterwards. */
void hook_call_answer(struct hook_call *c, const struct http_reply *reply);
void hook_call_fail(
    struct hook_call *c, enum hook_failure why, const char *detail, int status);
/* With the words for an errno; 0: there is none. */
void hook_call_fail_errno(
    struct hook_call *c, enum hook_failure why, int error);

#endif
