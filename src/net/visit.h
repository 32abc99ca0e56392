/*
 * visit: what a request says of its client, as the log shows it: the path
 * without its query, the origin, the user agent. All of it is bounded.
 */
#ifndef NET_VISIT_H
#define NET_VISIT_H

#include "base/slice.h"

struct request;

enum {
	VISIT_PATH_MAX = 256,
	VISIT_FIELD_SHOWN = 120, /* bytes of the origin, and of the agent */
};

struct visit {
	char path[VISIT_PATH_MAX];  /* as it is shown; may be empty */
	struct slice origin, agent; /* borrowed; may be empty */
};

/* That of a request, which may have no head, or a part of one. */
void visit_read(struct visit *v, const struct request *r);

#endif
