/*
 * admin_log: /api/log, from which level on each part writes to the log: shown,
 * and changed for now.
 */
#ifndef NET_ADMIN_LOG_H
#define NET_ADMIN_LOG_H

struct admin_call;

/* As those of struct admin_page. */
extern const char *const admin_log_params[];
void admin_log_show(struct admin_call *c);
void admin_log_set(struct admin_call *c);

#endif
