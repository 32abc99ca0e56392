/*
 * clock: milliseconds, mostly. clock_ms never jumps and is what every timer
 * uses; clock_wall_ms is the time of day, for what carries a date.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in ms. Any thread. */
int64_t clock_ms(void);
/* The same in microseconds. */
int64_t clock_us(void);
/* The same, some milliseconds late at most: for what happens all the time. */
int64_t clock_coarse_ms(void);
/* Milliseconds since 1970-01-01 UTC. Any thread. */
int64_t clock_wall_ms(void);

#endif
