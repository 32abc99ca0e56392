/*
 * alias_list: the value of the query parameter `was`: what a client says it was
 * called before, "NAME,NAME".
 */
#ifndef PROTO_ALIAS_LIST_H
#define PROTO_ALIAS_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/names.h"

enum {
	ALIAS_MAX = 4, /* names of a client */
	ALIAS_TEXT_MAX = ALIAS_MAX * (CONNECTION_ID_MAX + 1) - 1,
	ALIAS_RAW_MAX = 3 * ALIAS_TEXT_MAX, /* each byte as %XX */
};

struct alias_list {
	struct slice names[ALIAS_MAX]; /* in text */
	uint32_t count;
	char text[ALIAS_RAW_MAX];
};

/*
 * Read a value that is not decoded yet: up to ALIAS_MAX names that could be ids
 * of connections, or nothing. False when it is anything else.
 */
bool alias_list_parse(struct alias_list *list, struct slice raw);

#endif
