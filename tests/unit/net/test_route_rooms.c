/*
 * route_rooms: the names that templates make, and that nothing is made where
 * there are too many: what counts is every name, a duplicate too.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "net/route_rooms.h"
#include "proto/names.h"
#include "unit.h"

enum { MAX = 128, SCRATCH = 65536, TEXT = SCRATCH + 64 };

struct made {
	size_t count;
	char names[4096]; /* the first ones, each with a space behind it */
};

static struct pattern pattern;
static struct template templates[2];
static char *names[2];
static struct conf_route route;
static struct identity id;
static struct made made;

static void setup(void)
{
	struct err e;

	ck_assert(pattern_compile(&pattern, "/ws/{room}", &e) == 0);
	route = (struct conf_route){
		.rooms.items = names,
		.templates = templates,
	};
}

static void teardown(void)
{
	for (size_t i = 0; i < route.rooms.count; i++)
		template_fini(&templates[i]);
	pattern_fini(&pattern);
	identity_fini(&id);
}

/* One more template of the route. */
static void add_template(const char *text)
{
	struct template *t = &templates[route.rooms.count++];
	struct err e;

	ck_assert(template_compile(t, text, &pattern, &e) == 0);
}

static enum refused note(void *arg, struct slice room, bool is_chosen)
{
	size_t len = strlen(made.names);

	(void)arg, (void)is_chosen;
	made.count++;
	if (len + room.len + 2 < sizeof made.names)
		(void)snprintf(made.names + len, sizeof made.names - len,
		    "%.*s ", (int)room.len, room.ptr);
	return REFUSED_NOT;
}

/* For a client at /ws/path. */
static enum refused expand(const char *query, const char *claims)
{
	static char scratch[SCRATCH];
	const struct route_match match = {
		.route = &route,
		.segments = { slice_str("ws"), slice_str("path") },
	};
	const struct route_source source = {
		.match = &match,
		.query = slice_str(query),
		.identity = &id,
		.scratch = scratch,
		.size = sizeof scratch,
		.max = MAX,
	};

	identity_fini(&id);
	id.claims = claims ? cJSON_Parse(claims) : NULL;
	made = (struct made){ 0 };
	return route_rooms(&source, note, NULL);
}

/* count times the item, joined with commas. Static. */
static const char *list(const char *item, size_t count)
{
	static char text[SCRATCH];
	size_t len = strlen(item);
	char *to = text;

	ck_assert_uint_lt(count * (len + 1), sizeof text);
	for (size_t i = 0; i < count; i++) {
		memcpy(to, item, len);
		to[len] = ',';
		to += len + 1;
	}
	to[-1] = '\0';
	return text;
}

START_TEST(lists_are_combined)
{
	add_template("{room}-{query.a}-{claim.x}");
	add_template("{query.b}");
	ck_assert_int_eq(expand("a=1,2&b=%33", "{\"x\":[\"p\",7]}"), 0);
	ck_assert_str_eq(made.names, "path-1-p path-1-7 path-2-p path-2-7 3 ");
}
END_TEST

START_TEST(as_many_as_allowed_are_made_and_no_more)
{
	char query[TEXT];

	add_template("{query.a}-{query.b}");
	(void)snprintf(query, sizeof query, "b=x,y&a=%s", list("k", MAX / 2));
	ck_assert_int_eq(expand(query, NULL), 0);
	ck_assert_uint_eq(made.count, MAX);
	(void)snprintf(
	    query, sizeof query, "b=x,y&a=%s", list("k", MAX / 2 + 1));
	ck_assert_int_eq(expand(query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

START_TEST(duplicates_count)
{
	char query[TEXT];

	add_template("{query.a}");
	(void)snprintf(query, sizeof query, "a=%s", list("k", MAX + 1));
	ck_assert_int_eq(expand(query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

/* A product that would be 0 in 64 bits is still too much. */
START_TEST(a_product_does_not_overflow)
{
	char query[TEXT];

	add_template("{query.a}{query.a}{query.a}{query.a}{query.a}{query.a}"
		     "{query.a}{query.a}{query.a}{query.a}{query.a}{query.a}");
	(void)snprintf(query, sizeof query, "a=%s", list("", 64));
	ck_assert_int_eq(expand(query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

START_TEST(claims_multiply_as_well)
{
	char claims[TEXT];

	add_template("{claim.x}-{claim.x}-{query.a}");
	(void)snprintf(claims, sizeof claims, "{\"x\":[%s]}", list("1", 20000));
	ck_assert_int_eq(expand("a=1", claims), REFUSED_ROOMS);
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

START_TEST(a_claim_without_text_is_refused_first)
{
	add_template("{query.a}-{claim.x}");
	ck_assert_int_eq(expand("a=1,2", "{\"x\":[]}"), REFUSED_CLAIM);
	ck_assert_int_eq(expand("a=1,2", "{\"x\":[\"a\",{}]}"), REFUSED_CLAIM);
	ck_assert_int_eq(expand("a=1,2", "{\"x\":null}"), REFUSED_CLAIM);
	ck_assert_int_eq(expand("a=1,2", NULL), REFUSED_CLAIM);
	ck_assert_uint_eq(made.count, 0);
}
END_TEST

START_TEST(a_value_too_long_for_the_scratch_is_refused)
{
	char query[TEXT];

	add_template("{query.a}{query.a}");
	memset(query, 'x', sizeof query);
	memcpy(query, "a=", 2);
	query[SCRATCH - 100] = '\0';
	ck_assert_int_eq(expand(query, NULL), REFUSED_QUERY_LONG);
}
END_TEST

/* As many patterns as fit a token, and as slow ones, for many rooms. */
START_TEST(permits_cost_what_they_may)
{
	char claims[TEXT], room[ROOM_NAME_MAX];
	size_t steps = IDENTITY_PERMIT_STEPS, left = steps, asked = 0;
	cJSON *json;

	(void)snprintf(claims, sizeof claims, "[%s]",
	    list("\"*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", 1000));
	json = cJSON_Parse(claims);
	memset(room, 'a', sizeof room);
	while (steps > 0 && asked < 1000) {
		ck_assert(!identity_permits(
		    json, slice_of(room, sizeof room), &steps));
		ck_assert(steps < left);
		left = steps;
		asked++;
	}
	ck_assert_uint_eq(steps, 0);
	ck_assert(!identity_permits(json, slice_str("*aaaa"), &steps));
	cJSON_Delete(json);
}
END_TEST

START_TEST(usual_permits_are_far_from_that)
{
	size_t steps = IDENTITY_PERMIT_STEPS;
	char claims[TEXT];
	cJSON *json;

	(void)snprintf(claims, sizeof claims, "[%s,\"tenant.42.*\"]",
	    list("\"tenant.41.*\"", 200));
	json = cJSON_Parse(claims);
	for (int i = 0; i < MAX / 2; i++)
		ck_assert(identity_permits(
		    json, slice_str("tenant.42.orders"), &steps));
	ck_assert_uint_gt(steps, IDENTITY_PERMIT_STEPS / 2);
	ck_assert(!identity_permits(NULL, slice_str("a"), &steps));
	cJSON_Delete(json);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/route_rooms", lists_are_combined,
    as_many_as_allowed_are_made_and_no_more, duplicates_count,
    a_product_does_not_overflow, claims_multiply_as_well,
    a_claim_without_text_is_refused_first,
    a_value_too_long_for_the_scratch_is_refused, permits_cost_what_they_may,
    usual_permits_are_far_from_that)
