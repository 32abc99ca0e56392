/*
 * admin_ready: whether clients should be sent to this gateway, and if not, why.
 */
#ifndef NET_ADMIN_READY_H
#define NET_ADMIN_READY_H

#include "base/buf.h"

struct admin_view;

/* Append a line for each reason why not; none: it is ready. */
void admin_ready_put(const struct admin_view *view, struct buf *out);

#endif
