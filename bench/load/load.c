/*
 * load: thousands of WebSocket clients and their publisher in one thread.
 *
 *     options   the command line            dial      URL to address
 *     fleet     connections and their epoll wsclient  one connection
 *                                           tlsclient its TLS
 *     arrivals  more of them, meanwhile     idle      when pings come
 *     exchange  the phase of messages
 *     feeder    when what is published      publish   the Redis protocol
 *     payload   what a message holds        tally     loss, order, latency
 *     filler    of what, like an app's JSON inflater  deflated messages
 *     inspect   CPU and memory of the server, from outside
 *     report    the result as JSON
 *
 * Phases: measure the server idle; connect; measure it again; publish and
 * receive until all has arrived or nothing comes any more, or only answer
 * pings; report in one line of JSON. Raw epoll, no WebSocket or Redis library,
 * so that the client costs little and shares no fault with what it checks.
 */
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dialect.h"
#include "exchange.h"
#include "filler.h"
#include "inflater.h"
#include "report.h"

enum { FILLER_BYTES = 1 << 20 };

static void on_message(void *arg, struct wsclient *client)
{
	struct load *l = arg;

	if (!tally_add(&l->tally, client, l->options.size, l->fleet.now_ns))
		return;
	l->last_delivery_ns = l->fleet.now_ns;
	if (arrivals_is_busy(&l->arrivals))
		histogram_add(
		    &l->meanwhile, l->fleet.now_ns - client->message.sent_ns);
	feeder_on_delivery(&l->feeder, client->message.number);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

uint64_t load_server_cpu(const struct load *l)
{
	return l->options.server_pid ? inspect_cpu_ns(l->options.server_pid)
				     : 0;
}

struct inspect_memory load_server_memory(const struct load *l)
{
	return l->options.server_pid ? inspect_memory(l->options.server_pid)
				     : (struct inspect_memory){ 0 };
}

void load_settle(struct load *l, uint64_t ms)
{
	uint64_t end = fleet_clock_ns() + ms * 1000000u;

	while (fleet_clock_ns() < end)
		fleet_turn(&l->fleet, LOAD_TURN_MS);
}

static struct fleet_plan fleet_plan(struct load *l)
{
	return (struct fleet_plan){
		.server = &l->server,
		.tls = l->options.is_tls ? &l->tls : NULL,
		.path = l->options.path,
		.dialect = l->options.dialect,
		.headers =
		    l->options.headers.data ? l->options.headers.data : "",
		.connections = l->options.connections,
		.rooms = l->options.rooms,
		.parallel = l->options.parallel,
		.receive_buffer = l->options.receive_buffer,
		.inflater = l->inflater,
	};
}

/* Arrivals have rooms of their own, behind those that get messages. */
static void prepare_arrivals(struct load *l)
{
	struct arrivals_plan plan = {
		.fleet = fleet_plan(l),
		.rate = l->options.arrival_rate,
		.missed = l->options.missed,
	};

	plan.fleet.connections = l->options.arrivals;
	plan.fleet.path = l->options.arrival_path;
	plan.fleet.rooms = l->options.arrival_rooms;
	plan.fleet.first_room = l->options.rooms;
	if (l->options.missed)
		plan.fleet.dialect = &dialect_since;
	arrivals_init(&l->arrivals, &plan);
}

static void prepare_fleet(struct load *l)
{
	struct fleet_plan plan;

	if (l->options.deflates)
		l->inflater = inflater_new(l->options.size);
	plan = fleet_plan(l);
	if (l->options.is_tls)
		tlsclient_init(&l->tls, l->options.resumes, l->options.session);
	fleet_init(&l->fleet, &plan, on_message, l);
	if (l->options.arrivals)
		prepare_arrivals(l);
}

static void end_fleet(struct load *l)
{
	if (l->options.arrivals)
		arrivals_fini(&l->arrivals);
	fleet_fini(&l->fleet);
	inflater_free(l->inflater);
	if (l->options.is_tls)
		tlsclient_fini(&l->tls);
}

static void open_all(struct load *l)
{
	while (!fleet_is_settled(&l->fleet)) {
		fleet_begin(&l->fleet);
		fleet_turn(&l->fleet, LOAD_TURN_MS);
	}
}

/* Our own CPU counts without the time in which nothing is left to open. */
static void open_counted(struct load *l)
{
	uint64_t client_cpu = inspect_cpu_ns(getpid());
	uint64_t cpu = load_server_cpu(l);
	uint64_t start = fleet_clock_ns();

	open_all(l);
	l->connect_ns += fleet_clock_ns() - start;
	l->handshake_client_cpu_ns += inspect_cpu_ns(getpid()) - client_cpu;
	load_settle(l, l->options.settle_ms);
	l->handshake_cpu_ns += load_server_cpu(l) - cpu;
}

/* What the server does to close is done while this settles. */
static void close_all(struct load *l)
{
	fleet_close_all(&l->fleet);
	if (l->options.takes_new_rooms)
		l->fleet.plan.first_room += l->options.rooms;
	load_settle(l, l->options.settle_ms);
}

/*
 * A repeated opening begins with one that is not counted: it brings the
 * server's memory and caches, and the ticket of TLS, to where they stay.
 */
static void connect_all(struct load *l)
{
	l->before = load_server_memory(l);
	if (l->options.repeat) {
		open_all(l);
		close_all(l);
		l->fleet.handshake = (struct histogram){ 0 };
		l->tls.resumed = 0;
	}
	open_counted(l);
	for (uint32_t i = 1; i < l->options.repeat; i++) {
		close_all(l);
		open_counted(l);
	}
	l->connected = load_server_memory(l);
}

/* Nothing but pings: what one of them and its pong cost. */
static void idle(struct load *l)
{
	uint64_t cpu = load_server_cpu(l);

	idle_run(&l->idle, &l->fleet, l->options.idle_s * 1000);
	l->message_cpu_ns = load_server_cpu(l) - cpu;
}

static bool is_clean(const struct load *l)
{
	const struct tally *t = &l->tally;

	return l->fleet.refused == 0 && l->fleet.closed == 0 &&
	       l->arrivals.fleet.refused == 0 &&
	       l->arrivals.fleet.closed == 0 && l->arrivals.wrong == 0 &&
	       arrivals_lacking(&l->arrivals) == 0 && !l->is_publisher_lost &&
	       l->publish.refusals == 0 && l->feeder.expected == t->delivered &&
	       t->duplicated == 0 && t->reordered == 0 && t->foreign == 0 &&
	       t->damaged == 0;
}

static int run(struct load *l)
{
	struct err e = { "" };

	if (dial_parse(&l->server, l->options.url, &e) < 0)
		goto fail;
	prepare_fleet(l);
	connect_all(l);
	if (l->options.publish) {
		if (publish_open(&l->publish, l->options.publish,
			l->options.form, &e) < 0)
			goto close_fleet;
		if (l->options.is_json)
			filler_put(&l->publish.filler, FILLER_BYTES);
		exchange_init(l);
		exchange_run(l);
	} else if (l->options.idle_s) {
		idle(l);
	}
	report_print(l);
	if (l->publish.refusals)
		(void)fprintf(stderr, "load: publisher refused: %s\n",
		    l->publish.refusal);
	if (l->options.publish) {
		exchange_fini(l);
		publish_close(&l->publish);
	}
	idle_fini(&l->idle);
	end_fleet(l);
	return is_clean(l) ? EXIT_SUCCESS : EXIT_FAILURE;

close_fleet:
	end_fleet(l);
fail:
	(void)fprintf(stderr, "load: %s\n", e.text);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct load *l = calloc(1, sizeof *l);
	int status;

	if (!l)
		return EXIT_FAILURE;
	options_parse(&l->options, argc, argv);
	raise_file_limit();
	(void)signal(SIGPIPE, SIG_IGN); /* TLS writes without a flag */
	status = run(l);
	options_fini(&l->options);
	free(l);
	return status;
}
