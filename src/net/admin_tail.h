/*
 * admin_tail: /api/tail, the access log as it is written: a part at a time,
 * each with the number at which the next one begins. Who asks too seldom is
 * told how many lines have gone; when nobody asks nothing is kept.
 */
#ifndef NET_ADMIN_TAIL_H
#define NET_ADMIN_TAIL_H

struct admin_call;

/* As those of struct admin_page. */
extern const char *const admin_tail_params[];
void admin_tail_show(struct admin_call *c);

#endif
