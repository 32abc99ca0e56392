/*
 * route: which one a path takes, that it is decoded once, and that a copy of
 * the match lives without the scratch.
 */
#include <stdlib.h>
#include <string.h>

#include "net/route.h"
#include "unit.h"

enum { ROUTES = 3, SCRATCH = 256 };

static const char *const paths[ROUTES] = { "/", "/ws/{room}", "/{a}/{b}" };
static struct conf_route routes[ROUTES];
static struct conf conf;
static char scratch[SCRATCH];
static struct route_match match;

static void setup(void)
{
	struct err e;

	for (size_t i = 0; i < ROUTES; i++)
		ck_assert(
		    pattern_compile(&routes[i].pattern, paths[i], &e) == 0);
	conf.routes.items = routes;
	conf.routes.count = ROUTES;
}

static void teardown(void)
{
	for (size_t i = 0; i < ROUTES; i++)
		pattern_fini(&routes[i].pattern);
}

static enum refused find(const char *path)
{
	route_find(&conf, slice_str(path), scratch, &match);
	return match.why;
}

static void has(const struct route_match *m, size_t segment, const char *text)
{
	ck_assert(slice_eq(m->segments[segment], slice_str(text)));
}

START_TEST(the_first_that_matches_counts)
{
	ck_assert_int_eq(find("/"), REFUSED_NOT);
	ck_assert_ptr_eq(match.route, &routes[0]);
	ck_assert_int_eq(find("/ws/lobby"), REFUSED_NOT);
	ck_assert_ptr_eq(match.route, &routes[1]);
	ck_assert_int_eq(find("/sse/lobby"), REFUSED_NOT);
	ck_assert_ptr_eq(match.route, &routes[2]);
	ck_assert_int_eq(find("/ws"), REFUSED_ROUTE);
	ck_assert_int_eq(find("/ws/a/b"), REFUSED_ROUTE);
	ck_assert_ptr_null(match.route);
}
END_TEST

START_TEST(a_segment_is_decoded_once)
{
	ck_assert_int_eq(find("/w%73/a%2Fb%2541"), REFUSED_NOT);
	ck_assert_ptr_eq(match.route, &routes[1]);
	has(&match, 0, "ws");
	has(&match, 1, "a/b%41");
	ck_assert_uint_eq(match.size, strlen("wsa/b%41"));
	ck_assert_int_eq(find("/ws/%4"), REFUSED_PATH);
}
END_TEST

START_TEST(a_path_of_too_many_segments_has_no_route)
{
	char path[2 * PATTERN_MAX_SEGMENTS + 3] = "";

	for (size_t i = 0; i <= PATTERN_MAX_SEGMENTS; i++)
		strcat(path, "/a");
	ck_assert_int_eq(find(path), REFUSED_ROUTE);
}
END_TEST

START_TEST(a_copy_needs_no_scratch)
{
	struct route_match *copy;

	ck_assert_int_eq(find("/tenant/caf%C3%A9"), REFUSED_NOT);
	copy = route_match_copy(&match);
	ck_assert_ptr_nonnull(copy);
	memset(scratch, 'x', sizeof scratch);
	ck_assert_ptr_eq(copy->route, &routes[2]);
	has(copy, 0, "tenant");
	has(copy, 1, "caf\xc3\xa9");
	free(copy);
}
END_TEST

START_TEST(a_copy_of_nothing_is_empty)
{
	struct route_match *copy;

	ck_assert_int_eq(find("/"), REFUSED_NOT);
	copy = route_match_copy(&match);
	ck_assert_ptr_nonnull(copy);
	ck_assert_uint_eq(copy->size, 0);
	has(copy, 0, "");
	free(copy);
}
END_TEST

START_TEST(a_copy_says_why_there_is_none)
{
	struct route_match *copy;

	ck_assert_int_eq(find("/sse/a/b"), REFUSED_ROUTE);
	copy = route_match_copy(&match);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(copy->why, REFUSED_ROUTE);
	has(copy, 2, "b");
	free(copy);
	ck_assert_int_eq(find("/%4"), REFUSED_PATH);
	copy = route_match_copy(&match);
	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(copy->why, REFUSED_PATH);
	ck_assert_ptr_null(copy->route);
	free(copy);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/route", the_first_that_matches_counts,
    a_segment_is_decoded_once, a_path_of_too_many_segments_has_no_route,
    a_copy_needs_no_scratch, a_copy_of_nothing_is_empty,
    a_copy_says_why_there_is_none)
