/*
 * log_recent: what was warned of lately, for who looks at the gateway and not
 * at its log. A line of warn or error is kept by what it says: of those that
 * say the same the last one's values, and how many there were. So none that
 * comes over and over hides the others. What is kept has a bound, and nothing
 * is allocated.
 */
#ifndef BASE_LOG_RECENT_H
#define BASE_LOG_RECENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/log_levels.h"
#include "base/slice.h"

enum {
	LOG_RECENT_MAX = 32, /* the one that was not said for longest goes */
	LOG_RECENT_MESSAGE = 128,
	LOG_RECENT_VALUES = 512,
};

struct log_recent {
	enum log_level level;
	int64_t first_ms, last_ms; /* by clock_wall_ms */
	uint64_t count;            /* lines, with those that were held back */
	char component[16];
	char message[LOG_RECENT_MESSAGE]; /* cut where it is longer */
	char values[LOG_RECENT_VALUES];   /* as in a line of text; the same */
};

/* One more line, for count of them. Any thread. */
void log_recent_note(enum log_level level, const char *component,
    const char *message, struct slice values, uint64_t count);

/* Copy all that is kept, the last one first; returns how many. Any thread. */
size_t log_recent_copy(struct log_recent out[LOG_RECENT_MAX]);

#endif
