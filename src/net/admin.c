#include "net/admin.h"

#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/hub.h"
#include "core/metrics.h"
#include "sys/listen.h"

enum { BACKLOG = 64, TIMEOUT_S = 10, HEADERS_MAX = 8192, BODY_MAX = 1024 };

struct admin {
	struct admin_view view;
	struct evhttp *http; /* owned */
	const char *address; /* borrowed */
};

static void answer(struct evhttp_request *request, int status, const char *type,
    const struct buf *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evhttp_request_get_output_buffer(request);

	(void)evhttp_add_header(headers, "Content-Type", type);
	(void)evhttp_add_header(headers, "Cache-Control", "no-store");
	(void)evbuffer_add(out, body->data, body->len);
	evhttp_send_reply(request, status, NULL, NULL);
}

static void answer_text(
    struct evhttp_request *request, int status, const char *text)
{
	struct buf body = { 0 };

	buf_puts(&body, text);
	answer(request, status, "text/plain; charset=utf-8", &body);
	buf_fini(&body);
}

/* The process runs and its main loop turns; nothing else is asked. */
static void on_healthz(struct evhttp_request *request, void *arg)
{
	(void)arg;
	answer_text(request, 200, "ok\n");
}

/* 200 when clients should be sent here; else the body says what is missing. */
static void on_readyz(struct evhttp_request *request, void *arg)
{
	const struct admin *a = arg;
	struct buf body = { 0 };

	if (atomic_load(a->view.is_draining))
		buf_puts(&body, "draining: the gateway is shutting down\n");
	if (!hub_is_up(a->view.hub))
		buf_printf(&body,
		    "backend: %s is not connected and subscribed\n",
		    a->view.backend);
	if (body.len > 0)
		answer(request, 503, "text/plain; charset=utf-8", &body);
	else
		answer_text(request, 200, "ready\n");
	buf_fini(&body);
}

static void on_metrics(struct evhttp_request *request, void *arg)
{
	const struct admin *a = arg;
	struct buf body = { 0 };

	metrics_print(a->view.metrics, a->view.metrics_count, &body);
	answer(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
	buf_fini(&body);
}

static void on_other(struct evhttp_request *request, void *arg)
{
	(void)arg;
	answer_text(request, 404, "try /healthz, /readyz or /metrics\n");
}

static int set_up(struct admin *a)
{
	evhttp_set_allowed_methods(a->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_timeout(a->http, TIMEOUT_S);
	evhttp_set_max_headers_size(a->http, HEADERS_MAX);
	evhttp_set_max_body_size(a->http, BODY_MAX);
	evhttp_set_gencb(a->http, on_other, a);
	if (evhttp_set_cb(a->http, "/healthz", on_healthz, a) < 0 ||
	    evhttp_set_cb(a->http, "/readyz", on_readyz, a) < 0 ||
	    evhttp_set_cb(a->http, "/metrics", on_metrics, a) < 0)
		return -1;
	return 0;
}

struct admin *admin_open(struct event_base *base, const char *address,
    const struct admin_view *view, struct err *e)
{
	const struct listen_options options = { .backlog = BACKLOG };
	char actual[LISTEN_TEXT_MAX];
	struct admin *a;
	int fd = listen_open(address, &options, actual, e);

	if (fd < 0)
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->view = *view;
	a->address = address;
	a->http = evhttp_new(base);
	if (!a->http || set_up(a) < 0 ||
	    evhttp_accept_socket(a->http, fd) < 0) {
		(void)err_set(e, -1, "admin: out of memory");
		(void)close(fd);
		admin_close(a);
		return NULL;
	}
	log_info("admin", "listening", kv_str("address", actual));
	return a;
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	if (a->http)
		evhttp_free(a->http);
	listen_remove(a->address);
	free(a);
}
