/* Places: each thing its own, found, walked, freed. */
#include <string.h>

#include "base/mem.h"
#include "base/slots.h"
#include "rng.h"
#include "unit.h"

enum { THINGS = 1000, STEPS = 20000 };

struct thing {
	_Alignas(64) uint32_t slot;
	uint32_t mark;
	char more[128];
};

static struct thing *take(struct slots *s)
{
	uint32_t slot;
	struct thing *t = slots_take(s, &slot);

	ck_assert_ptr_nonnull(t);
	ck_assert_uint_eq(t->slot, 0);
	t->slot = slot;
	return t;
}

static void give(struct slots *s, struct thing *t)
{
	uint32_t slot = t->slot;

	memset(t, 0xff, sizeof *t); /* as who was there leaves it */
	slots_give(s, slot);
}

static unsigned chunks(const struct slots *s)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < s->chunk_count; i++)
		count += s->chunks[i] != NULL;
	return count;
}

START_TEST(each_keeps_a_place_of_its_own_on_a_cache_line)
{
	struct thing *things[THINGS];
	struct slots s;

	slots_init(&s, sizeof(struct thing));
	for (uint32_t i = 0; i < THINGS; i++) {
		things[i] = take(&s);
		ck_assert_uint_eq((uintptr_t)things[i] % 64, 0);
		ck_assert_uint_eq(things[i]->slot, i);
	}
	for (uint32_t i = 0; i < THINGS; i++)
		ck_assert_ptr_eq(slots_find(&s, i), things[i]);
	for (uint32_t i = 0; i < THINGS; i++)
		give(&s, things[i]);
	slots_fini(&s);
}
END_TEST

START_TEST(a_free_place_and_one_that_never_was_hold_nobody)
{
	struct slots s;
	struct thing *t;

	slots_init(&s, sizeof(struct thing));
	ck_assert_ptr_null(slots_find(&s, 0));
	t = take(&s);
	ck_assert_ptr_null(slots_find(&s, 1));
	ck_assert_ptr_null(slots_find(&s, UINT32_MAX));
	give(&s, t);
	ck_assert_ptr_null(slots_find(&s, 0));
	slots_fini(&s);
}
END_TEST

/* Also of a chunk of which none was taken yet, and when it is taken again. */
START_TEST(a_free_place_is_out_of_reach)
{
	struct slots s;
	struct thing *t, *other;

	slots_init(&s, sizeof(struct thing));
	t = take(&s);
	other = take(&s);
	ck_assert(!mem_is_out_of_reach(&t->mark));
	ck_assert(mem_is_out_of_reach(&other[1].mark) == SANITIZER_ADDRESS);
	give(&s, t);
	ck_assert(mem_is_out_of_reach(&t->mark) == SANITIZER_ADDRESS);
	ck_assert(!mem_is_out_of_reach(&other->mark));
	ck_assert_ptr_eq(take(&s), t);
	ck_assert(!mem_is_out_of_reach(&t->mark));
	give(&s, t);
	give(&s, other);
	slots_fini(&s);
}
END_TEST

/* Against a table of who is where. */
START_TEST(a_walk_meets_everybody_once_whoever_came_and_went)
{
	struct thing *things[THINGS] = { NULL };
	uint64_t seed = 7;
	struct slots s;

	slots_init(&s, sizeof(struct thing));
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)rng_below(&seed, THINGS);

		if (things[i])
			give(&s, things[i]);
		things[i] = things[i] ? NULL : take(&s);
		if (things[i])
			things[i]->mark = i;
		if (step % 1000 == 0) {
			unsigned met = 0, there = 0;
			uint32_t at = 0;
			const struct thing *t;

			while ((t = slots_next(&s, &at))) {
				ck_assert_ptr_eq(t, things[t->mark]);
				ck_assert_ptr_eq(t, slots_find(&s, t->slot));
				met++;
			}
			for (i = 0; i < THINGS; i++)
				there += things[i] != NULL;
			ck_assert_uint_eq(met, there);
		}
	}
	for (int i = 0; i < THINGS; i++)
		if (things[i])
			give(&s, things[i]);
	slots_fini(&s);
}
END_TEST

START_TEST(chunks_go_with_their_last_thing)
{
	struct thing *things[THINGS];
	struct slots s;

	slots_init(&s, sizeof(struct thing));
	for (int i = 0; i < THINGS; i++)
		things[i] = take(&s);
	ck_assert_uint_eq(chunks(&s), (THINGS + 63) / 64);
	for (int i = THINGS; i > 1; i--)
		give(&s, things[i - 1]);
	ck_assert_uint_eq(chunks(&s), 1);
	ck_assert_ptr_eq(slots_find(&s, 0), things[0]);
	give(&s, things[0]);
	ck_assert_uint_eq(chunks(&s), 0);
	slots_fini(&s);
}
END_TEST

UNIT_MAIN("base/slots", each_keeps_a_place_of_its_own_on_a_cache_line,
    a_free_place_and_one_that_never_was_hold_nobody,
    a_free_place_is_out_of_reach,
    a_walk_meets_everybody_once_whoever_came_and_went,
    chunks_go_with_their_last_thing)
