/*
 * quantity: numbers with a unit, as operators write them: 64KiB, 1500ms.
 */
#ifndef CONF_QUANTITY_H
#define CONF_QUANTITY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum quantity {
	QUANTITY_COUNT,    /* no unit */
	QUANTITY_SIZE,     /* bytes: none, B, KiB, MiB, GiB */
	QUANTITY_DURATION, /* milliseconds: ms, s, m, h; 0 needs none */
};

/*
 * Read a whole, non-negative number. Returns 0 with *value in bytes or
 * milliseconds, -ERANGE when it is beyond all bounds, or -EINVAL with e saying
 * what is expected. The text itself is not quoted.
 */
int quantity_parse(enum quantity kind, const char *text, int64_t *value,
    struct err *e) __attribute__((warn_unused_result));

/* Append value in the largest unit that it is a multiple of. */
void quantity_print(enum quantity kind, int64_t value, struct buf *out);

#endif
