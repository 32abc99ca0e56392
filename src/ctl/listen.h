/*
 * listen: a client of the gateway, as the app's pages are: what it gets is
 * printed, with the time and the size of each.
 */
#ifndef CTL_LISTEN_H
#define CTL_LISTEN_H

#include "ctl/verb.h"

extern const struct option listen_options[];

enum ctl_exit listen_print(const struct call *c);

#endif
