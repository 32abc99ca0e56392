/* conf_log: from log.level and log.levels to the levels of all parts. */
#include "base/log.h"
#include "conf/conf_log.h"
#include "conf/conf_ref.h"
#include "parsed.h"
#include "unit.h"

#define ROUTE "routes: [{path: /ws, rooms: [a]}]\n"

static void use(const char *text)
{
	struct conf *c = must_parse(text);

	conf_log_use(c);
	conf_unref(c);
}

START_TEST(a_part_goes_by_its_own_level_or_by_that_of_all)
{
	use(ROUTE "log: {level: warn, levels: {hub: debug, redis: error}}");
	ck_assert_int_eq(log_level_of(LOG_HUB), LOG_DEBUG);
	ck_assert_int_eq(log_level_of(LOG_REDIS), LOG_ERROR);
	ck_assert_int_eq(log_level_of(LOG_MAIN), LOG_WARN);
}
END_TEST

START_TEST(what_another_configuration_does_not_say_is_as_by_default)
{
	use(ROUTE "log: {level: debug, levels: {hub: error}}");
	use(ROUTE "log: {levels: {hub: default}}");
	for (int i = 0; i < LOG_COMPONENTS; i++)
		ck_assert_int_eq(log_level_of((enum log_component)i), LOG_INFO);
}
END_TEST

UNIT_MAIN("conf/conf_log", a_part_goes_by_its_own_level_or_by_that_of_all,
    what_another_configuration_does_not_say_is_as_by_default)
