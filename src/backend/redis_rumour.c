/* redis_rumour: see the header. */
#include "backend/redis_rumour.h"

bool redis_rumour_take(struct redis_rumour *r, size_t sentinel,
    const struct address *left, int64_t now_ms)
{
	if (r->has_misled[sentinel] || (r->is_open && r->by == sentinel))
		return false;
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

bool redis_rumour_judge(
    struct redis_rumour *r, const struct address *master, int64_t now_ms)
{
	if (!r->is_open || redis_rumour_left(r, now_ms))
		return false;
	r->is_open = false;
	r->has_misled[r->by] = address_is_same(master, &r->left);
	return r->has_misled[r->by];
}
