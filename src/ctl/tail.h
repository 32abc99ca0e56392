/*
 * tail: the access log of a gateway, as it is written.
 */
#ifndef CTL_TAIL_H
#define CTL_TAIL_H

#include "ctl/verb.h"

extern const struct option tail_options[];

/* Until so many lines have come, or the gateway has gone. */
enum ctl_exit tail_print(const struct call *c);

#endif
