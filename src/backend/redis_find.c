/*
 * redis_find: the one server of redis.url. Its name is looked up at each query,
 * and so leads to where the server is by then.
 */
#include "backend/redis_find.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_login.h"
#include "backend/redis_tls.h"
#include "backend/redis_url.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "sys/timer.h"

enum { TIMEOUT_MS = 5000 };

struct redis_find {
	struct event_base *base;
	struct redis_url url;
	struct redis_login login;
	bool is_tls;
	struct redis_tls tls; /* where is_tls */
};

struct redis_find *redis_find_new(
    struct event_base *base, const struct conf_redis *conf, struct err *e)
{
	struct redis_find *f = xcalloc(1, sizeof *f);
	struct err why;
	int rc = redis_url_parse(&f->url, conf->url, &why);

	if (rc < 0) {
		(void)err_set(e, rc, "redis.url: %s", why.text);
		free(f);
		return NULL;
	}
	f->base = base;
	f->login = (struct redis_login){
		.username = conf->username ? conf->username : f->url.username,
		.password = f->url.password,
		.password_file = conf->password_file,
	};
	f->is_tls = conf->tls.is_on;
	f->tls = redis_tls_of(&conf->tls, f->url.address.host);
	return f;
}

void redis_find_free(struct redis_find *f)
{
	if (!f)
		return;
	redis_url_fini(&f->url);
	free(f);
}

const char *redis_find_shown(const struct redis_find *f)
{
	return f->url.shown;
}

uint32_t redis_find_database(const struct redis_find *f)
{
	return f->url.database;
}

const struct redis_login *redis_find_login(const struct redis_find *f)
{
	return &f->login;
}

const struct redis_tls *redis_find_tls(const struct redis_find *f)
{
	return f->is_tls ? &f->tls : NULL;
}

/* --- where it is --- */

struct redis_find_query {
	resolve_fn fn;
	void *arg;
	struct resolve *resolve; /* owned; until it has answered */
	struct event *deadline;  /* owned; timer */
};

void redis_find_abandon(struct redis_find_query *q)
{
	if (!q)
		return;
	resolve_abandon(q->resolve);
	event_free(q->deadline);
	free(q);
}

/* Answer, and be gone. */
static void finish(struct redis_find_query *q,
    const struct resolve_address *addresses, size_t count, const char *why)
{
	struct redis_find_query last = *q;

	redis_find_abandon(q);
	last.fn(last.arg, addresses, count, why);
}

static void on_resolved(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct redis_find_query *q = arg;

	q->resolve = NULL;
	finish(q, addresses, count, why);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	finish(arg, NULL, 0, "no name server answers");
}

struct redis_find_query *redis_find_start(
    struct redis_find *f, resolve_fn fn, void *arg)
{
	struct redis_find_query *q = xcalloc(1, sizeof *q);

	q->fn = fn;
	q->arg = arg;
	q->deadline = evtimer_new(f->base, on_deadline, q);
	if (!q->deadline)
		fatal("redis", "cannot add an event: out of memory");
	timer_arm(q->deadline, TIMEOUT_MS, "redis");
	q->resolve = resolve_start(f->base, &f->url.address, on_resolved, q);
	return q;
}
