/*
 * census: a page of the rooms ends in time, however many there are of which
 * none is wanted, and the pages behind it have all others.
 */
#include <stdio.h>

#include "core/census.h"
#include "core/interest.h"
#include "core/outbox.h"
#include "surveyrig.h"
#include "unit.h"

enum {
	MANY = 20000,
	PART_MAX = 1024, /* names that are looked at in a turn */
};

static struct fakeworker fake;
static struct outbox outbox;
static struct list surveys;
static struct interests interests;
static struct census *page; /* NULL until it is done */

static void setup(void)
{
	fake_init(&fake, false);
	outbox_init(&outbox, &fake.worker, 1);
	list_init(&surveys);
	interests_init(&interests);
	page = NULL;
}

static void teardown(void)
{
	surveys_end(&surveys);
	interests_fini(&interests);
	outbox_fini(&outbox);
	fake_fini(&fake);
}

static void add_room(const char *text)
{
	struct slice name = slice_str(text);
	uint64_t hash = worker_hash(fake.worker, name);
	bool is_new;

	(void)interests_add(&interests, name, hash, 0, &is_new);
	ck_assert(is_new);
}

static void add_rooms(void)
{
	char text[24];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof text, "room-%d", i);
		add_room(text);
	}
}

static void on_done(void *arg, struct census *c)
{
	(void)arg;
	ck_assert_ptr_null(page);
	page = c;
}

/* A page of rooms whose names begin with an x, of which one turn has passed. */
static struct census *open_page(bool by_members, uint64_t from)
{
	const struct census_query query = {
		.prefix = "x",
		.prefix_len = 1,
		.by_members = by_members,
		.limit = 10,
		.from = from,
	};
	struct census *c;

	page = NULL;
	c = census_open(&outbox, &surveys, &interests, &query, on_done, NULL);
	ck_assert(survey_turn(&fake));
	return c;
}

static void wait_page(void)
{
	while (!page)
		ck_assert(survey_turn(&fake));
}

START_TEST(whose_time_is_over_has_what_there_is)
{
	add_rooms();
	for (int by_members = 0; by_members < 2; by_members++) {
		uint64_t looked_at;
		struct census *c = open_page(by_members, 0);

		looked_at = c->next;
		ck_assert_uint_ne(looked_at, 0);
		c->until_ms = 0;
		wait_page();
		ck_assert_uint_ne(page->next, 0); /* not the end */
		ck_assert_uint_ge(page->next, looked_at);
		ck_assert_uint_eq(page->count, 0);
		census_close(page);
	}
}
END_TEST

/* Those that end early, too: each comes on. */
START_TEST(the_pages_behind_it_have_the_others)
{
	unsigned pages = 0, found = 0;
	uint64_t from = 0;

	add_rooms();
	add_room("x-1");
	add_room("x-2");
	do {
		open_page(false, from)->until_ms = 0;
		wait_page();
		from = page->next;
		found += (unsigned)page->count;
		census_close(page);
		ck_assert_uint_le(++pages, MANY / PART_MAX + 2);
	} while (from != 0);
	ck_assert_uint_eq(found, 2);
	ck_assert_uint_gt(pages, 1);
}
END_TEST

START_TEST(in_time_it_looks_at_all)
{
	add_rooms();
	add_room("x-1");
	for (int by_members = 0; by_members < 2; by_members++) {
		open_page(by_members, 0)->until_ms = INT64_MAX;
		wait_page();
		ck_assert_uint_eq(page->next, 0);
		ck_assert_uint_eq(page->count, 1);
		census_close(page);
	}
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/census",
    whose_time_is_over_has_what_there_is, the_pages_behind_it_have_the_others,
    in_time_it_looks_at_all)
