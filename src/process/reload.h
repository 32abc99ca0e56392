/*
 * reload: the configuration and the files that it names, read again while all
 * runs, on SIGHUP and when an operator says so. All of it counts, or none: with
 * a mistake among them nothing changes.
 *
 * Who goes by what: each worker and each connection has a reference to the
 * configuration that it goes by; a worker gets the next one by mail
 * (core/mail), between two messages. The parts of the main thread take it in
 * order, before any worker has it.
 */
#ifndef PROCESS_RELOAD_H
#define PROCESS_RELOAD_H

#include "base/err.h"
#include "net/reload_report.h"

struct auth_files;
struct backend_ops;
struct certificates;
struct conf;
struct hub;
struct jwks_sources;
struct metrics;
struct net_shared;
struct stop;
struct worker_shared;

/* What goes by the configuration, on the main thread; all borrowed. */
struct reload {
	const struct conf *conf;  /* a reference: the one in force */
	struct auth_files *files; /* a reference: what was read for it */
	struct net_shared *net;
	struct jwks_sources *jwks;
	struct worker_shared *shared;
	struct hub *hub;
	struct stop *stop;
	struct certificates *certificates;
	const struct backend_ops *backend;
	struct metrics *metrics;
};

/* By this configuration (a reference is taken) all that is in r has begun. */
void reload_init(struct reload *r, const struct conf *conf);
void reload_fini(struct reload *r);

/*
 * Read all again and go by it, or log what is wrong. report is filled in either
 * case, to be given to reload_report_fini. Main thread.
 */
void reload_run(struct reload *r, struct reload_report *report);

#endif
