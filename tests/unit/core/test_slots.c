/* The places of a worker's connections: each its own, found, walked, freed. */
#include "../base/rng.h"
#include "core/conn.h"
#include "core/slots.h"
#include "unit.h"

enum { CONNS = 1000, STEPS = 20000 };

static unsigned chunks(const struct slots *s)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < s->chunk_count; i++)
		count += s->chunks[i] != NULL;
	return count;
}

START_TEST(each_keeps_a_place_of_its_own_on_a_cache_line)
{
	struct conn *conns[CONNS];
	struct slots s;

	slots_init(&s);
	for (uint32_t i = 0; i < CONNS; i++) {
		conns[i] = slots_take(&s);
		ck_assert_ptr_nonnull(conns[i]);
		ck_assert_uint_eq((uintptr_t)conns[i] % 64, 0);
		ck_assert_uint_eq(conns[i]->slot, i);
	}
	for (uint32_t i = 0; i < CONNS; i++)
		ck_assert_ptr_eq(slots_find(&s, i), conns[i]);
	for (uint32_t i = 0; i < CONNS; i++)
		slots_give(&s, conns[i]);
	slots_fini(&s);
}
END_TEST

START_TEST(a_free_place_and_one_that_never_was_hold_nobody)
{
	struct slots s;
	struct conn *c;

	slots_init(&s);
	ck_assert_ptr_null(slots_find(&s, 0));
	c = slots_take(&s);
	ck_assert_ptr_null(slots_find(&s, 1));
	ck_assert_ptr_null(slots_find(&s, UINT32_MAX));
	slots_give(&s, c);
	ck_assert_ptr_null(slots_find(&s, 0));
	slots_fini(&s);
}
END_TEST

/* Against a table of who is where. */
START_TEST(a_walk_meets_everybody_once_whoever_came_and_went)
{
	struct conn *conns[CONNS] = { NULL };
	uint64_t seed = 7;
	struct slots s;

	slots_init(&s);
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)rng_below(&seed, CONNS);

		if (conns[i])
			slots_give(&s, conns[i]);
		conns[i] = conns[i] ? NULL : slots_take(&s);
		if (conns[i])
			conns[i]->stamp = i;
		if (step % 1000 == 0) {
			unsigned met = 0, there = 0;
			uint32_t at = 0;
			const struct conn *c;

			while ((c = slots_next(&s, &at))) {
				ck_assert_ptr_eq(c, conns[c->stamp]);
				ck_assert_ptr_eq(c, slots_find(&s, c->slot));
				met++;
			}
			for (i = 0; i < CONNS; i++)
				there += conns[i] != NULL;
			ck_assert_uint_eq(met, there);
		}
	}
	for (int i = 0; i < CONNS; i++)
		if (conns[i])
			slots_give(&s, conns[i]);
	slots_fini(&s);
}
END_TEST

START_TEST(chunks_go_with_their_last_connection)
{
	struct conn *conns[CONNS];
	struct slots s;

	slots_init(&s);
	for (int i = 0; i < CONNS; i++)
		conns[i] = slots_take(&s);
	ck_assert_uint_eq(chunks(&s), (CONNS + 63) / 64);
	for (int i = CONNS; i > 1; i--)
		slots_give(&s, conns[i - 1]);
	ck_assert_uint_eq(chunks(&s), 1);
	ck_assert_ptr_eq(slots_find(&s, 0), conns[0]);
	slots_give(&s, conns[0]);
	ck_assert_uint_eq(chunks(&s), 0);
	slots_fini(&s);
}
END_TEST

UNIT_MAIN("core/slots", each_keeps_a_place_of_its_own_on_a_cache_line,
    a_free_place_and_one_that_never_was_hold_nobody,
    a_walk_meets_everybody_once_whoever_came_and_went,
    chunks_go_with_their_last_connection)
