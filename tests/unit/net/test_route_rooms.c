/*
 * route_rooms: the names that templates make, and that nothing is made where
 * there are too many: what counts is every name, a duplicate too.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "net/route.h"
#include "unit.h"

enum { MAX = 128, SCRATCH = 65536, TEXT = SCRATCH + 64 };

struct made {
	size_t count;
	char names[4096]; /* the first ones, each with a space behind it */
};

struct rig {
	struct pattern pattern;
	struct template templates[2];
	struct conf_route route;
	struct route_match match;
	struct identity id;
	char scratch[SCRATCH];
	struct made made;
};

static struct rig *rig_new(const char *first, const char *second)
{
	static char *names[2];
	struct rig *rig = xcalloc(1, sizeof *rig);
	struct err e;

	ck_assert(pattern_compile(&rig->pattern, "/ws/{room}", &e) == 0);
	ck_assert(template_compile(
		      &rig->templates[0], first, &rig->pattern, &e) == 0);
	rig->route.rooms.items = names;
	rig->route.rooms.count = 1;
	if (second) {
		ck_assert(template_compile(&rig->templates[1], second,
			      &rig->pattern, &e) == 0);
		rig->route.rooms.count = 2;
	}
	rig->route.templates = rig->templates;
	rig->match.route = &rig->route;
	rig->match.segments[0] = slice_str("ws");
	rig->match.segments[1] = slice_str("path");
	return rig;
}

static void rig_free(struct rig *rig)
{
	for (size_t i = 0; i < rig->route.rooms.count; i++)
		template_fini(&rig->templates[i]);
	pattern_fini(&rig->pattern);
	identity_fini(&rig->id);
	free(rig);
}

static enum refused note(void *arg, struct slice room, bool is_chosen)
{
	struct made *made = arg;
	size_t len = strlen(made->names);

	(void)is_chosen;
	made->count++;
	if (len + room.len + 2 < sizeof made->names)
		(void)snprintf(made->names + len, sizeof made->names - len,
		    "%.*s ", (int)room.len, room.ptr);
	return REFUSED_NOT;
}

static enum refused expand(
    struct rig *rig, const char *query, const char *claims)
{
	struct route_source source = {
		.match = &rig->match,
		.query = slice_str(query),
		.identity = &rig->id,
		.scratch = rig->scratch,
		.size = sizeof rig->scratch,
		.max = MAX,
	};

	identity_fini(&rig->id);
	rig->id.claims = claims ? cJSON_Parse(claims) : NULL;
	rig->made = (struct made){ 0 };
	return route_rooms(&source, note, &rig->made);
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
	struct rig *rig = rig_new("{room}-{query.a}-{claim.x}", "{query.b}");

	ck_assert_int_eq(expand(rig, "a=1,2&b=%33", "{\"x\":[\"p\",7]}"), 0);
	ck_assert_str_eq(
	    rig->made.names, "path-1-p path-1-7 path-2-p path-2-7 3 ");
	rig_free(rig);
}
END_TEST

START_TEST(as_many_as_allowed_are_made_and_no_more)
{
	struct rig *rig = rig_new("{query.a}-{query.b}", NULL);
	char query[TEXT];

	(void)snprintf(query, sizeof query, "b=x,y&a=%s", list("k", MAX / 2));
	ck_assert_int_eq(expand(rig, query, NULL), 0);
	ck_assert_uint_eq(rig->made.count, MAX);
	(void)snprintf(
	    query, sizeof query, "b=x,y&a=%s", list("k", MAX / 2 + 1));
	ck_assert_int_eq(expand(rig, query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(rig->made.count, 0);
	rig_free(rig);
}
END_TEST

START_TEST(duplicates_count)
{
	struct rig *rig = rig_new("{query.a}", NULL);
	char query[TEXT];

	(void)snprintf(query, sizeof query, "a=%s", list("k", MAX + 1));
	ck_assert_int_eq(expand(rig, query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(rig->made.count, 0);
	rig_free(rig);
}
END_TEST

/* A product that would be 0 in 64 bits is still too much. */
START_TEST(a_product_does_not_overflow)
{
	struct rig *rig =
	    rig_new("{query.a}{query.a}{query.a}{query.a}{query.a}{query.a}"
		    "{query.a}{query.a}{query.a}{query.a}{query.a}{query.a}",
		NULL);
	char query[TEXT];

	(void)snprintf(query, sizeof query, "a=%s", list("", 64));
	ck_assert_int_eq(expand(rig, query, NULL), REFUSED_ROOMS);
	ck_assert_uint_eq(rig->made.count, 0);
	rig_free(rig);
}
END_TEST

START_TEST(claims_multiply_as_well)
{
	struct rig *rig = rig_new("{claim.x}-{claim.x}-{query.a}", NULL);
	char claims[TEXT];

	(void)snprintf(claims, sizeof claims, "{\"x\":[%s]}", list("1", 20000));
	ck_assert_int_eq(expand(rig, "a=1", claims), REFUSED_ROOMS);
	ck_assert_uint_eq(rig->made.count, 0);
	rig_free(rig);
}
END_TEST

START_TEST(a_claim_without_text_is_refused_first)
{
	struct rig *rig = rig_new("{query.a}-{claim.x}", NULL);

	ck_assert_int_eq(expand(rig, "a=1,2", "{\"x\":[]}"), REFUSED_CLAIM);
	ck_assert_int_eq(
	    expand(rig, "a=1,2", "{\"x\":[\"a\",{}]}"), REFUSED_CLAIM);
	ck_assert_int_eq(expand(rig, "a=1,2", "{\"x\":null}"), REFUSED_CLAIM);
	ck_assert_int_eq(expand(rig, "a=1,2", NULL), REFUSED_CLAIM);
	ck_assert_uint_eq(rig->made.count, 0);
	rig_free(rig);
}
END_TEST

START_TEST(a_value_too_long_for_the_scratch_is_refused)
{
	struct rig *rig = rig_new("{query.a}{query.a}", NULL);
	char query[TEXT];

	memset(query, 'x', sizeof query);
	memcpy(query, "a=", 2);
	query[SCRATCH - 100] = '\0';
	ck_assert_int_eq(expand(rig, query, NULL), REFUSED_QUERY_LONG);
	rig_free(rig);
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

UNIT_MAIN("net/route_rooms", lists_are_combined,
    as_many_as_allowed_are_made_and_no_more, duplicates_count,
    a_product_does_not_overflow, claims_multiply_as_well,
    a_claim_without_text_is_refused_first,
    a_value_too_long_for_the_scratch_is_refused, permits_cost_what_they_may,
    usual_permits_are_far_from_that)
