/*
 * status: how a gateway is, on one screen.
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include "ctl/verb.h"

struct cJSON;

/* CTL_NO when it is not ready: it is printed all the same. */
enum ctl_exit status_print(const struct call *c);

/* Append what an answer of /api/status says. */
void status_put(const struct cJSON *status, struct buf *out);

#endif
