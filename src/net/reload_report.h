/*
 * reload_report: what has come of a reload (process/reload), for whoever asked
 * for it.
 */
#ifndef NET_RELOAD_REPORT_H
#define NET_RELOAD_REPORT_H

#include <stdbool.h>

#include "base/buf.h"

struct reload_report {
	bool is_applied; /* else all is as it was */
	/* Why not: a line each, as --check-config prints them. */
	struct buf mistakes;
	/* Keys that differ and count from the next start on, a line each. */
	struct buf kept;
};

static inline void reload_report_fini(struct reload_report *r)
{
	buf_fini(&r->mistakes);
	buf_fini(&r->kept);
}

#endif
