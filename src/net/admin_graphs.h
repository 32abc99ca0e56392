/*
 * admin_graphs: /api/graphs, the last ten minutes in columns: what the status
 * page draws.
 */
#ifndef NET_ADMIN_GRAPHS_H
#define NET_ADMIN_GRAPHS_H

struct admin_call;

/* As those of struct admin_page. */
extern const char *const admin_graphs_params[];
void admin_graphs_show(struct admin_call *c);

#endif
