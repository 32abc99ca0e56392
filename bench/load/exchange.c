#include "exchange.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	QUIET_NS = 200000000,
	STRAGGLE_NS = 2000000000,
	ARRIVAL_DELAY_NS = 200000000,
	STALL_TURN_US = 500,
	STALL_QUIET_MS = 300,
};

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

/* Each turn looks at them anyway: this only ends the waiting. */
static void on_arrivals(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
}

void exchange_init(struct load *l)
{
	const struct feeder_plan plan = {
		.room = l->options.room,
		.rooms = l->options.rooms,
		.rate = l->options.rate,
		.messages = l->options.messages,
		.length_ns = l->options.seconds * 1000000000u,
		.window = l->options.window,
		.size = l->options.size,
		.is_random = l->options.is_random,
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
	if (l->options.arrivals)
		fleet_add_watch(&l->fleet, l->arrivals.fleet.epoll, EPOLLIN,
		    (struct fleet_watch){ on_arrivals, l });
}

void exchange_fini(struct load *l)
{
	(void)close(l->timer);
	feeder_fini(&l->feeder);
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
		fleet_turn(&l->fleet, LOAD_TURN_MS);
		now = fleet_clock_ns();
		if (l->fleet.reads != reads)
			last = now;
		reads = l->fleet.reads;
	}
}

static bool is_done(const struct load *l)
{
	if (l->is_publisher_lost)
		return true;
	if (l->options.arrivals && !arrivals_is_over(&l->arrivals))
		return false;
	return l->feeder.is_over && feeder_in_flight(&l->feeder) == 0;
}

/* Members that read nothing: what the server keeps for them is the burst. */
static void stall(struct load *l)
{
	while (!l->is_publisher_lost &&
	       !(l->feeder.is_over && publish_pending(&l->publish) == 0)) {
		if (feeder_pump(&l->feeder, fleet_clock_ns()) < 0 ||
		    publish_read(&l->publish) < 0)
			l->is_publisher_lost = true;
		(void)usleep(STALL_TURN_US);
	}
	(void)usleep(STALL_QUIET_MS * 1000);
	l->stalled = load_server_memory(l);
	l->last_delivery_ns = fleet_clock_ns();
}

/* From the first one to when all are there, the server's CPU is counted. */
static void turn_arrivals(struct load *l)
{
	uint64_t cpu = load_server_cpu(l);
	bool was_over = arrivals_is_over(&l->arrivals);

	if (l->arrivals.fleet.begun == 0)
		l->arrival_cpu_start_ns = cpu;
	arrivals_turn(&l->arrivals);
	if (!was_over && arrivals_is_over(&l->arrivals))
		l->arrival_cpu_ns =
		    load_server_cpu(l) - l->arrival_cpu_start_ns;
}

static void pump(struct load *l)
{
	while (feeder_pump(&l->feeder, fleet_clock_ns()) == 0 && !is_done(l)) {
		if (l->options.rate)
			arm_timer(l);
		fleet_turn(&l->fleet, LOAD_TURN_MS);
		if (l->options.arrivals)
			turn_arrivals(l);
		check_patience(l);
	}
}

void exchange_run(struct load *l)
{
	uint64_t client_cpu = inspect_cpu_ns(getpid());
	uint64_t cpu = load_server_cpu(l);
	uint64_t start = fleet_clock_ns();

	l->frames_before = l->fleet.sink.frames;
	l->reads_before = l->fleet.reads;
	l->bytes_before = l->fleet.bytes;
	l->last_delivery_ns = start;
	if (l->options.arrivals)
		arrivals_start(&l->arrivals, start + ARRIVAL_DELAY_NS);
	if (l->options.is_stalled)
		stall(l);
	pump(l);
	l->message_ns = fleet_clock_ns() - start;
	l->message_cpu_ns = load_server_cpu(l) - cpu;
	l->client_cpu_ns = inspect_cpu_ns(getpid()) - client_cpu;
	await_stragglers(l);
	l->after = load_server_memory(l);
	if (l->options.later_s) {
		load_settle(l, l->options.later_s * 1000);
		l->later = load_server_memory(l);
	}
}
