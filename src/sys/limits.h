/*
 * limits: how many files this process may open.
 */
#ifndef SYS_LIMITS_H
#define SYS_LIMITS_H

#include <stddef.h>

/* Raise RLIMIT_NOFILE to its hard limit; returns what it is then. Boot. */
size_t limits_raise_files(void);

#endif
