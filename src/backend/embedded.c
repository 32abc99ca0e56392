/*
 * embedded: this file accepts; embedded_pool decides who may be here,
 * embedded_publisher serves one of them, embedded_commands knows what may be
 * asked. Room channels need no watch: every payload comes.
 */
#include "backend/embedded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "backend/embedded_pool.h"
#include "backend/embedded_stream.h"
#include "backend/embedded_told.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/secret.h"
#include "core/metrics.h"
#include "sys/intake.h"
#include "sys/listen.h"
#include "sys/timer.h"

enum { BACKLOG = 128 };

struct backend {
	const struct conf *conf;
	struct metrics *metrics;
	const struct backend_sink *sink;
	void *arg;
	struct embedded_pool pool;
	struct embedded_stream stream;   /* nobody's but with history.stream */
	struct embedded_events events;   /* nobody's but with events */
	char *password;                  /* owned; NULL: none is asked for */
	struct evconnlistener *listener; /* owned */
	struct listen_place place;       /* where that listens */
	struct event *start;             /* owned; timer: say that it is up */
	struct intake intake;            /* of that listener */
};

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *addr, int len, void *arg)
{
	struct backend *b = arg;
	char address[IP_PORT_TEXT_MAX] = "unix";
	struct ip ip;
	uint16_t port;

	(void)listener, (void)len;
	if (ip_from_sockaddr(addr, &ip, &port))
		ip_format_port(&ip, port, address);
	embedded_pool_add(&b->pool, fd, address);
}

static void shut_listener(void *arg)
{
	struct backend *b = arg;

	(void)evconnlistener_disable(b->listener);
}

static bool open_listener(void *arg)
{
	struct backend *b = arg;

	return evconnlistener_enable(b->listener) == 0;
}

static void say_again(void *arg)
{
	(void)arg;
	log_info(LOG_EMBEDDED, "accepting again", kv_none);
}

static const struct intake_ops intake_ops = {
	.component = "embedded",
	.shut = shut_listener,
	.open = open_listener,
	.say_again = say_again,
};

static void on_accept_error(struct evconnlistener *listener, void *arg)
{
	int code = EVUTIL_SOCKET_ERROR();
	struct backend *b = arg;

	(void)listener;
	if (intake_starve(&b->intake)) {
		metrics_inc(b->metrics, METRIC_ACCEPT_PAUSES);
		log_warn(LOG_EMBEDDED, "accepting pauses",
		    kv_str("error", strerrordesc_np(code)),
		    kv_int("pause_ms", INTAKE_PAUSE_MS));
	}
	intake_pause(&b->intake);
}

/* What has been before the first entry: nobody can have added one yet. */
static void mark_stream(struct backend *b)
{
	char id[PLACE_MAX + 1];

	b->sink->on_mark(b->arg, place_print_entry(&b->stream.last, id));
}

static void on_start(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;

	(void)fd, (void)what;
	metrics_inc(b->metrics, METRIC_BACKEND_CONNECTS);
	if (b->conf->history.stream)
		mark_stream(b);
	b->sink->on_state(b->arg, BACKEND_UP);
}

static void embedded_close(struct backend *b)
{
	if (!b)
		return;
	if (b->listener)
		evconnlistener_free(b->listener);
	listen_remove(&b->place);
	intake_fini(&b->intake);
	if (b->start)
		event_free(b->start);
	embedded_pool_fini(&b->pool);
	embedded_events_fini(&b->events);
	secret_free(b->password);
	free(b);
}

/* Whoever is in stays. */
static int embedded_reload(struct backend *b, struct err *e)
{
	const char *file = b->conf->embedded.password_file;
	char *password = NULL;
	int rc = file ? secret_read(file, &password, e) : 0;

	if (rc < 0)
		return rc;
	embedded_pool_use_password(&b->pool, password);
	secret_free(b->password);
	b->password = password;
	return 0;
}

static void embedded_use_conf(struct backend *b, const struct conf *conf)
{
	b->conf = conf;
	embedded_pool_use_conf(&b->pool, conf);
}

static int start_listening(struct backend *b, struct event_base *base,
    const struct conf *conf, struct err *e)
{
	const struct listen_options options = {
		.backlog = BACKLOG,
		.mode = conf->embedded.access.bits,
		.gid = conf->embedded.access.gid,
	};
	int fd = listen_open(conf->embedded.listen, &options, &b->place, e);

	if (fd < 0)
		return fd;
	/* libevent would not say that it could not be enabled. */
	b->listener = evconnlistener_new(base, on_accept, b,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0,
	    fd);
	if (!b->listener) {
		(void)close(fd);
		return err_set(e, -ENOMEM, "cannot add events");
	}
	if (evconnlistener_enable(b->listener) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	evconnlistener_set_error_cb(b->listener, on_accept_error);
	log_info(LOG_EMBEDDED, "listening", kv_str("address", b->place.text));
	return 0;
}

static int embedded_open(struct backend **out, struct event_base *base,
    const struct backend_options *options, struct err *e)
{
	struct backend *b = xcalloc(1, sizeof *b);
	const struct embedded_host host = {
		.conf = options->conf,
		.sink = options->sink,
		.arg = options->arg,
		.stream = &b->stream,
		.events = &b->events,
	};
	int rc;

	b->conf = options->conf;
	b->metrics = options->metrics;
	b->sink = options->sink;
	b->arg = options->arg;
	embedded_stream_init(&b->stream);
	embedded_events_init(&b->events, &b->conf->events, &embedded_told_ops);
	embedded_pool_init(&b->pool, base, b->metrics, &host);
	b->start = timer_new(base, on_start, b, "embedded");
	intake_init(&b->intake, base, &intake_ops, b);
	timer_arm(b->start, 0, "embedded");
	rc = embedded_reload(b, e);
	if (rc == 0)
		rc = start_listening(b, base, b->conf, e);
	if (rc < 0) {
		embedded_close(b);
		return rc;
	}
	*out = b;
	return 0;
}

/* Publishers are here: whatever the room, they say it to this process. */
static bool embedded_needs_watch(const struct conf *conf)
{
	(void)conf;
	return false;
}

/* Never called. */
static void embedded_ignore_room(struct backend *b, struct slice room)
{
	(void)b, (void)room;
}

static void embedded_set_paused(struct backend *b, bool is_paused)
{
	embedded_pool_set_paused(&b->pool, is_paused);
}

/* As if a publisher had sent it. */
static void embedded_publish(struct backend *b, struct backend_publication *p)
{
	char id[PLACE_MAX + 1];
	struct backend_message m = { .channel = p->channel,
		.payload = p->payload };
	struct backend_told told = { .receivers = 1 };

	if (b->conf->history.is_on && b->conf->history.stream)
		m.id = embedded_stream_next(&b->stream, id);
	told.error = b->sink->on_message(b->arg, &m).why_not;
	b->sink->on_batch_end(b->arg);
	p->on_told(p, &told);
}

/* Each is told at once. */
static void embedded_forget(struct backend *b, struct backend_publication *p)
{
	(void)b, (void)p;
}

static void embedded_post_event(struct backend *b, struct app_event *e)
{
	embedded_events_post(&b->events, e);
}

static bool embedded_has_events(const struct backend *b)
{
	return embedded_events_are_leaving(&b->events);
}

/* And the listener. */
static unsigned embedded_files_max(const struct conf *conf)
{
	(void)conf;
	return EMBEDDED_PUBLISHERS_MAX + 1;
}

const struct backend_ops embedded_backend = {
	.name = "embedded",
	.needs_watch = embedded_needs_watch,
	.files_max = embedded_files_max,
	.open = embedded_open,
	.watch_room = embedded_ignore_room,
	.unwatch_room = embedded_ignore_room,
	.reload = embedded_reload,
	.use_conf = embedded_use_conf,
	.set_paused = embedded_set_paused,
	.publish = embedded_publish,
	.forget = embedded_forget,
	.post_event = embedded_post_event,
	.has_events = embedded_has_events,
	.close = embedded_close,
};
