/* log_levels: what is written of which part. */
#include "base/log_levels.h"
#include "unit.h"

START_TEST(each_part_has_a_level_of_its_own)
{
	ck_assert(
	    log_is_on(LOG_HUB, LOG_INFO) && log_is_on(LOG_MAIN, LOG_INFO));
	log_set_level(LOG_HUB, LOG_DEBUG);
	log_set_level(LOG_MAIN, LOG_ERROR);
	ck_assert(log_is_on(LOG_HUB, LOG_DEBUG));
	ck_assert(!log_is_on(LOG_REDIS, LOG_DEBUG));
	ck_assert(!log_is_on(LOG_MAIN, LOG_WARN));
	ck_assert(log_is_on(LOG_MAIN, LOG_ERROR));
	ck_assert_int_eq(log_level_of(LOG_HUB), LOG_DEBUG);
	log_set_level(LOG_HUB, LOG_INFO);
	log_set_level(LOG_MAIN, LOG_INFO);
}
END_TEST

START_TEST(names_are_found_and_others_are_not)
{
	for (int i = 0; i < LOG_COMPONENTS; i++) {
		const char *name = log_component_name((enum log_component)i);

		ck_assert_int_eq(log_find_component(slice_str(name)), i);
	}
	for (int i = 0; i < LOG_LEVELS; i++) {
		const char *name = log_level_name((enum log_level)i);

		ck_assert_int_eq(log_find_level(slice_str(name)), i);
	}
	ck_assert_int_eq(log_find_component(slice_str("hubs")), -1);
	ck_assert_int_eq(log_find_component(slice_str("")), -1);
	ck_assert_int_eq(log_find_level(slice_str("Warn")), -1);
}
END_TEST

UNIT_MAIN("base/log_levels", each_part_has_a_level_of_its_own,
    names_are_found_and_others_are_not)
