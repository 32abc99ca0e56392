/*
 * lists: who is here, and in which rooms: pages of the admin listener, one
 * behind the other, as a table.
 */
#ifndef CTL_LISTS_H
#define CTL_LISTS_H

#include "ctl/verb.h"

extern const struct option lists_rooms_options[];
extern const struct option lists_connections_options[];

enum ctl_exit lists_rooms(const struct call *c);
enum ctl_exit lists_connections(const struct call *c);

#endif
