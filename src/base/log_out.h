/*
 * log_out: where lines of the log go: standard error, whatever that is. Nobody
 * waits for its reader: a line that it does not take is dropped, and counted.
 */
#ifndef BASE_LOG_OUT_H
#define BASE_LOG_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_OUT_MAX = 2048 }; /* below PIPE_BUF: a line reaches a pipe whole */

/* As log_start. */
void log_out_open(void);

/* Whether it is the journal's: a line begins with its priority there. */
bool log_out_is_journal(void);

/* Write a line with its end, LOG_OUT_MAX bytes at most. Any thread. */
void log_out_write(const char *line, size_t len);

/* How many were dropped. Any thread. */
uint64_t log_out_dropped(void);

#endif
