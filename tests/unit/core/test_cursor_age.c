/* How far back cursors are, as /metrics has it. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/buf.h"
#include "core/cursor_age.h"
#include "core/metrics.h"
#include "core/metrics_text.h"
#include "unit.h"

static struct metrics block;

static void setup(void)
{
	memset(&block, 0, sizeof block);
}

static void check_has(const char *line)
{
	struct metrics *blocks = &block;
	struct buf text = { 0 };

	metrics_print(&blocks, 1, &text);
	ck_assert_int_eq(buf_append(&text, "", 1), 0);
	ck_assert_msg(strstr(text.data, line) != NULL, "%s is missing", line);
	buf_fini(&text);
}

START_TEST(each_bucket_has_what_is_as_young)
{
	cursor_age_count(&block, 0);
	cursor_age_count(&block, 1000);
	cursor_age_count(&block, 1001);
	cursor_age_count(&block, 100400);
	cursor_age_count_old(&block);
	check_has("# TYPE roomcast_cursor_age_seconds histogram\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"1\"} 2\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"5\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"30\"} 3\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"120\"} 4\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"600\"} 4\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"3600\"} 4\n"
		  "roomcast_cursor_age_seconds_bucket{le=\"+Inf\"} 5\n"
		  "roomcast_cursor_age_seconds_sum 102.401\n"
		  "roomcast_cursor_age_seconds_count 5\n");
}
END_TEST

UNIT_MAIN_WITH(setup, NULL, "core/cursor_age", each_bucket_has_what_is_as_young)
