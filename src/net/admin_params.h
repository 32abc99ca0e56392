/*
 * admin_params: the parameters of a query, by a table of names: decoded,
 * bounded, and each given once at most.
 */
#ifndef NET_ADMIN_PARAMS_H
#define NET_ADMIN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum { ADMIN_PARAMS_MAX = 8, ADMIN_QUERY_MAX = 4096 };

/* Zero-initialised is none. */
struct admin_params {
	size_t count;
	struct admin_param {
		const char *name; /* of the table */
		size_t at, len;   /* of its value, in bytes */
	} items[ADMIN_PARAMS_MAX];
	char bytes[ADMIN_QUERY_MAX];
};

/*
 * Read a raw query. known, which a NULL ends, are the names that it may have,
 * ADMIN_PARAMS_MAX at most. 0, or -EINVAL with e: one has another name, comes
 * twice, is empty, is no UTF-8, or all of it is too long.
 */
int admin_params_read(struct admin_params *p, struct slice query,
    const char *const *known, struct err *e)
    __attribute__((warn_unused_result));

/* The value of this parameter, of one byte at least; of none: not given. */
struct slice admin_params_text(const struct admin_params *p, const char *name);

/*
 * The number that a parameter is, from 1 to max; or preset, which is what it
 * is when it was not given. -EINVAL with e.
 */
int admin_params_number(const struct admin_params *p, const char *name,
    uint64_t max, uint64_t preset, uint64_t *number, struct err *e)
    __attribute__((warn_unused_result));

/*
 * Places in a list, count hexadecimal numbers of 8 bytes, as the text that
 * leads to the next page: appended as a JSON string; and read again. -EINVAL,
 * with e, when it is no such text. Where it was not given *numbers stay.
 */
void admin_params_put_place(
    struct buf *out, const uint64_t *numbers, size_t count);
int admin_params_place(const struct admin_params *p, const char *name,
    uint64_t *numbers, size_t count, struct err *e)
    __attribute__((warn_unused_result));

#endif
