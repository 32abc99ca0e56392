/*
 * route_numbers: by which number each route of a configuration is counted.
 */
#ifndef PROCESS_ROUTE_NUMBERS_H
#define PROCESS_ROUTE_NUMBERS_H

struct conf;
struct metrics;

/* Give each its number, before any worker has the configuration. */
void route_numbers_give(struct conf *conf, struct metrics *main);

#endif
