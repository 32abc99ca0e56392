/* redis_cut_off: what nodes have said of themselves (Redis 7.0.15). */
#include <stdio.h>

#include "backend/redis_cut_off.h"
#include "unit.h"

/* Of slots: assigned, suspected to be nobody's by now, dead; and of nodes. */
static enum redis_cut_off read_info(const char *state, unsigned assigned,
    unsigned suspected, unsigned dead, unsigned nodes)
{
	char text[512];

	(void)snprintf(text, sizeof text,
	    "cluster_state:%s\r\ncluster_slots_assigned:%u\r\n"
	    "cluster_slots_ok:%u\r\ncluster_slots_pfail:%u\r\n"
	    "cluster_slots_fail:%u\r\ncluster_known_nodes:%u\r\n"
	    "cluster_size:3\r\ncluster_current_epoch:4\r\n",
	    state, assigned, assigned - suspected - dead, suspected, dead,
	    nodes);
	return redis_cut_off_read(slice_str(text));
}

START_TEST(test_a_cluster_that_is_ok)
{
	ck_assert(read_info("ok", 16384, 0, 0, 6) == REDIS_CUT_OFF_NO);
	/* one of three is suspected, which two can see */
	ck_assert(read_info("ok", 16384, 5461, 0, 6) == REDIS_CUT_OFF_NO);
	/* cluster-require-full-coverage no */
	ck_assert(read_info("ok", 100, 0, 0, 6) == REDIS_CUT_OFF_NO);
	ck_assert(read_info("ok", 16384, 0, 0, 1) == REDIS_CUT_OFF_NO);
}
END_TEST

START_TEST(test_a_node_that_sees_less_than_most)
{
	ck_assert(read_info("fail", 16384, 10922, 0, 6) == REDIS_CUT_OFF_YES);
	/* one had died before */
	ck_assert(read_info("fail", 16384, 5461, 5461, 6) == REDIS_CUT_OFF_YES);
	/* within the two seconds of its start */
	ck_assert(read_info("fail", 16384, 0, 0, 6) == REDIS_CUT_OFF_YES);
}
END_TEST

START_TEST(test_a_node_that_is_alone)
{
	ck_assert(read_info("fail", 0, 0, 0, 1) == REDIS_CUT_OFF_YES);
}
END_TEST

START_TEST(test_slots_that_nobody_serves_cut_nobody_off)
{
	ck_assert(read_info("fail", 16384, 0, 5461, 6) == REDIS_CUT_OFF_NO);
	ck_assert(read_info("fail", 16000, 0, 0, 6) == REDIS_CUT_OFF_NO);
}
END_TEST

START_TEST(test_what_says_nothing_of_it)
{
	static const char *const texts[] = { "", "\r\n", ":", "cluster_state",
		"cluster_statex:ok\r\n", "# Replication\r\nrole:master\r\n" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert(redis_cut_off_read(slice_str(texts[i])) ==
			  (i == 3 ? REDIS_CUT_OFF_YES : REDIS_CUT_OFF_UNKNOWN));
}
END_TEST

START_TEST(test_numbers_that_are_none_count_as_nothing)
{
	ck_assert(redis_cut_off_read(slice_str(
		      "cluster_state:fail\n"
		      "cluster_slots_pfail:-1\n"
		      "cluster_slots_fail:99999999999\n"
		      "cluster_slots_assigned:x\n"
		      "cluster_known_nodes:\n")) == REDIS_CUT_OFF_YES);
	ck_assert(redis_cut_off_read(slice_str("cluster_state:ok")) ==
		  REDIS_CUT_OFF_NO);
}
END_TEST

UNIT_MAIN("backend/redis_cut_off", test_a_cluster_that_is_ok,
    test_a_node_that_sees_less_than_most, test_a_node_that_is_alone,
    test_slots_that_nobody_serves_cut_nobody_off, test_what_says_nothing_of_it,
    test_numbers_that_are_none_count_as_nothing)
