/*
 * redis_approach: one address at a time.
 *
 *     dialling --connected--> greeting --let in--> gone
 *     greeting --not let in, an address is left--> dialling
 *     either --none is left, or what is ours fails--> gone
 */
#include "backend/redis_approach.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_dial.h"
#include "backend/redis_failure.h"
#include "backend/redis_find.h"
#include "backend/redis_greeting.h"
#include "backend/redis_role.h"
#include "backend/redis_tls.h"
#include "base/log.h"
#include "base/mem.h"
#include "proto/resp.h"
#include "proto/resp_items.h"
#include "sys/timer.h"
#include "sys/wire.h"

enum { GREETING_TIMEOUT_MS = 5000 };

struct redis_approach {
	struct event_base *base;
	struct redis_approach_options options;
	redis_approach_fn fn;
	void *arg;
	struct redis_dial *dial;        /* owned */
	struct redis_greeting greeting; /* while one is under way */
	struct resp_items *items;       /* owned; what is answered to it */
	struct event *deadline;         /* owned; timer, the same */
	struct redis_failure refusal;   /* of the last address that answered */
	bool is_refused;                /* there is one */
};

/* --- how it ends --- */

static void approach_free(struct redis_approach *a)
{
	redis_dial_abandon(a->dial);
	resp_items_free(a->items);
	event_free(a->deadline);
	free(a);
}

void redis_approach_abandon(struct redis_approach *a)
{
	if (!a)
		return;
	wire_close(a->options.wire);
	approach_free(a);
}

static void fail(struct redis_approach *a, const struct redis_failure *why)
{
	const struct redis_failure last_why = *why;
	struct redis_approach last = *a;

	redis_approach_abandon(a);
	last.fn(last.arg, NULL, &last_why);
}

static void fail_by(struct redis_approach *a, struct redis_failure why)
{
	fail(a, &why);
}

static void arrive(struct redis_approach *a)
{
	struct redis_approach last = *a;

	a->items = NULL;
	approach_free(a);
	last.fn(last.arg, last.items, NULL);
}

/* Who answers here is not for us: the next address may lead to one who is. */
static void pass_over(struct redis_approach *a, const struct redis_failure *why)
{
	wire_close(a->options.wire);
	resp_items_free(a->items);
	a->items = NULL;
	(void)event_del(a->deadline);
	if (!redis_dial_next(a->dial)) {
		fail(a, why);
		return;
	}
	a->refusal = *why;
	a->is_refused = true;
	log_debug(LOG_REDIS, "the next address is tried",
	    kv_given("source", redis_find_source(a->options.find)),
	    kv_str("address", redis_find_shown(a->options.find)),
	    kv_str("reason", why->reason));
}

/* TLS has failed, or there may be too much or too little of it. */
static void pass_over_by_tls(struct redis_approach *a, struct redis_failure why)
{
	redis_tls_explain(
	    redis_find_tls(a->options.find), wire_tls(a->options.wire), &why);
	pass_over(a, &why);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	pass_over_by_tls(arg, redis_failure_make(REDIS_FAILURE_TIMEOUT,
				  "the server does not answer"));
}

/* --- what is answered --- */

static int send_all(struct redis_approach *a, struct buf *out)
{
	int rc = 0;

	if (out->len > 0)
		rc = wire_send(a->options.wire, buf_slice(out));
	buf_wipe(out);
	return rc;
}

/* False: the greeting is over. */
static bool take(struct redis_approach *a, const struct resp_part *part)
{
	struct buf out = { .len = 0 };
	struct redis_failure why;
	int rc = redis_greeting_take(&a->greeting, part, &out, &why);
	int sent = send_all(a, &out);

	if (rc < 0)
		pass_over(a, &why);
	else if (rc == 1)
		arrive(a);
	else if (sent < 0)
		fail_by(a, redis_failure_memory());
	else
		return true;
	return false;
}

static void fail_protocol(struct redis_approach *a, const struct err *e)
{
	struct err why;

	(void)err_set(&why, -EPROTO, "protocol error: %s", e->text);
	pass_over_by_tls(
	    a, redis_failure_make(REDIS_FAILURE_PROTOCOL, why.text));
}

/* All that is whole. False: the greeting is over. */
static bool take_all(struct redis_approach *a)
{
	struct resp_part part;
	struct err e;
	int rc;

	while ((rc = resp_items_next(a->items, &part, &e)) == 1)
		if (!take(a, &part))
			return false;
	if (rc < 0)
		fail_protocol(a, &e);
	return rc == 0;
}

static void on_readable(void *arg)
{
	struct redis_approach *a = arg;
	char input[RESP_FEED_MAX];
	ssize_t got = wire_read(a->options.wire, input, sizeof input);

	if (got > 0 &&
	    resp_items_feed(a->items, slice_of(input, (size_t)got)) < 0)
		fail_by(a, redis_failure_memory());
	else if (take_all(a) && got <= 0 && got != -EAGAIN)
		pass_over_by_tls(
		    a, got == 0 ? redis_failure_make(REDIS_FAILURE_CLOSED,
				      "closed by the server")
				: redis_failure_errno((int)-got));
}

static const struct wire_sink wire_sink = { .on_readable = on_readable };

/* --- from an address to the greeting --- */

/* What cannot be said here cannot be said elsewhere. */
static void greet(struct redis_approach *a)
{
	const struct redis_approach_options *o = &a->options;
	struct buf out = { .len = 0 };
	struct redis_failure why;

	redis_role_begin(o->role, o->rule);
	if (!redis_greeting_write(&a->greeting, redis_find_login(o->find),
		o->database, o->role, &out, &why)) {
		buf_wipe(&out);
		fail(a, &why);
	} else if (send_all(a, &out) < 0)
		fail_by(a, redis_failure_memory());
	else
		timer_arm(a->deadline, GREETING_TIMEOUT_MS, "redis");
}

/* No address is left. Who has answered says more than who has not. */
static void fail_to_dial(
    struct redis_approach *a, const struct redis_failure *why)
{
	a->dial = NULL;
	fail(a, a->is_refused ? &a->refusal : why);
}

static void on_dialled(void *arg, int fd, const struct redis_failure *failure)
{
	struct redis_approach *a = arg;
	const struct redis_approach_options *o = &a->options;
	struct redis_failure why;

	if (fd < 0) {
		fail_to_dial(a, failure);
		return;
	}
	if (redis_tls_open(redis_find_tls(o->find), o->wire, a->base, fd,
		&wire_sink, a, &why) < 0) {
		fail(a, &why);
		return;
	}
	a->items = resp_items_new(o->max_string);
	wire_set_reading(o->wire, true);
	greet(a);
}

struct redis_approach *redis_approach_start(struct event_base *base,
    const struct redis_approach_options *options, redis_approach_fn fn,
    void *arg)
{
	struct redis_approach *a = xcalloc(1, sizeof *a);

	a->base = base;
	a->options = *options;
	a->fn = fn;
	a->arg = arg;
	a->deadline = timer_new(base, on_deadline, a, "redis");
	a->dial = redis_dial_start(base, options->find, on_dialled, a);
	return a;
}
