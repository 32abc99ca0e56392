/* visits: what is kept of requests, and for how long. */
#include "../core/fakeworker.h"
#include "net/request.h"
#include "net/visits.h"
#include "unit.h"

static struct fakeworker fake;
static struct visits visits;

static void setup(void)
{
	fake_init(&fake, false);
	visits_init(&visits);
}

static void teardown(void)
{
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&fake.worker->slots, &at)))
		visits_drop(&visits, c);
	visits_fini(&visits);
	fake_fini(&fake);
}

static struct conn *come(
    const char *path, const char *origin, const char *agent)
{
	struct conn *c = fake_connect(&fake, CONN_OPEN);
	struct visit v = { .origin = slice_str(origin),
		.agent = slice_str(agent) };

	(void)strcpy(v.path, path);
	visits_keep(&visits, c, &v);
	return c;
}

static void check(const struct conn *c, const char *path, const char *origin,
    const char *agent)
{
	struct visit v;

	visits_read(c, &v);
	ck_assert_str_eq(v.path, path);
	ck_assert(slice_eq(v.origin, slice_str(origin)));
	ck_assert(slice_eq(v.agent, slice_str(agent)));
}

START_TEST(each_is_known_until_it_is_dropped)
{
	struct conn *a = come("/ws/a", "https://a.example", "Agent/1");
	struct conn *b = come("/ws/b", "https://a.example", "Agent/1");
	struct conn *none = come("", NULL, NULL);

	check(a, "/ws/a", "https://a.example", "Agent/1");
	check(b, "/ws/b", "https://a.example", "Agent/1");
	check(none, "", "", "");
	visits_drop(&visits, a);
	visits_drop(&visits, a);
	check(a, "", "", "");
	check(b, "/ws/b", "https://a.example", "Agent/1");
}
END_TEST

START_TEST(who_comes_with_the_same_shares_it)
{
	struct conn *many[100];

	for (int i = 0; i < 100; i++)
		many[i] = come("/ws", "https://a.example", "Agent/1");
	ck_assert_uint_eq(visits.callers.count, 1);
	/* Not only the bytes one behind the other. */
	check(come("/ws", "https://a.exampleA", "gent/1"), "/ws",
	    "https://a.exampleA", "gent/1");
	ck_assert_uint_eq(visits.callers.count, 2);
	for (int i = 0; i < 100; i++)
		visits_drop(&visits, many[i]);
	ck_assert_uint_eq(visits.callers.count, 1);
}
END_TEST

START_TEST(of_what_is_long_no_more_is_kept_than_is_shown)
{
	char path[VISIT_PATH_MAX] = "", text[1000];
	struct visit v;

	memset(path, 'p', sizeof path - 1);
	memset(text, 't', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	visits_read(come(path, text, text), &v);
	ck_assert_str_eq(v.path, path);
	ck_assert_uint_eq(v.origin.len, VISIT_FIELD_SHOWN + 1);
	ck_assert_uint_eq(v.agent.len, VISIT_FIELD_SHOWN + 1);
}
END_TEST

/* --- what a request says --- */

static struct visit read_target(const char *target)
{
	static char bytes[8192];
	struct http_head head = { 0 };
	struct request r = { .head = &head };
	struct visit v;

	(void)strcpy(bytes, target);
	r.bytes = slice_str(bytes);
	head.path.len = (uint16_t)strlen(target);
	visit_read(&v, &r);
	return v;
}

START_TEST(a_path_is_bounded_and_shows_no_token)
{
	char long_one[4096] = "/ws/", many[4096] = "";
	size_t len;

	ck_assert_str_eq(read_target("/ws/lobby").path, "/ws/lobby");
	memset(long_one + 4, 'x', 65);
	ck_assert_str_eq(read_target(long_one).path, "/ws/xxxxxxxx...");
	for (int i = 0; i < 1000; i++)
		(void)strcat(many, "/ab");
	len = strlen(read_target(many).path);
	ck_assert_uint_lt(len, VISIT_PATH_MAX);
	ck_assert_str_eq(read_target(many).path + len - 3, "...");
}
END_TEST

START_TEST(without_a_head_there_is_nothing)
{
	const struct request r = { .head = NULL };
	struct visit v;

	visit_read(&v, &r);
	ck_assert_str_eq(v.path, "");
	ck_assert_uint_eq(v.origin.len + v.agent.len, 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "net/visits", each_is_known_until_it_is_dropped,
    who_comes_with_the_same_shares_it,
    of_what_is_long_no_more_is_kept_than_is_shown,
    a_path_is_bounded_and_shows_no_token, without_a_head_there_is_nothing)
