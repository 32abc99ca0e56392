/*
 * conf_origin: an origin as operators write it in `origins`. It is read as
 * those of requests are (proto/origin): what no browser sends is refused,
 * because such a line would let nobody in, and here stands why.
 */
#ifndef CONF_CONF_ORIGIN_H
#define CONF_CONF_ORIGIN_H

#include "base/err.h"

struct origin_pattern;

/* Every site, and what is no site: said on purpose. */
#define CONF_ORIGIN_ALL "*"

/*
 * Read what `origins` may list, such as https://app.example.com; of
 * CONF_ORIGIN_ALL comes a pattern that nothing matches. Returns 0, or -EINVAL
 * with e saying what to write instead.
 */
int conf_origin_parse(struct origin_pattern *p, const char *text, struct err *e)
    __attribute__((warn_unused_result));

/* A schema_row's check: whether conf_origin_parse would take it. */
int conf_origin_check(const char *text, struct err *e);

#endif
