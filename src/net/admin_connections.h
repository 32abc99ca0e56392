/*
 * admin_connections: /api/connections, who is connected to this instance: a
 * page of core/roster.
 */
#ifndef NET_ADMIN_CONNECTIONS_H
#define NET_ADMIN_CONNECTIONS_H

struct admin_call;

/* As those of struct admin_page. */
extern const char *const admin_connections_params[];
void admin_connections_show(struct admin_call *c);

#endif
