/*
 * operate: whether a gateway is well, and what is done with it whole.
 */
#ifndef CTL_OPERATE_H
#define CTL_OPERATE_H

#include "ctl/verb.h"

extern const struct option operate_health_options[];
extern const struct option operate_check_options[];
extern const struct option operate_no_options[];

enum ctl_exit operate_health(const struct call *c);
enum ctl_exit operate_reload(const struct call *c);
enum ctl_exit operate_drain(const struct call *c);

/* Of a file alone: nobody is asked. */
enum ctl_exit operate_check(const struct call *c);

#endif
