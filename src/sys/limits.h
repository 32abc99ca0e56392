/*
 * limits: how much of the machine this process may use.
 */
#ifndef SYS_LIMITS_H
#define SYS_LIMITS_H

#include <stddef.h>

/* Raise RLIMIT_NOFILE to its hard limit; returns what it is then. Boot. */
size_t limits_raise_files(void);

/*
 * How many processors this process may run on, and has a quota for (sys/quota):
 * at least 1. Boot.
 */
unsigned limits_count_cores(void);

#endif
