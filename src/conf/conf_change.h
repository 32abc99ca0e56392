/*
 * conf_change: from the configuration in force to one that was read while all
 * runs: what counts only from a start on stays as it is, the rest is new.
 */
#ifndef CONF_CONF_CHANGE_H
#define CONF_CONF_CHANGE_H

#include "base/buf.h"

struct conf;

/*
 * What to go by in place of now, which has been so: fresh, but for the keys
 * that count at a start only. Their paths, where they differ, are appended to
 * kept, one a line. Takes fresh. Returns 0 and *next, one reference, the
 * caller's; or -EINVAL with what is wrong appended to errors as conf_load does:
 * what is new cannot go with what stays.
 */
int conf_change(const struct conf *now, struct conf *fresh, struct conf **next,
    struct buf *kept, struct buf *errors) __attribute__((warn_unused_result));

#endif
