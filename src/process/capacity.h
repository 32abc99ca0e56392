/*
 * capacity: how many workers there are, and how many clients there may be, by
 * the configuration and by what the machine gives the process.
 */
#ifndef PROCESS_CAPACITY_H
#define PROCESS_CAPACITY_H

#include <stddef.h>

struct backend_ops;
struct conf;

/* `workers`, or one for each core; INTEREST_MAX_WORKERS at most. */
unsigned capacity_workers(const struct conf *conf);

/*
 * limits.connections; or less, with a line in the log, where the descriptors
 * do not suffice: a warning where a number is configured.
 */
size_t capacity_connections(const struct conf *conf, unsigned workers,
    const struct backend_ops *backend);

#endif
