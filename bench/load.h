/*
 * load: what one run of the load client holds, filled phase by phase.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "feeder.h"
#include "fleet.h"
#include "inspect.h"
#include "options.h"
#include "tally.h"

struct load {
	struct options options;
	struct dial server;
	struct tlsclient tls; /* when options.is_tls */
	struct fleet fleet;
	struct publish publish;
	struct feeder feeder;
	struct tally tally;
	int timer;
	bool is_publisher_lost;
	uint64_t last_delivery_ns;
	uint64_t gave_up;    /* times patience ended */
	uint64_t connect_ns; /* of all counted rounds together */
	uint64_t message_ns;
	uint64_t frames_before; /* of the sink and the fleet, at the start */
	uint64_t reads_before;
	uint64_t bytes_before;
	uint64_t handshake_cpu_ns;
	uint64_t handshake_client_cpu_ns; /* our own, in the same time */
	uint64_t message_cpu_ns;
	uint64_t client_cpu_ns; /* our own, in the same time */
	struct inspect_memory before, connected, after;
};

#endif
