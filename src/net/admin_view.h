/*
 * admin_view: what the pages of the admin listener are about.
 */
#ifndef NET_ADMIN_VIEW_H
#define NET_ADMIN_VIEW_H

#include <stddef.h>
#include <stdint.h>

struct admin_recent;
struct admin_token;
struct conf;
struct hub;
struct jwks_sources;
struct metrics;
struct reload_report;
struct worker_shared;

/* All borrowed, outlives the admin. */
struct admin_view {
	const struct conf *const *conf; /* where the one in force is */
	struct hub *hub;
	const struct jwks_sources *jwks;
	const char *backend; /* its name */
	const struct worker_shared *shared;
	int64_t started_ms;      /* by clock_ms */
	void (*look)(void *arg); /* before metrics are shown: at what changes */
	struct metrics **metrics; /* one block a thread, the main one first */
	size_t metrics_count;
	const struct admin_recent *recent; /* the admin's own */
	struct admin_token *token;         /* so is this */
	void (*on_drain)(void *arg); /* begin to stop, unless that is so */
	/* Read all that was configured again; the report is the caller's. */
	void (*on_reload)(void *arg, struct reload_report *report);
	void *arg;
};

#endif
