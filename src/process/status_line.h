/*
 * status_line: tells the service manager in a line how it goes, for `systemctl
 * status`: how many connections there are, and whether the backend is up. It is
 * looked at every few seconds, and sent when it has changed.
 */
#ifndef PROCESS_STATUS_LINE_H
#define PROCESS_STATUS_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct hub;
struct status_line;

/* What it tells of; all borrowed, outlives the line. */
struct status_line_view {
	const struct hub *hub;
	const char *backend; /* its name */
	const _Atomic size_t *connections;
	const _Atomic bool *is_stopping;
};

/*
 * Start on the main thread's base, with the first line. NULL where no manager
 * listens. Boot.
 */
struct status_line *status_line_open(
    struct event_base *base, const struct status_line_view *view);

/* NULL is fine. */
void status_line_close(struct status_line *s);

#endif
