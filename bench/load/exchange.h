/*
 * exchange: the phase in which messages are published and received, until all
 * have arrived or nothing comes any more. l->publish is open.
 */
#ifndef BENCH_EXCHANGE_H
#define BENCH_EXCHANGE_H

#include "load.h"

/* Before exchange_run: members of the fleet are known to the feeder. */
void exchange_init(struct load *l);
void exchange_fini(struct load *l);

/* Fills the counts, times and memories of l. */
void exchange_run(struct load *l);

#endif
