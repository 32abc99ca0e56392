/*
 * yamldoc: one YAML document as a tree of nodes with their places. A scalar has
 * its text; conf/environment makes its value of it.
 *
 * The one place that knows libyaml. A configuration needs maps, lists and
 * texts; anchors, aliases, tags and further documents are refused.
 */
#ifndef CONF_YAMLDOC_H
#define CONF_YAMLDOC_H

#include <stddef.h>

#include "conf/mistakes.h"
#include "conf/node.h"

enum {
	YAMLDOC_MAX_BYTES = 1 << 20,
	YAMLDOC_MAX_DEPTH = 16,
	YAMLDOC_MAX_KEYS = 1000, /* of one map: they are compared in pairs */
};

/*
 * Parse len bytes. Returns the root, owned by the caller, an empty document
 * being a NODE_NULL; or NULL when the text cannot be read to its end. Every
 * mistake is in m; with a root there may be some as well.
 */
struct node *yamldoc_parse(const char *text, size_t len, struct mistakes *m)
    __attribute__((warn_unused_result));

/* The version of libyaml that is in use. */
const char *yamldoc_library(void);

#endif
