/*
 * conf_origin: an origin as operators write it in `origins`, taken apart. What
 * browsers send is read and compared elsewhere; here is what no browser would
 * ever send refused, because such a line would let nobody in.
 */
#ifndef CONF_CONF_ORIGIN_H
#define CONF_CONF_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* An origin as configured, split; `null` and `*` are a scheme alone. */
struct conf_origin {
	char *scheme; /* owned; lower case */
	char *host;   /* owned; lower case, IPv6 in brackets, "" of null; of
			 the wildcard *.example.com it is example.com */
	bool is_wildcard;
	uint16_t port; /* the scheme's own when none is written; 0: it has
			  none */
};

/* Every site, and what is no site: said on purpose. */
#define CONF_ORIGIN_ALL "*"

/*
 * Read what `origins` may list, such as https://app.example.com. Returns 0,
 * with *o to be freed by conf_origin_fini, or -EINVAL with e saying what to
 * write instead; nothing is then left to free.
 */
int conf_origin_parse(struct conf_origin *o, const char *text, struct err *e)
    __attribute__((warn_unused_result));
void conf_origin_fini(struct conf_origin *o);

/* A schema_row's check: whether conf_origin_parse would take it. */
int conf_origin_check(const char *text, struct err *e);

#endif
