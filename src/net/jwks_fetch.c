/* jwks_fetch: see jwks_fetch.h. A pool of one link, which is used once. */
#include "net/jwks_fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "conf/url.h"
#include "net/http_pool.h"
#include "net/http_tls.h"
#include "sys/timer.h"

enum { STATUS_OK = 200 };

struct jwks_fetch {
	struct url url;
	struct http_tls *tls; /* a reference, or NULL */
	struct http_pool pool;
	struct http_link *link; /* of the pool, or NULL */
	size_t addresses_tried;
	struct buf request;
	struct event *begin;    /* owned; a timer of no time */
	struct event *deadline; /* owned */
	jwks_fetch_fn fn;
	void *arg;
};

static void fail(
    struct jwks_fetch *f, enum jwks_failure why, const char *detail)
{
	f->fn(f->arg, NULL, why, detail);
}

static void fail_errno(struct jwks_fetch *f, enum jwks_failure why, int error)
{
	fail(f, why, error ? strerrordesc_np(error) : NULL);
}

/* --- a connection --- */

static void send_request(struct jwks_fetch *f, struct http_link *l)
{
	f->link = l;
	if (http_link_send(l, buf_slice(&f->request)) < 0)
		fail(f, JWKS_FAILURE_MEMORY, NULL);
}

static void begin(struct jwks_fetch *f)
{
	int error;
	struct http_link *l =
	    http_pool_take(&f->pool, &f->addresses_tried, &error);

	if (l)
		send_request(f, l);
	else if (error)
		fail_errno(f, JWKS_FAILURE_CONNECT, error);
}

/* Once the address that has failed is known not to be the first any more. */
static void try_next(struct jwks_fetch *f, struct http_link *l)
{
	int error = l->error;

	if (error == EPROTO)
		http_tls_failed(f->tls, wire_tls(&l->wire));
	f->link = NULL;
	http_pool_drop(&f->pool, l);
	l = http_pool_dial(&f->pool, &f->addresses_tried, &error);
	if (l)
		send_request(f, l);
	else if (error == EPROTO)
		fail(f, JWKS_FAILURE_TLS, NULL);
	else
		fail_errno(f, JWKS_FAILURE_CONNECT, error);
}

static void take_reply(struct jwks_fetch *f, const struct http_reply *reply)
{
	struct err e;

	http_tls_came_up(f->tls);
	if (reply->status == STATUS_OK) {
		f->fn(f->arg, reply, JWKS_FAILURE_NONE, NULL);
		return;
	}
	(void)err_set(&e, 0, "the status is %d", reply->status);
	fail(f, JWKS_FAILURE_STATUS, e.text);
}

static void on_link(void *arg, struct http_link *l, enum http_link_event what)
{
	struct jwks_fetch *f = arg;

	switch (what) {
	case HTTP_LINK_DONE:
		take_reply(f, &l->reply);
		break;
	case HTTP_LINK_REFUSED:
		try_next(f, l);
		break;
	case HTTP_LINK_CUT:
		fail_errno(f, JWKS_FAILURE_CLOSED, l->error);
		break;
	case HTTP_LINK_BAD:
		fail(f, JWKS_FAILURE_HTTP, l->reply.why);
		break;
	case HTTP_LINK_TOO_LARGE:
		fail(f, JWKS_FAILURE_SIZE, l->reply.why);
		break;
	case HTTP_LINK_NO_MEMORY:
		fail(f, JWKS_FAILURE_MEMORY, NULL);
		break;
	case HTTP_LINK_STALE: /* these are of links that rest */
	case HTTP_LINK_IDLE_END:
		fatal("jwks", "a connection was used again");
	}
}

static void on_addresses(void *arg, const char *why)
{
	struct jwks_fetch *f = arg;

	if (why)
		fail(f, JWKS_FAILURE_RESOLVE, why);
	else
		begin(f);
}

/* --- time --- */

static const char *where(const struct jwks_fetch *f)
{
	if (!f->link)
		return "looking up the host";
	if (f->link->state == HTTP_LINK_CONNECTING)
		return "connecting";
	if (f->link->state == HTTP_LINK_SECURING)
		return "in the TLS handshake";
	return "waiting for the answer";
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct jwks_fetch *f = arg;

	(void)fd, (void)what;
	fail(f, JWKS_FAILURE_TIMEOUT, where(f));
}

static void on_begin(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	begin(arg);
}

/* --- life --- */

static void print_request(const struct url *u, struct buf *out)
{
	buf_printf(out,
	    "GET %.*s HTTP/1.1\r\n"
	    "Host: %.*s\r\n"
	    "Accept: application/jwk-set+json, application/json\r\n"
	    "User-Agent: roomcast/" ROOMCAST_VERSION "\r\n"
	    "Connection: close\r\n"
	    "\r\n",
	    (int)u->path.len, u->path.ptr, (int)u->authority.len,
	    u->authority.ptr);
}

struct jwks_fetch *jwks_fetch_start(struct event_base *base, const char *url,
    struct http_tls *tls, jwks_fetch_fn fn, void *arg)
{
	struct jwks_fetch *f = xcalloc(1, sizeof *f);
	struct err e;

	if (url_parse_jwks(&f->url, url, &e) < 0)
		fatal("jwks", e.text);
	f->tls = http_tls_ref(tls);
	f->fn = fn;
	f->arg = arg;
	f->pool = (struct http_pool){ .base = base,
		.url = &f->url,
		.links = { .tls = http_tls_client(tls),
		    .max_body = JWKS_FETCH_BODY_MAX,
		    .fn = on_link,
		    .arg = f },
		.on_addresses = on_addresses,
		.arg = f,
		.max_links = 1 };
	http_pool_init(&f->pool);
	print_request(&f->url, &f->request);
	f->begin = timer_new(base, on_begin, f, "jwks");
	f->deadline = timer_new(base, on_deadline, f, "jwks");
	timer_arm(f->begin, 0, "jwks");
	timer_arm(f->deadline, JWKS_FETCH_TIME_MS, "jwks");
	return f;
}

void jwks_fetch_free(struct jwks_fetch *f)
{
	if (!f)
		return;
	http_pool_fini(&f->pool);
	event_free(f->begin);
	event_free(f->deadline);
	buf_fini(&f->request);
	http_tls_unref(f->tls);
	free(f);
}
