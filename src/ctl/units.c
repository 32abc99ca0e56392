/* units: see units.h. */
#include "ctl/units.h"

#include <inttypes.h>

void units_bytes(struct buf *out, uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	uint64_t tenths = bytes * 10;
	size_t i = 0;

	if (bytes < 1024) {
		buf_printf(out, "%" PRIu64 " B", bytes);
		return;
	}
	/* Halves of the last place round up; 1023.95 KiB is 1.0 MiB. */
	tenths = bytes / 1024 * 10 + (bytes % 1024 * 10 + 512) / 1024;
	for (i = 1; tenths >= 10240; i++)
		tenths = (tenths + 512) / 1024;
	if (tenths < 100)
		buf_printf(out, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10,
		    tenths % 10, names[i]);
	else
		buf_printf(out, "%" PRIu64 " %s", (tenths + 5) / 10, names[i]);
}

void units_time(struct buf *out, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		buf_printf(out, "%" PRIu64 " ms", ms);
	else if (s < 60)
		buf_printf(
		    out, "%" PRIu64 ".%" PRIu64 " s", s, ms % 1000 / 100);
	else if (s < 3600)
		buf_printf(out, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		buf_printf(
		    out, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		buf_printf(out, "%" PRIu64 "d%02" PRIu64 "h", s / 86400,
		    s / 3600 % 24);
}

void units_count(struct buf *out, uint64_t count)
{
	if (count >= 1000) {
		units_count(out, count / 1000);
		buf_printf(out, ",%03" PRIu64, count % 1000);
	} else {
		buf_printf(out, "%" PRIu64, count);
	}
}
