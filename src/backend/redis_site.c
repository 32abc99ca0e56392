/* redis_site: see the header. */
#include "backend/redis_site.h"

#include <stdlib.h>

#include "backend/redis_shard.h"
#include "backend/redis_site_map.h"
#include "base/mem.h"

/* The node that was asked may not have heard of it yet. */
enum {
	ABSENT_MAX = 3, /* in a row */
	DOUBTS = 2,
};

struct redis_site *redis_site_new(struct redis_sharded *all,
    struct event_base *base, const struct address *address,
    const struct redis_shard_options *options,
    const struct redis_shard_sink *sink)
{
	struct redis_site *site = xcalloc(1, sizeof *site);

	site->all = all;
	list_init(&site->link);
	site->shard = redis_shard_new(base, address, options, sink, site);
	return site;
}

void redis_site_free(struct redis_site *site)
{
	list_del(&site->link);
	redis_shard_free(site->shard);
	free(site);
}

static bool owes(const struct redis_site *site)
{
	return !redis_slot_set_is_empty(&site->owed);
}

bool redis_site_is_missing(const struct redis_site *site)
{
	return redis_shard_is_away(site->shard) || owes(site);
}

void redis_site_enter(struct redis_site *site, uint16_t slot)
{
	redis_slot_set_add(&site->here, slot);
}

void redis_site_depart(struct redis_site *site, uint16_t slot)
{
	redis_slot_set_del(&site->here, slot);
	redis_slot_set_del(&site->owed, slot);
}

/* The last table may be older than the words of a master that sent us here. */
void redis_site_break(struct redis_site *site, const struct redis_site_map *map)
{
	redis_site_map_slots(map, site, &site->owed);
	redis_slot_set_join(&site->owed, &site->here);
}

void redis_site_expect_all(
    struct redis_site *site, const struct redis_site_map *map)
{
	redis_shard_expect_all(site->shard);
	if (!redis_shard_is_in_step(site->shard))
		redis_site_break(site, map);
}

void redis_site_doubt(struct redis_site *site)
{
	site->doubts = DOUBTS;
}

bool redis_site_is_in_doubt(const struct redis_site *site)
{
	return site->doubts > 0 && owes(site);
}

bool redis_site_pay(struct redis_site *site, struct redis_slot_set *owed)
{
	if (!owes(site) || site->doubts > 0 ||
	    !redis_shard_is_in_step(site->shard))
		return false;
	*owed = site->owed;
	site->owed = (struct redis_slot_set){ .bits = { 0 } };
	return true;
}

/* What it owes for is not all here. */
static bool has_lost_slots(
    const struct redis_site *site, const struct redis_site_map *map)
{
	struct redis_slot_set here = { .bits = { 0 } };

	redis_site_map_slots(map, site, &here);
	return !redis_slot_set_covers(&here, &site->owed);
}

bool redis_site_review(struct redis_site *site, struct redis_site_map *map)
{
	bool is_away = redis_shard_is_away(site->shard);

	if (redis_site_map_set(map, redis_shard_address(site->shard), site)) {
		site->absent = 0;
		site->doubts -= site->doubts > 0;
		return is_away && has_lost_slots(site, map);
	}
	site->absent++;
	return is_away || site->doubts > 0 || site->absent >= ABSENT_MAX;
}
