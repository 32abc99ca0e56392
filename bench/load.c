/*
 * load: thousands of WebSocket clients and their publisher in one thread.
 *
 *     options   the command line            dial      URL to address
 *     fleet     connections and their epoll wsclient  one connection
 *                                           tlsclient its TLS
 *     feeder    when what is published      publish   the Redis protocol
 *     payload   what a message holds        tally     loss, order, latency
 *     inspect   CPU and memory of the server, from outside
 *     report    the result as JSON
 *
 * Phases: measure the server idle; connect; measure it again; publish and
 * receive until all has arrived or nothing comes any more; report in one line
 * of JSON. Raw epoll, no WebSocket or Redis library, so that the client costs
 * little and shares no fault with what it checks.
 */
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "report.h"

enum { IDLE_TURN_MS = 20, QUIET_NS = 200000000, STRAGGLE_NS = 2000000000 };

static void on_message(void *arg, struct wsclient *client)
{
	struct load *l = arg;

	if (!tally_add(&l->tally, client, l->options.size, l->fleet.now_ns))
		return;
	l->last_delivery_ns = l->fleet.now_ns;
	feeder_on_delivery(&l->feeder, client->message.number);
}

static void on_publisher(void *arg, uint32_t events)
{
	struct load *l = arg;

	if ((events & ~(uint32_t)EPOLLOUT) && publish_read(&l->publish) < 0)
		l->is_publisher_lost = true;
}

static void on_timer(void *arg, uint32_t events)
{
	struct load *l = arg;
	uint64_t ignored;

	(void)events;
	if (read(l->timer, &ignored, sizeof ignored) < 0)
		return;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static uint64_t server_cpu(const struct load *l)
{
	return l->options.server_pid ? inspect_cpu_ns(l->options.server_pid)
				     : 0;
}

static struct inspect_memory server_memory(const struct load *l)
{
	return l->options.server_pid ? inspect_memory(l->options.server_pid)
				     : (struct inspect_memory){ 0 };
}

/* Turn for a while, so that pings are answered meanwhile. */
static void settle(struct load *l)
{
	uint64_t end = fleet_clock_ns() + l->options.settle_ms * 1000000u;

	while (fleet_clock_ns() < end)
		fleet_turn(&l->fleet, IDLE_TURN_MS);
}

static void prepare_fleet(struct load *l)
{
	const struct fleet_plan plan = {
		.server = &l->server,
		.tls = l->options.is_tls ? &l->tls : NULL,
		.path = l->options.path,
		.headers =
		    l->options.headers.data ? l->options.headers.data : "",
		.connections = l->options.connections,
		.rooms = l->options.rooms,
		.parallel = l->options.parallel,
	};

	if (l->options.is_tls)
		tlsclient_init(&l->tls, l->options.resumes);
	fleet_init(&l->fleet, &plan, on_message, l);
}

static void end_fleet(struct load *l)
{
	fleet_fini(&l->fleet);
	if (l->options.is_tls)
		tlsclient_fini(&l->tls);
}

static void open_all(struct load *l)
{
	while (!fleet_is_settled(&l->fleet)) {
		fleet_begin(&l->fleet);
		fleet_turn(&l->fleet, IDLE_TURN_MS);
	}
}

/* Our own CPU counts without the time in which nothing is left to open. */
static void open_counted(struct load *l)
{
	uint64_t client_cpu = inspect_cpu_ns(getpid());
	uint64_t cpu = server_cpu(l);
	uint64_t start = fleet_clock_ns();

	open_all(l);
	l->connect_ns += fleet_clock_ns() - start;
	l->handshake_client_cpu_ns += inspect_cpu_ns(getpid()) - client_cpu;
	settle(l);
	l->handshake_cpu_ns += server_cpu(l) - cpu;
}

/* What the server does to close is done while this settles. */
static void close_all(struct load *l)
{
	fleet_close_all(&l->fleet);
	settle(l);
}

/*
 * A repeated opening begins with one that is not counted: it brings the
 * server's memory and caches, and the ticket of TLS, to where they stay.
 */
static void connect_all(struct load *l)
{
	l->before = server_memory(l);
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
	l->connected = server_memory(l);
}

static void prepare_feeder(struct load *l)
{
	const struct feeder_plan plan = {
		.room = l->options.room,
		.rooms = l->options.rooms,
		.rate = l->options.rate,
		.messages = l->options.messages,
		.length_ns = l->options.seconds * 1000000000u,
		.window = l->options.window,
		.size = l->options.size,
	};

	feeder_init(&l->feeder, &plan, &l->publish);
	for (size_t i = 0; i < l->options.connections; i++)
		if (l->fleet.clients[i].state == WSCLIENT_OPEN)
			feeder_add_member(&l->feeder, l->fleet.clients[i].room);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	fleet_add_watch(
	    &l->fleet, l->timer, EPOLLIN, (struct fleet_watch){ on_timer, l });
	fleet_add_watch(&l->fleet, l->publish.fd, EPOLLIN | EPOLLOUT | EPOLLET,
	    (struct fleet_watch){ on_publisher, l });
}

/* When the window holds the next message back, a delivery wakes us instead. */
static void arm_timer(struct load *l)
{
	uint64_t due = feeder_next_ns(&l->feeder);
	struct itimerspec when = { .it_value = {
				       .tv_sec = (time_t)(due / 1000000000u),
				       .tv_nsec = (long)(due % 1000000000u) } };

	if (due > fleet_clock_ns())
		(void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Nothing has arrived for so long that nothing will. */
static void check_patience(struct load *l)
{
	uint64_t since = l->last_delivery_ns > l->feeder.last_ns
			     ? l->last_delivery_ns
			     : l->feeder.last_ns;

	if (feeder_in_flight(&l->feeder) == 0 ||
	    fleet_clock_ns() < since + l->options.patience_ms * 1000000u)
		return;
	feeder_forget(&l->feeder);
	l->gave_up++;
}

/* Duplicates may come behind the last message: turn until it is quiet. */
static void await_stragglers(struct load *l)
{
	uint64_t start = fleet_clock_ns(), last = start, now = start;
	uint64_t reads = l->fleet.reads;

	while (now - last < QUIET_NS && now - start < STRAGGLE_NS) {
		fleet_turn(&l->fleet, IDLE_TURN_MS);
		now = fleet_clock_ns();
		if (l->fleet.reads != reads)
			last = now;
		reads = l->fleet.reads;
	}
}

static void exchange(struct load *l)
{
	uint64_t client_cpu = inspect_cpu_ns(getpid());
	uint64_t cpu = server_cpu(l);
	uint64_t start = fleet_clock_ns();

	l->frames_before = l->fleet.sink.frames;
	l->reads_before = l->fleet.reads;
	l->bytes_before = l->fleet.bytes;
	l->last_delivery_ns = start;
	while (!l->is_publisher_lost) {
		if (feeder_pump(&l->feeder, fleet_clock_ns()) < 0)
			break;
		if (l->feeder.is_over && feeder_in_flight(&l->feeder) == 0)
			break;
		if (l->options.rate)
			arm_timer(l);
		fleet_turn(&l->fleet, IDLE_TURN_MS);
		check_patience(l);
	}
	l->message_ns = fleet_clock_ns() - start;
	l->message_cpu_ns = server_cpu(l) - cpu;
	l->client_cpu_ns = inspect_cpu_ns(getpid()) - client_cpu;
	await_stragglers(l);
	l->after = server_memory(l);
}

static bool is_clean(const struct load *l)
{
	const struct tally *t = &l->tally;

	return l->fleet.refused == 0 && l->fleet.closed == 0 &&
	       !l->is_publisher_lost && l->publish.refusals == 0 &&
	       l->feeder.expected == t->delivered && t->duplicated == 0 &&
	       t->reordered == 0 && t->foreign == 0 && t->damaged == 0;
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
		prepare_feeder(l);
		exchange(l);
	}
	report_print(l);
	if (l->publish.refusals)
		(void)fprintf(stderr, "load: publisher refused: %s\n",
		    l->publish.refusal);
	if (l->options.publish) {
		(void)close(l->timer);
		feeder_fini(&l->feeder);
		publish_close(&l->publish);
	}
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
