/*
 * expand: the variables in a scalar become what the environment has, $$ a
 * dollar.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Append text, with the environment filled in, to out, and to names those
 * variables whose values are in it now: "A, B". Returns 0, or -EINVAL with e as
 * conf/variable says it. What the environment holds is not expanded again.
 */
int expand(const char *text, struct buf *out, struct buf *names, struct err *e)
    __attribute__((warn_unused_result));

#endif
