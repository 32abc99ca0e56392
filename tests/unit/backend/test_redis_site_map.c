/* redis_site_map: at which site a slot is. */
#include "backend/redis_site_map.h"
#include "unit.h"

static const struct address a = { .host = "a", .port = 1 };
static const struct address b = { .host = "b", .port = 2 };
static const struct address c = { .host = "c", .port = 3 };
static int site_a, site_b; /* whatever they are */
static struct redis_site_map map;

/* Slot 1 is at a, 2 and 3 at b, the others nobody's. */
static void know(void)
{
	struct redis_slots *slots = redis_slots_new();

	ck_assert_int_eq(redis_slots_move(slots, 1, &a), 0);
	ck_assert_int_eq(redis_slots_move(slots, 2, &b), 0);
	ck_assert_int_eq(redis_slots_move(slots, 3, &b), 0);
	redis_site_map_know(&map, slots);
	redis_slots_free(slots);
}

static void set_up(void)
{
	redis_site_map_init(&map);
	know();
}

static void tear_down(void)
{
	redis_site_map_fini(&map);
}

static void check(uint16_t slot, const void *site, const char *host)
{
	const struct address *master;

	ck_assert_ptr_eq(redis_site_map_find(&map, slot, &master), site);
	ck_assert_str_eq(master ? master->host : "", host);
}

START_TEST(test_a_slot_is_at_its_masters_site)
{
	check(1, NULL, "a");
	check(0, NULL, "");
	ck_assert(redis_site_map_set(&map, &b, &site_b));
	check(2, &site_b, "b");
	check(3, &site_b, "b");
	ck_assert(!redis_site_map_set(&map, &c, &site_a));
	ck_assert(redis_site_map_set(&map, &b, NULL));
	check(2, NULL, "b");
}
END_TEST

START_TEST(test_one_word_is_believed)
{
	ck_assert(redis_site_map_set(&map, &a, &site_a));
	ck_assert(redis_site_map_set(&map, &b, &site_b));
	redis_site_map_hop(&map, 1, &b);
	check(1, &site_b, "b");
	redis_site_map_hop(&map, 1, &a);
	check(1, NULL, "");
	redis_site_map_hop(&map, 2, NULL);
	check(2, NULL, "");
	redis_site_map_hop(&map, 3, &c);
	check(3, NULL, "c");
	ck_assert(redis_site_map_set(&map, &c, &site_a));
	know();
	check(1, NULL, "a");
	redis_site_map_hop(&map, 1, &b);
	check(1, NULL, "b");
}
END_TEST

START_TEST(test_the_slots_of_a_site)
{
	struct redis_slot_set slots = { .bits = { 0 } };

	ck_assert(redis_site_map_set(&map, &b, &site_b));
	redis_site_map_slots(&map, &site_a, &slots);
	ck_assert(redis_slot_set_is_empty(&slots));
	redis_site_map_slots(&map, &site_b, &slots);
	ck_assert(!redis_slot_set_has(&slots, 1));
	ck_assert(redis_slot_set_has(&slots, 2));
	ck_assert(redis_slot_set_has(&slots, 3));
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_site_map",
    test_a_slot_is_at_its_masters_site, test_one_word_is_believed,
    test_the_slots_of_a_site)
