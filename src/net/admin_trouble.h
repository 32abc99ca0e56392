/*
 * admin_trouble: what went wrong lately, by reason: the part of /api/status
 * that is looked at first.
 */
#ifndef NET_ADMIN_TROUBLE_H
#define NET_ADMIN_TROUBLE_H

#include "base/buf.h"

struct admin_view;

/*
 * Append to the object that is open: `recent`, what was refused, closed and
 * dropped in the last ten minutes, and `warnings` (base/log_recent).
 */
void admin_trouble_add(const struct admin_view *view, struct buf *out);

#endif
