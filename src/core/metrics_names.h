/*
 * metrics_names: what listeners and routes are called in the metrics that are
 * told apart by them. With the main thread's block, and its thread's alone.
 */
#ifndef CORE_METRICS_NAMES_H
#define CORE_METRICS_NAMES_H

struct metrics;

/* The next listener has this address. Boot. */
void metrics_name_listener(struct metrics *main, const char *address);

/*
 * The number of routes with this path, for metrics_of_route: the same until the
 * end, whatever is configured meanwhile. When METRICS_ROUTES - 1 have names all
 * that follow are counted as `other`.
 */
unsigned metrics_name_route(struct metrics *main, const char *path);

void metrics_names_free(struct metrics *main);

#endif
