/*
 * hook: auth type http. The gateway asks the app whether a client may come
 * in, as nginx's auth_request does. One hook for each worker thread and
 * authenticator; everything here is called on that thread.
 *
 * A call waits in a queue until a connection to the app is free, then for its
 * answer; both together never last longer than conf_auth.timeout_ms, nor do
 * they hold up anything else. Whatever is not a clear yes or no is a 503.
 */
#ifndef NET_HOOK_H
#define NET_HOOK_H

#include <stddef.h>

#include "base/err.h"
#include "base/list.h"
#include "core/metrics.h"
#include "net/hook_answer.h"
#include "net/hook_request.h"

struct conf_auth;
struct event_base;
struct hook;
struct hook_call;
struct http_tls;

/* How many calls may wait, for each connection to the app. */
enum { HOOK_QUEUE_FACTOR = 16 };

/*
 * Make a hook for auth (with a reference to its conf, and one to tls, which is
 * NULL for http://; type http; m is borrowed); connections is this worker's
 * share of auth->max_parallel, at least 1. Nothing is connected yet. NULL with
 * e filled when auth->url cannot be used.
 */
struct hook *hook_new(struct event_base *base, const struct conf_auth *auth,
    struct http_tls *tls, unsigned connections, struct metrics *m,
    struct err *e);

/*
 * Nothing more is asked: the calls under way have their answers yet, then h is
 * freed. Until then it is in the list, whose owner may free it earlier.
 */
void hook_retire(struct hook *h, struct list *retired);
void hook_free_retired(struct list *retired);

/*
 * Close all connections and free everything; calls under way are never
 * answered. Not from within on_answer. NULL is fine.
 */
void hook_free(struct hook *h);

/*
 * Ask about a client. on_answer is called exactly once, later, from the event
 * loop, unless the call is cancelled; with it the hook_call is gone. rq is
 * copied. NULL when the queue is full or memory is out: answer 503; it has
 * been counted and logged.
 */
struct hook_call *hook_ask(struct hook *h, const struct hook_request *rq,
    hook_answer_fn on_answer, void *arg);

/*
 * The client has gone: on_answer is not called any more. The app sees its
 * connection closed when it has been asked already. NULL is fine.
 */
void hook_cancel(struct hook_call *c);

#endif
