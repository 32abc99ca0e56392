/*
 * embedded_publish: the two commands that bring payloads: PUBLISH, and XADD to
 * history.stream, whose field is the channel. The row of each in
 * embedded_commands has these: check before it is run or queued, then run.
 */
#ifndef BACKEND_EMBEDDED_PUBLISH_H
#define BACKEND_EMBEDDED_PUBLISH_H

#include "backend/embedded_call.h"

/* Inside a transaction a payload that would be dropped at EXEC voids it. */
bool embedded_publish_check(struct call *c);
/* The reply: 1 when somebody is here to get it, 0 when nobody is. */
enum embedded_outcome embedded_publish_run(struct call *c);

/* As embedded_publish_check; and whether it is an XADD that is taken here. */
bool embedded_publish_check_xadd(struct call *c);
/* The reply: the id of the entry. */
enum embedded_outcome embedded_publish_run_xadd(struct call *c);

#endif
