/*
 * redis_unserved: what the log and /metrics say of rooms whose slots no master
 * of the cluster serves, or of which no node says who does: when it begins,
 * once a minute, and when it is over. Main thread.
 */
#ifndef BACKEND_REDIS_UNSERVED_H
#define BACKEND_REDIS_UNSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics;
struct redis_failure;

struct redis_unserved {
	const char *source;      /* borrowed; NULL: there is one */
	struct metrics *metrics; /* borrowed: of the source */
	int64_t since_ms;        /* 0: all are served */
	int64_t told_ms;         /* when the log has told of it last */
};

/*
 * So many rooms there are by what the cluster has just said of its slots. Or,
 * when is_full, there may be no room for a connection to their masters.
 */
void redis_unserved_note(struct redis_unserved *u, size_t rooms, bool is_full);

/* No node of the cluster says where slots are, and some room waits for that. */
void redis_unserved_fail(
    struct redis_unserved *u, const struct redis_failure *why);

#endif
