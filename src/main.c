/*
 * roomcast: a WebSocket fan-out gateway. This file reads the arguments, boots
 * everything in order, runs the main loop and shuts down.
 *
 * The map. A file includes its own folder and lower floors only.
 *
 *   base/    knows nothing of the project
 *     err log fatal mem buf slice list map hash clock bucket spell wheel mailbox
 *     slots file ascii utf8 base64url address ip prefix suggest
 *     crypto hmac public_key signature         on OpenSSL's libcrypto
 *   proto/   pure protocol code, no sockets
 *     json json_tree object    JSON: scanned, as a tree, as an object's keys
 *     envelope envelope_reason control    a publisher's payload, a command
 *     http http_fields http_query handshake    a client's request head
 *     http_reply               an HTTP answer, as the hook gets it
 *     proxy forwarded origin cookie token glob    what a head may hold
 *     names                    what rooms, users and claims may be called
 *     jwt jwt_keys jwk         tokens
 *     frame wsdec              WebSocket frames out and in
 *     deflate_offer deflater   permessage-deflate
 *     resp resp_write inline   Redis' protocol
 *   conf/    the configuration: rows, engine, errors with line and column
 *     yamldoc node expand quantity mistakes secret url
 *     paths
 *     schema_read schema_preset schema_value schema_dump schema_reference
 *     conf conf_load conf_print    what all go by; read, printed
 *     conf_listen conf_access conf_auth conf_route conf_origin    its parts
 *     conf_rows conf_rows_clients conf_rows_auth conf_rows_run    its keys
 *     conf_check conf_passwords conf_notes reserved pattern
 *   sys/     the operating system
 *     arguments listen inherited limits notify
 *     timer signals loop_log resolve dial      on libevent
 *     tls tls_bio tls_server tls_pair tls_trial tls_failure    on libssl
 *   core/    rooms, connections and the way of a message; waits for sockets
 *            of clients, but never reads or writes them
 *     hub router lookup aim compressor    main thread: payload to workers
 *     interest watches outbox  which of them care, what is posted to them
 *     message command mail ask    what threads hand each other
 *     turn worker              a thread that serves clients
 *     fanout steer             to whom a message, a command goes
 *     deliver slow flush       into what waits for one, and out of it
 *     backlog outq spares      what waits
 *     conn ids poller          a client, and when its socket is ready
 *     membership room          who is in which room
 *     closing relief stop      how all go, or those who hold most
 *     metrics closed refused   what is counted, by reason
 *     backend                  what a source of payloads can do
 *     threads pulse watchdog   the workers' threads, whether all turn
 *   net/     clients and operators
 *     transport                what core asks, by a connection's state
 *     listener accept certificates tls_report    sockets, clients that come
 *     upgrade arrival clients addresses health    one, until its head is there
 *     decide verdict request pending    the verdict, or a question
 *     admit route route_rooms identity    what it goes by
 *     refuse                   an HTTP answer, or
 *     session session_ops websocket    an open connection
 *     linger io                its end; the calls on its socket
 *     authenticators auth_keys who it is, by a token
 *     hooks hook hook_pool hook_link hook_request hook_answer
 *     hook_failure             or by the app's word
 *     shared                   what workers share
 *     reload                   keys, certificates, passwords, read again
 *     admin admin_client admin_answer admin_pages    what operators ask
 *     show_conf                what the command line asks
 *   backend/ where payloads come from
 *     redis redis_session redis_outage    payloads from a Redis server
 *     redis_subscriber redis_channels redis_flights    what is subscribed
 *     redis_canary             whether it would come
 *     redis_link redis_url redis_failure    a connection, why there is none
 *     embedded embedded_pool embedded_publisher    a port that speaks it
 *     embedded_strangers       those who have not said the password
 *     embedded_commands embedded_settings embedded_call    what may be asked
 *     embedded_session embedded_transaction embedded_channels
 *     wire                     a socket of either
 *
 * The way of a message: backend on_message -> hub -> router -> message_new
 * -> mailbox -> fanout -> deliver -> flush -> io_writev.
 * The way of a client: accept -> upgrade -> decide -> session -> linger.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "backend/embedded.h"
#include "backend/redis.h"
#include "base/crypto.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_notes.h"
#include "core/hub.h"
#include "core/interest.h"
#include "core/relief.h"
#include "core/stop.h"
#include "core/threads.h"
#include "core/transport.h"
#include "core/turn.h"
#include "core/watchdog.h"
#include "core/worker.h"
#include "net/admin.h"
#include "net/certificates.h"
#include "net/reload.h"
#include "net/shared.h"
#include "net/show_conf.h"
#include "net/transport.h"
#include "sys/arguments.h"
#include "sys/inherited.h"
#include "sys/limits.h"
#include "sys/loop_log.h"
#include "sys/notify.h"
#include "sys/signals.h"

/* In the order of boot: what stands below needs what stands above. */
struct gateway {
	struct conf *conf;                 /* owned */
	const struct backend_ops *backend; /* the one that is configured */
	unsigned worker_count;
	struct mailbox *mailbox; /* owned; from the workers to the hub */
	struct net_shared net;
	struct relief_sum relief;
	struct worker_shared shared;
	struct worker *workers[INTEREST_MAX_WORKERS]; /* owned */
	struct metrics metrics;                       /* the main thread's */
	struct metrics *blocks[INTEREST_MAX_WORKERS + 1]; /* of all threads */
	struct event_base *base;           /* owned, or the only worker's */
	struct signals *signals;           /* owned */
	struct certificates *certificates; /* owned */
	struct hub *hub;                   /* owned */
	struct stop *stop;                 /* owned */
	struct watchdog *watchdog;         /* owned; NULL: nobody asks */
	struct admin *admin;               /* owned; NULL: not configured */
	pthread_t threads[INTEREST_MAX_WORKERS];
	unsigned running; /* threads whose loop has not ended */
};

/* --- how much of it there is --- */

static void choose_backend(struct gateway *g)
{
	g->backend = g->conf->backend == CONF_BACKEND_EMBEDDED
			 ? &embedded_backend
			 : &redis_backend;
}

static void choose_workers(struct gateway *g)
{
	unsigned count =
	    g->conf->workers ? g->conf->workers : limits_count_cores();

	g->worker_count =
	    count < INTEREST_MAX_WORKERS ? count : INTEREST_MAX_WORKERS;
}

/*
 * With one worker there is nothing to share out: it runs on the main thread
 * and a message wakes that thread only.
 */
static bool is_one_thread(const struct gateway *g)
{
	return g->worker_count == 1;
}

/*
 * Descriptors that are not those of clients up to the limit: whoever may hold
 * some is counted, so that clients cannot use up what the others need. Where
 * there are few, clients still get half.
 */
static size_t reserved_files(const struct gateway *g, size_t files)
{
	enum {
		FILES_MAIN = 16, /* standard streams, log, signals, manager */
		FILES_LOOP = 4,  /* of a worker: polled sets, mailbox */
	};
	size_t reserved = FILES_MAIN + g->worker_count * FILES_LOOP +
			  transport_files_max(g->conf, g->worker_count) +
			  g->backend->files_max;

	if (g->conf->admin.listen)
		reserved += ADMIN_FILES_MAX;
	return reserved < files / 2 ? reserved : files / 2;
}

static void choose_connections(struct gateway *g)
{
	size_t files = limits_raise_files();
	size_t possible = files - reserved_files(g, files);
	size_t wanted = g->conf->limits.connections;

	g->shared.max_connections = wanted < possible ? wanted : possible;
	if (possible < wanted)
		log_warn("main",
		    "limits.connections cannot be met: raise LimitNOFILE "
		    "(ulimit -n) or lower the limit",
		    kv_int("limit", (int64_t)wanted),
		    kv_int("possible", (int64_t)possible),
		    kv_int("files", (int64_t)files));
}

/* --- its parts --- */

static int open_mailbox(struct gateway *g, struct err *e)
{
	g->mailbox = mailbox_new();
	return g->mailbox ? 0 : err_set(e, -ENOMEM, "cannot make a mailbox");
}

/* What all workers share. */
static void share(struct gateway *g)
{
	struct worker_shared *s = &g->shared;

	s->ops = &transport_sockets;
	s->net = &g->net;
	s->hub = g->mailbox;
	s->relief = &g->relief;
	s->rooms_need_watch =
	    g->backend->needs_watch && g->conf->channels.room_prefix[0] != '\0';
	crypto_random(&s->hash_key, sizeof s->hash_key);
	crypto_random(s->id_key, sizeof s->id_key);
	crypto_random(&s->instance, sizeof s->instance);
}

static int open_workers(struct gateway *g, struct err *e)
{
	share(g);
	g->blocks[0] = &g->metrics;
	for (unsigned i = 0; i < g->worker_count; i++) {
		struct worker *w =
		    worker_new(&g->shared, g->conf, i, is_one_thread(g), e);

		g->workers[i] = w;
		if (!w)
			return -ENOMEM;
		g->blocks[i + 1] = &w->metrics;
		if (turn_open(w, e) < 0 || g->shared.ops->start(w, e) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void close_workers(struct gateway *g)
{
	for (unsigned i = 0; i < g->worker_count && g->workers[i]; i++) {
		g->shared.ops->fini(g->workers[i]);
		turn_close(g->workers[i]);
		worker_free(g->workers[i]);
	}
}

static int open_loop(struct gateway *g, struct err *e)
{
	g->base = is_one_thread(g) ? g->workers[0]->base : event_base_new();
	return g->base ? 0 : err_set(e, -ENOMEM, "cannot make an event loop");
}

static void close_loop(struct gateway *g)
{
	/* A DNS look-up that was cancelled frees itself within some turns. */
	for (int i = 0; i < 3 && g->base; i++)
		(void)event_base_loop(g->base, EVLOOP_NONBLOCK);
	if (g->base && !is_one_thread(g))
		event_base_free(g->base);
}

static int watch_certificates(struct gateway *g, struct err *e)
{
	g->certificates =
	    certificates_watch(g->base, g->net.listeners, &g->metrics, e);
	return g->certificates ? 0 : -ENOMEM;
}

static void on_worker_done(void *arg)
{
	struct gateway *g = arg;

	if (--g->running == 0)
		(void)event_base_loopbreak(g->base);
}

static int open_hub(struct gateway *g, struct err *e)
{
	g->hub = hub_new(g->base, g->conf, &g->shared, g->workers,
	    g->worker_count, g->mailbox, &g->metrics, on_worker_done, g, e);
	return g->hub ? hub_start(g->hub, g->backend, e) : -ENOMEM;
}

static int prepare_stop(struct gateway *g, struct err *e)
{
	g->stop = stop_new(g->base, g->conf, &g->shared, g->hub);
	return g->stop ? 0 : err_set(e, -ENOMEM, "cannot make a timer");
}

static int open_admin(struct gateway *g, struct err *e)
{
	const struct admin_view view = {
		.hub = g->hub,
		.backend = g->backend->name,
		.is_stopping = &g->shared.is_stopping,
		.metrics = g->blocks,
		.metrics_count = g->worker_count + 1,
	};

	if (!g->conf->admin.listen)
		return 0;
	g->admin = admin_open(g->base, g->conf, &view, e);
	return g->admin ? 0 : -EADDRNOTAVAIL;
}

static void on_stop(void *arg, const char *signal)
{
	struct gateway *g = arg;

	stop_begin(g->stop, signal);
}

static void on_reload(void *arg)
{
	struct gateway *g = arg;

	reload_files(&g->net, g->conf);
	certificates_look(g->certificates);
}

static int64_t sum(const struct gateway *g, enum metric id)
{
	return (int64_t)metrics_sum(g->blocks, g->worker_count + 1, id);
}

static void on_state(void *arg)
{
	const struct gateway *g = arg;

	log_info("main", "state",
	    kv_int("connections", sum(g, METRIC_CONNECTIONS)),
	    kv_int("handshakes", sum(g, METRIC_HANDSHAKING)),
	    kv_int("rooms", sum(g, METRIC_ROOMS)),
	    kv_str("backend", hub_is_up(g->hub) ? "up" : "down"),
	    kv_int("queued_bytes", sum(g, METRIC_QUEUED_BYTES)),
	    kv_str("draining",
		atomic_load(&g->shared.is_draining) ? "yes" : "no"));
}

static const struct signals_sink signals_sink = {
	.on_stop = on_stop,
	.on_reload = on_reload,
	.on_state = on_state,
};

static int open_signals(struct gateway *g, struct err *e)
{
	g->signals = signals_open(g->base, &signals_sink, g, e);
	return g->signals ? 0 : -ENOMEM;
}

/* --- its life --- */

/* Whoever connects meanwhile waits in the kernel's queue. */
static int boot(struct gateway *g, struct err *e)
{
	choose_backend(g);
	choose_workers(g);
	choose_connections(g);
	/* What serves clients. */
	if (open_mailbox(g, e) < 0 ||
	    net_shared_init(&g->net, g->conf, g->worker_count, e) < 0 ||
	    open_workers(g, e) < 0)
		return -1;
	/*
	 * What this thread does: from here on payloads flow. Signals come
	 * first: one is answered when the loop runs, and not by the end of the
	 * process on the way there.
	 */
	if (open_loop(g, e) < 0 || open_signals(g, e) < 0 ||
	    watch_certificates(g, e) < 0 || open_hub(g, e) < 0 ||
	    prepare_stop(g, e) < 0)
		return -1;
	/* What others see of it. */
	if (watchdog_open(&g->watchdog, g->base, g->hub, e) < 0 ||
	    open_admin(g, e) < 0 || inherited_check(e) < 0)
		return -1;
	return 0;
}

static void start_threads(struct gateway *g)
{
	if (is_one_thread(g))
		return;
	g->running = g->worker_count;
	threads_start(g->workers, g->worker_count, g->threads);
}

/* Until the last connection is gone after a signal. */
static void run(struct gateway *g)
{
	if (is_one_thread(g)) {
		turn_run(g->workers[0]);
		return;
	}
	(void)event_base_dispatch(g->base);
	threads_join(g->threads, g->worker_count);
}

/* As far as it has booted, backwards; but no signal finds half of it. */
static void shut_down(struct gateway *g)
{
	signals_close(g->signals);

	admin_close(g->admin);
	watchdog_close(g->watchdog);

	stop_free(g->stop);
	hub_free(g->hub);
	certificates_free(g->certificates);
	close_loop(g);

	close_workers(g);
	net_shared_fini(&g->net);
	mailbox_free(g->mailbox);
}

/* What is allowed but may not be meant. */
static void log_notes(const struct conf *conf)
{
	struct buf notes = { 0 };
	struct slice left;

	conf_notes(conf, &notes);
	left = buf_slice(&notes);
	while (left.len > 0)
		log_warn(
		    "conf", "note", kv_text("text", slice_cut(&left, '\n')));
	buf_fini(&notes);
}

static int serve(struct gateway *g)
{
	struct err e = { "" };

	if (boot(g, &e) < 0) {
		log_error("main", "cannot start",
		    kv_text("error", slice_str(e.text)));
		return EXIT_FAILURE;
	}
	log_notes(g->conf);
	start_threads(g);
	log_info("main", "started", kv_str("version", ROOMCAST_VERSION),
	    kv_str("backend", g->backend->name),
	    kv_int("workers", g->worker_count),
	    kv_int("max_connections", (int64_t)g->shared.max_connections));
	notify_send("READY=1");
	run(g);
	log_info("main", "stopped", kv_none);
	return EXIT_SUCCESS;
}

/* --- the process --- */

/* So that no socket ever gets the number of standard output or error. */
static void open_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static int load_conf(const char *file, struct conf **conf)
{
	struct buf errors = { 0 };
	int status = conf_load(file, conf, &errors);

	if (errors.len > 0)
		(void)fwrite(errors.data, 1, errors.len, stderr);
	buf_fini(&errors);
	return status;
}

int main(int argc, char **argv)
{
	static struct gateway g; /* large, and there is one */
	struct arguments a = { .file = "/etc/roomcast/roomcast.yaml" };
	int status;

	signals_hold();
	status = arguments_parse(argc, argv, &a);
	if (status >= 0)
		return status;
	open_standard_files();
	log_start();
	if (load_conf(a.file, &g.conf) < 0)
		return ARGUMENTS_EXIT_USAGE;
	if (a.check || a.dump) {
		status = show_conf(g.conf, &a);
	} else {
		log_setup(g.conf->log.level, g.conf->log.format);
		loop_log_setup();
		status = serve(&g);
		shut_down(&g);
	}
	conf_unref(g.conf);
	return status;
}
