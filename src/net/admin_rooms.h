/*
 * admin_rooms: /api/rooms, which rooms have members on this instance: a page of
 * core/census.
 */
#ifndef NET_ADMIN_ROOMS_H
#define NET_ADMIN_ROOMS_H

struct admin_call;

/* As those of struct admin_page. */
extern const char *const admin_rooms_params[];
void admin_rooms_show(struct admin_call *c);

#endif
