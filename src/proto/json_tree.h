/*
 * json_tree: a JSON object from outside as a cJSON tree, strictly.
 *
 * cJSON alone is lenient: it keeps a name that comes twice, cuts a string at
 * an escaped NUL, and takes control characters, bytes that are not UTF-8, and
 * 01 for a number. Two readers of one text must not see two things, so the
 * text is checked by proto/json first, and the rest here.
 *
 * Look members up with cJSON_GetObjectItemCaseSensitive: the other one takes
 * "ALG" for "alg". Numbers are doubles: integers are exact up to 2^53.
 */
#ifndef PROTO_JSON_TREE_H
#define PROTO_JSON_TREE_H

#include <stdbool.h>

#include "base/slice.h"

struct cJSON;

enum { JSON_TREE_MEMBERS_MAX = 256 }; /* of the outermost object */

/*
 * The tree of a text that is exactly one JSON object (white space around it
 * is fine) in UTF-8, without an escaped NUL or half a surrogate pair, no
 * deeper than JSON_DEPTH_MAX, and whose own members are few enough and have
 * different names. NULL otherwise, also when memory is out. The caller frees
 * it with cJSON_Delete. Any thread.
 */
struct cJSON *json_tree_parse(struct slice text)
    __attribute__((warn_unused_result));

/* Whether an object's own members are few enough and have different names. */
bool json_tree_is_unique(const struct cJSON *object);

/* The version of cJSON that is in use. */
const char *json_tree_library(void);

#endif
