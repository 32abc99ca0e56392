/*
 * expand: ${NAME} in a scalar becomes the environment's NAME, $$ a dollar.
 */
#ifndef CONF_EXPAND_H
#define CONF_EXPAND_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Append text, with the environment filled in, to out. Returns 0, or -EINVAL
 * with e naming the variable (never its value): unset, not UTF-8, or not
 * spelt as ${NAME}. What the environment holds is not expanded again.
 */
int expand(const char *text, struct buf *out, struct err *e)
    __attribute__((warn_unused_result));

#endif
