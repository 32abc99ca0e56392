/* redis_site_map: see the header. */
#include "backend/redis_site_map.h"

void redis_site_map_init(struct redis_site_map *m)
{
	*m = (struct redis_site_map){ .slots = redis_slots_new() };
}

void redis_site_map_fini(struct redis_site_map *m)
{
	redis_slots_free(m->slots);
}

void redis_site_map_know(
    struct redis_site_map *m, const struct redis_slots *slots)
{
	redis_slots_free(m->slots);
	*m = (struct redis_site_map){ .slots = redis_slots_copy(slots) };
}

bool redis_site_map_set(
    struct redis_site_map *m, const struct address *master, void *site)
{
	uint16_t number = redis_slots_find(m->slots, master);

	if (number == REDIS_SLOTS_NOBODY)
		return false;
	m->of[number] = site;
	return true;
}

void *redis_site_map_find(const struct redis_site_map *m, uint16_t slot,
    const struct address **master)
{
	uint16_t number = redis_slots_master(m->slots, slot);

	*master = NULL;
	if (number == REDIS_SLOTS_NOBODY)
		return NULL;
	*master = redis_slots_address(m->slots, number);
	return m->of[number];
}

void redis_site_map_hop(
    struct redis_site_map *m, uint16_t slot, const struct address *to)
{
	bool is_believed = !redis_slot_set_has(&m->hopped, slot);
	int rc = redis_slots_move(m->slots, slot, is_believed ? to : NULL);

	(void)rc; /* it is nobody's then */
	redis_slot_set_add(&m->hopped, slot);
}

void redis_site_map_slots(const struct redis_site_map *m, const void *site,
    struct redis_slot_set *slots)
{
	for (unsigned slot = 0; slot < REDIS_SLOTS; slot++) {
		uint16_t number = redis_slots_master(m->slots, (uint16_t)slot);

		if (number != REDIS_SLOTS_NOBODY && m->of[number] == site)
			redis_slot_set_add(slots, (uint16_t)slot);
	}
}
