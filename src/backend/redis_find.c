/*
 * redis_find: the one server of redis.url, or the one that an oracle names. Its
 * name is looked up at each query, and so leads to where the server is by then.
 */
#include "backend/redis_find.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis_failure.h"
#include "backend/redis_tls.h"
#include "backend/redis_url.h"
#include "base/list.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "sys/timer.h"

enum { TIMEOUT_MS = 5000 };

struct redis_find {
	struct event_base *base;
	struct redis_url url;   /* whose user and password they are, or empty */
	struct address address; /* the last that is known */
	bool is_doubted;        /* the server there did not do */
	bool is_followed;       /* we have been sent there */
	char shown[ADDRESS_TEXT_MAX];
	const char *source; /* NULL: there is one */
	struct redis_login login;
	const struct conf_tls *conf_tls;
	struct redis_tls tls;            /* where that is on */
	struct redis_find_oracle oracle; /* asks nobody, where there is none */
	struct list waiting;             /* of redis_find_query: for it */
};

/* --- life --- */

static void set_address(struct redis_find *f, const struct address *address)
{
	f->address = *address;
	f->is_doubted = false;
	f->tls = redis_tls_of(f->conf_tls, f->address.host);
	address_format(&f->address, f->shown);
}

struct redis_find *redis_find_new_at(struct event_base *base,
    const char *source, const struct address *address,
    const struct redis_login *login, const struct conf_tls *tls)
{
	struct redis_find *f = xcalloc(1, sizeof *f);

	f->base = base;
	f->source = source;
	f->login = *login;
	f->conf_tls = tls;
	list_init(&f->waiting);
	set_address(f, address);
	return f;
}

/* Keys of their own stand above what the url says. */
static struct redis_login login_of(
    const struct conf_redis *conf, const struct redis_url *url)
{
	struct redis_login login = redis_login_of(conf);

	login.password = url->password;
	if (!login.username)
		login.username = url->username;
	return login;
}

/* Where it is, an oracle will tell. */
static struct redis_find *new_somewhere(
    struct event_base *base, const struct conf_redis *conf)
{
	const struct redis_login login = redis_login_of(conf);
	const struct address nowhere = { .port = 0 };
	struct redis_find *f = redis_find_new_at(
	    base, conf_redis_name(conf), &nowhere, &login, &conf->tls);

	(void)snprintf(f->shown, sizeof f->shown, "%s",
	    conf_has_sentinel(conf) ? conf->sentinel.master
				    : conf->cluster.addresses.items[0]);
	return f;
}

struct redis_find *redis_find_new(
    struct event_base *base, const struct conf_redis *conf, struct err *e)
{
	struct redis_login login;
	struct redis_find *f;
	struct redis_url url;
	struct err why;
	int rc;

	if (conf_has_sentinel(conf) || conf_has_cluster(conf))
		return new_somewhere(base, conf);
	rc = redis_url_parse(&url, conf->url, &why);
	if (rc < 0) {
		(void)err_set(e, rc, "redis.url: %s", why.text);
		return NULL;
	}
	login = login_of(conf, &url);
	f = redis_find_new_at(
	    base, conf_redis_name(conf), &url.address, &login, &conf->tls);
	f->url = url;
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
	return f->shown;
}

const char *redis_find_source(const struct redis_find *f)
{
	return f->source;
}

const struct address *redis_find_address(const struct redis_find *f)
{
	return &f->address;
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
	return f->conf_tls->is_on ? &f->tls : NULL;
}

/* --- where it is --- */

struct redis_find_query {
	struct redis_find *find;
	struct list node; /* in waiting, until the oracle has told */
	redis_find_fn fn;
	void *arg;
	struct resolve *resolve; /* owned; until it has answered */
	struct event *deadline;  /* owned; timer */
};

void redis_find_abandon(struct redis_find_query *q)
{
	if (!q)
		return;
	list_del(&q->node);
	resolve_abandon(q->resolve);
	event_free(q->deadline);
	free(q);
}

/* Answer, and be gone. */
static void finish(struct redis_find_query *q,
    const struct resolve_address *addresses, size_t count,
    const struct redis_failure *why)
{
	struct redis_find_query last = *q;

	redis_find_abandon(q);
	last.fn(last.arg, addresses, count, why);
}

/* Nobody knows the name. */
static void fail_resolve(struct redis_find_query *q, const char *reason)
{
	const struct redis_failure why =
	    redis_failure_make(REDIS_FAILURE_RESOLVE, reason);

	finish(q, NULL, 0, &why);
}

static void on_resolved(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct redis_find_query *q = arg;

	q->resolve = NULL;
	if (count > 0)
		finish(q, addresses, count, NULL);
	else
		fail_resolve(q, why);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	fail_resolve(arg, "no name server answers");
}

static void look_up(struct redis_find_query *q)
{
	struct redis_find *f = q->find;

	q->resolve = resolve_start(f->base, &f->address, on_resolved, q);
}

static struct redis_find_query *new_query(
    struct redis_find *f, redis_find_fn fn, void *arg)
{
	struct redis_find_query *q = xcalloc(1, sizeof *q);

	q->find = f;
	q->fn = fn;
	q->arg = arg;
	list_init(&q->node);
	q->deadline = timer_new(f->base, on_deadline, q, "redis");
	timer_arm(q->deadline, TIMEOUT_MS, "redis");
	return q;
}

struct redis_find_query *redis_find_again(
    struct redis_find *f, redis_find_fn fn, void *arg)
{
	struct redis_find_query *q = new_query(f, fn, arg);

	look_up(q);
	return q;
}

struct redis_find_query *redis_find_start(
    struct redis_find *f, redis_find_fn fn, void *arg)
{
	struct redis_find_query *q;

	if (!f->oracle.ask || f->is_followed) {
		f->is_followed = false;
		return redis_find_again(f, fn, arg);
	}
	q = new_query(f, fn, arg);
	list_add(&f->waiting, &q->node);
	f->oracle.ask(f->oracle.arg);
	return q;
}

/* --- what a server is worth --- */

void redis_find_follow(struct redis_find *f, const struct address *to)
{
	set_address(f, to);
	f->is_followed = true;
}

void redis_find_doubt(struct redis_find *f)
{
	f->is_doubted = true;
}

bool redis_find_is_doubted(const struct redis_find *f)
{
	return f->is_doubted;
}

/* --- what an oracle says --- */

void redis_find_set_oracle(
    struct redis_find *f, const struct redis_find_oracle *oracle)
{
	f->oracle = *oracle;
}

/* Who hears of it may abandon others that wait. */
void redis_find_tell(struct redis_find *f, const struct address *address,
    const struct redis_failure *why)
{
	struct list told;

	if (address)
		set_address(f, address);
	list_take(&told, &f->waiting);
	while (!list_is_empty(&told)) {
		struct redis_find_query *q =
		    container_of(told.next, struct redis_find_query, node);

		list_del(&q->node);
		if (address)
			look_up(q);
		else
			finish(q, NULL, 0, why);
	}
}
