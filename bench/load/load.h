/*
 * load: what one run of the load client holds, filled phase by phase.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "arrivals.h"
#include "feeder.h"
#include "fleet.h"
#include "idle.h"
#include "inspect.h"
#include "options.h"
#include "tally.h"

/* Longest wait of a turn with nothing to do. */
enum { LOAD_TURN_MS = 20 };

struct load {
	struct options options;
	struct dial server;
	struct tlsclient tls;      /* when options.is_tls */
	struct inflater *inflater; /* owned; NULL without options.deflates */
	struct fleet fleet;
	struct arrivals arrivals; /* when options.arrivals */
	struct publish publish;
	struct feeder feeder;
	struct tally tally;
	struct idle idle;
	int timer;
	bool is_publisher_lost;
	uint64_t last_delivery_ns;
	struct histogram meanwhile; /* latency while others arrived */
	uint64_t gave_up;           /* times patience ended */
	uint64_t connect_ns;        /* of all counted rounds together */
	uint64_t message_ns;
	uint64_t frames_before; /* of the sink and the fleet, at the start */
	uint64_t reads_before;
	uint64_t bytes_before;
	uint64_t handshake_cpu_ns;
	uint64_t handshake_client_cpu_ns; /* our own, in the same time */
	uint64_t message_cpu_ns;
	uint64_t arrival_cpu_start_ns;
	uint64_t arrival_cpu_ns; /* from the first to when all are there */
	uint64_t client_cpu_ns;  /* our own, in the same time */
	struct inspect_memory before, connected, stalled, after, later;
};

/* Of the server, as far as its process is known; else 0. */
uint64_t load_server_cpu(const struct load *l);
struct inspect_memory load_server_memory(const struct load *l);

/* Turn for a while, so that pings are answered meanwhile. */
void load_settle(struct load *l, uint64_t ms);

#endif
