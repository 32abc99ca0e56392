/*
 * units: numbers as people read them.
 */
#ifndef CTL_UNITS_H
#define CTL_UNITS_H

#include <stdint.h>

#include "base/buf.h"

/* Append bytes: 0 B, 1023 B, 1.5 KiB, 12 MiB. */
void units_bytes(struct buf *out, uint64_t bytes);

/* Append a time: 23 ms, 7.1 s, 2m05s, 3h04m, 5d02h. */
void units_time(struct buf *out, uint64_t ms);

/* Append a count: 999, 1,234, 12,345,678. */
void units_count(struct buf *out, uint64_t count);

#endif
