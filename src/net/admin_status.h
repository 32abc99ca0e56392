/*
 * admin_status: /api/status, how the gateway is, in one answer: what the status
 * page and roomcastctl show.
 */
#ifndef NET_ADMIN_STATUS_H
#define NET_ADMIN_STATUS_H

struct admin_call;

/* As that of struct admin_page. */
void admin_status_show(struct admin_call *c);

#endif
