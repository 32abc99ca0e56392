/* redis_rumour: see the header. */
#include "backend/redis_rumour.h"

bool redis_rumour_take(struct redis_rumour *r, size_t sentinel,
    const struct address *left, int64_t now_ms)
{
	int64_t said_ms = r->said_ms[sentinel];

	if (r->has_misled[sentinel] || (r->is_open && r->by == sentinel) ||
	    (said_ms != 0 && now_ms - said_ms < REDIS_RUMOUR_MS))
		return false;
	r->said_ms[sentinel] = now_ms;
	r->is_open = true;
	r->by = sentinel;
	r->since_ms = now_ms;
	r->left = *left;
	return true;
}

const struct address *redis_rumour_left(
    const struct redis_rumour *r, int64_t now_ms)
{
	bool is_believed = r->is_open && now_ms - r->since_ms < REDIS_RUMOUR_MS;

	return is_believed ? &r->left : NULL;
}

bool redis_rumour_judge(struct redis_rumour *r, const struct address *master,
    bool is_of_most, int64_t now_ms)
{
	bool is_old = now_ms - r->since_ms >= REDIS_RUMOUR_OPEN_MS;
	bool is_denied = address_is_same(master, &r->left);

	if (!r->is_open || redis_rumour_left(r, now_ms) ||
	    (is_denied && !is_of_most && !is_old))
		return false;
	r->is_open = false;
	r->has_misled[r->by] = is_denied && is_of_most && !is_old;
	return r->has_misled[r->by];
}
