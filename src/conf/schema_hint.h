/*
 * schema_hint: what somebody may have meant by a key that is none: one of
 * another map, one that other programs call so, or one that is spelt alike.
 */
#ifndef CONF_SCHEMA_HINT_H
#define CONF_SCHEMA_HINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "conf/schema.h"

/*
 * Append how to get from rows to the key that was meant, ended by a NUL:
 * "routes[].path", "auth.NAME.url". False, and nothing, when none is near.
 */
bool schema_hint(
    const struct schema_row *rows, const char *key, struct buf *path);

#endif
