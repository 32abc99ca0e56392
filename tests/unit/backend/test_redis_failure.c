/* redis_failure: what helps is told of what was asked. */
#include <string.h>

#include "backend/redis_failure.h"
#include "unit.h"

static void check_remedy(
    const char *command, const char *error, const char *word, const char *other)
{
	const struct redis_failure f =
	    redis_failure_refused(command, slice_of(NULL, 0), slice_str(error));

	ck_assert_msg(strstr(f.remedy, word) != NULL, "%s", f.remedy);
	ck_assert_msg(strstr(f.remedy, other) == NULL, "%s", f.remedy);
}

START_TEST(a_key_that_holds_something_else_is_named)
{
	check_remedy("XADD", "WRONGTYPE Operation against a key",
	    "events.stream", "history.stream");
	check_remedy("XREAD", "WRONGTYPE Operation against a key",
	    "history.stream", "events.stream");
}
END_TEST

START_TEST(the_permission_that_is_missing_is_named)
{
	check_remedy("XADD", "NOPERM no", "+xadd", "+xread");
	check_remedy("XREAD", "NOPERM no", "+xread", "+xadd");
	check_remedy("EXEC", "NOPERM no", "+exec", "+xadd");
	check_remedy("PUBLISH", "NOPERM no", "+publish", "+exec");
}
END_TEST

UNIT_MAIN("backend/redis_failure", a_key_that_holds_something_else_is_named,
    the_permission_that_is_missing_is_named)
