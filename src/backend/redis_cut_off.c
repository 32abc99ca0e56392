/*
 * redis_cut_off: cluster_state is also "fail" where slots are not served. But a
 * master counts as dead only by the word of most others: where none is merely
 * suspected, most are there. Alone is whoever was taken out of the cluster.
 */
#include "backend/redis_cut_off.h"

#include <stdbool.h>
#include <stdint.h>

#include "backend/redis_slot.h"
#include "base/ascii.h"

struct said {
	bool has_state, is_ok;
	uint64_t assigned, suspected, dead; /* slots */
	uint64_t nodes;
};

static void take_line(struct said *s, struct slice name, struct slice value)
{
	const struct {
		const char *name;
		uint64_t *number;
	} rows[] = {
		{ "cluster_slots_assigned", &s->assigned },
		{ "cluster_slots_pfail", &s->suspected },
		{ "cluster_slots_fail", &s->dead },
		{ "cluster_known_nodes", &s->nodes },
	};

	if (slice_eq(name, slice_str("cluster_state"))) {
		s->has_state = true;
		s->is_ok = slice_eq(value, slice_str("ok"));
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (slice_eq(name, slice_str(rows[i].name)))
			(void)ascii_number(value, UINT32_MAX, rows[i].number);
}

enum redis_cut_off redis_cut_off_read(struct slice info)
{
	struct said s = { .has_state = false };

	while (info.len > 0) {
		struct slice line = slice_cut(&info, '\n');
		struct slice name = slice_cut(&line, ':');

		take_line(&s, name, slice_cut(&line, '\r'));
	}
	if (!s.has_state)
		return REDIS_CUT_OFF_UNKNOWN;
	if (s.is_ok)
		return REDIS_CUT_OFF_NO;
	return s.nodes > 1 && s.suspected == 0 &&
		       (s.dead > 0 || s.assigned < REDIS_SLOTS)
		   ? REDIS_CUT_OFF_NO
		   : REDIS_CUT_OFF_YES;
}
