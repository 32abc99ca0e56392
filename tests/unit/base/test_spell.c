/*
 * spell: told of once when it begins and once when it is over.
 */
#include "base/spell.h"
#include "unit.h"

START_TEST(it_begins_once_and_ends_once)
{
	struct spell s = { 0 };

	ck_assert(!spell_ends(&s, 5000));
	ck_assert(spell_hit(&s, 5000));
	ck_assert(!spell_hit(&s, 5100));
	ck_assert(spell_ends(&s, 5100 + SPELL_CALM_MS));
	ck_assert(!spell_ends(&s, 9000));
	ck_assert(spell_hit(&s, 9000));
}
END_TEST

START_TEST(trouble_that_comes_and_goes_is_one)
{
	struct spell s = { 0 };

	ck_assert(spell_hit(&s, 1));
	for (int64_t now = 1; now < 60000; now += SPELL_CALM_MS - 1) {
		ck_assert(!spell_ends(&s, now));
		ck_assert(!spell_hit(&s, now));
	}
	ck_assert(spell_ends(&s, 70000));
}
END_TEST

UNIT_MAIN("base/spell", it_begins_once_and_ends_once,
    trouble_that_comes_and_goes_is_one)
