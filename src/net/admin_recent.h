/*
 * admin_recent: the last ten minutes, kept for whoever asks the admin listener
 * (/api/status, /api/graphs): what graphs show every two seconds, and what was
 * refused, closed and lost, by reason, twice a minute. It is some 100 KiB, and
 * some hundred additions every two seconds. Main thread.
 */
#ifndef NET_ADMIN_RECENT_H
#define NET_ADMIN_RECENT_H

#include "core/samples.h"

struct event;
struct event_base;

enum {
	RECENT_MS = 600000,     /* how far back all of it goes */
	RECENT_GRAPH_MS = 2000, /* between two samples of the graphs */
	RECENT_REASONS_MS = 30000,
};

/* What is counted by reason: rows of one name. */
struct recent_group {
	const char *key;    /* in JSON */
	const char *metric; /* its name */
	enum metric first, last;
};

enum { RECENT_GROUPS = 6 };

struct admin_recent {
	struct samples graphs;
	struct samples reasons;
	struct recent_group groups[RECENT_GROUPS]; /* of the latter */
	struct samples_rows rows[RECENT_GROUPS];
	struct event *timer; /* owned */
};

/* blocks, as metrics_sum takes them, and base outlive it. */
struct admin_recent *admin_recent_open(
    struct event_base *base, struct metrics *const *blocks, size_t count);

/* NULL is fine. */
void admin_recent_close(struct admin_recent *r);

#endif
