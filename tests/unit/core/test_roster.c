/*
 * roster, and the survey below it: a page of 100,000 connections comes in parts
 * that are bounded, and whoever asks may leave at any time.
 */
#include <stdio.h>

#include "conf/conf_route.h"
#include "core/conn_text.h"
#include "core/outbox.h"
#include "core/roster.h"
#include "surveyrig.h"
#include "unit.h"

enum {
	MANY = 100000,
	PART_MAX = 1024, /* places that are looked at in a turn */
	CROWD = 100,     /* who are in so many rooms: */
	ROOMS = 4096,
	STEPS_MAX = 1 << 16, /* rooms that are looked at in a turn */
};

static struct fakeworker fake;
static struct outbox outbox;
static struct list surveys;
static char path[] = "/ws";
static struct conf_route route;
static struct roster *page; /* NULL until it is done */
static uint32_t longest;    /* part */

static void setup(void)
{
	fake_init(&fake, false);
	outbox_init(&outbox, &fake.worker, 1);
	list_init(&surveys);
	route = (struct conf_route){ .path = path, .conf = &fake.conf };
	page = NULL;
	longest = 0;
}

static void teardown(void)
{
	surveys_end(&surveys);
	outbox_fini(&outbox);
	fake_fini(&fake);
}

static void come(unsigned count)
{
	while (count-- > 0)
		conn_set_route(fake_connect(&fake, CONN_OPEN), &route);
}

static void on_done(void *arg, struct roster *r)
{
	(void)arg;
	ck_assert_ptr_null(page);
	page = r;
}

static struct roster *open_page(bool by_queue, struct roster_place from)
{
	const struct roster_query query = {
		.by_queue = by_queue,
		.limit = ROSTER_LIMIT_MAX,
		.from = from,
	};

	page = NULL;
	return roster_open(&outbox, &surveys, &query, on_done, NULL);
}

static void wait_page(const struct roster *r)
{
	while (!page) {
		uint32_t at = r->survey.at;

		ck_assert(survey_turn(&fake));
		if (r->survey.at > at && r->survey.at - at > longest)
			longest = r->survey.at - at;
	}
	ck_assert_ptr_eq(page, r);
}

/* Up to its second round. */
static void wait_found(const struct roster *r)
{
	size_t before = 0;

	while (r->count < CROWD) {
		ck_assert(survey_turn(&fake));
		if (r->count - before > longest)
			longest = (uint32_t)(r->count - before);
		before = r->count;
	}
}

static unsigned described(const struct roster *r)
{
	unsigned count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += r->entries[i].text.len > 0;
	return count;
}

/* --- whole lists --- */

START_TEST(all_are_there_once_in_parts)
{
	struct roster_place from = ROSTER_BEGIN;
	unsigned count = 0;
	bool has_more = true;

	come(MANY);
	while (has_more) {
		wait_page(open_page(false, from));
		ck_assert_uint_eq(described(page), page->count);
		count += (unsigned)page->count;
		has_more = page->has_more;
		from = page->next;
		roster_close(page);
	}
	ck_assert_uint_eq(count, MANY);
	ck_assert_uint_le(longest, PART_MAX);
	ck_assert(list_is_empty(&surveys));
}
END_TEST

/* All are looked at for each page; no turn is longer for it. */
START_TEST(sorted_ones_come_in_parts_as_well)
{
	unsigned turns = 0;

	come(MANY);
	(void)open_page(true, ROSTER_BEGIN);
	while (survey_turn(&fake))
		turns++;
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(page->count, ROSTER_LIMIT_MAX);
	ck_assert(page->has_more);
	ck_assert_uint_ge(turns, MANY / PART_MAX);
	roster_close(page);
}
END_TEST

/* --- in many rooms --- */

static void join_many(struct conn *c, unsigned rooms)
{
	char name[16];

	for (unsigned i = 0; i < rooms; i++) {
		(void)snprintf(name, sizeof name, "room-%u", i);
		fake_join(&fake, c, name);
	}
}

/* Whoever looks at one behind those comes upon NULL. */
START_TEST(no_more_rooms_are_looked_at_than_are_named)
{
	enum { SEEN = 1 + CONN_TEXT_ROOMS_MAX, HIDDEN = 1 + ROOMS - SEEN };
	struct conn *c = fake_connect(&fake, CONN_OPEN);
	struct membership hidden[HIDDEN];
	struct buf out = { 0 };

	conn_set_route(c, &route);
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	join_many(c, ROOMS);
	memcpy(hidden, &c->many[SEEN], sizeof hidden);
	memset(&c->many[SEEN], 0, sizeof hidden);
	conn_put_text(c, 0, &out);
	memcpy(&c->many[SEEN], hidden, sizeof hidden);
	ck_assert_int_eq(buf_append(&out, "", 1), 0);
	ck_assert_ptr_nonnull(strstr(out.data, "\"user\": \"ann\""));
	ck_assert_ptr_nonnull(strstr(out.data, "\"room-15\"]"));
	ck_assert_ptr_nonnull(strstr(out.data, "\"room_count\": 4096"));
	buf_fini(&out);
}
END_TEST

/* One is looked for among the rooms of each. */
START_TEST(who_is_in_many_rooms_makes_no_part_longer)
{
	struct roster_query query = { .limit = ROSTER_LIMIT_MAX };
	struct slice name = slice_str("room-4095");

	come(CROWD);
	for (uint32_t at = 0; at < CROWD;)
		join_many(slots_next(&fake.worker->slots, &at), ROOMS);
	memcpy(query.room.name, name.ptr, name.len);
	query.room.len = name.len;
	query.room.hash = worker_hash(fake.worker, name);
	wait_found(roster_open(&outbox, &surveys, &query, on_done, NULL));
	ck_assert_uint_le(longest * ROOMS, STEPS_MAX);
	while (!page)
		ck_assert(survey_turn(&fake));
	ck_assert_uint_eq(page->count, CROWD);
	roster_close(page);
}
END_TEST

/* --- who leaves --- */

START_TEST(who_has_gone_since_is_not_described)
{
	uint32_t at = 0;
	struct roster *r;

	come(10);
	r = open_page(false, ROSTER_BEGIN);
	ck_assert(survey_turn(&fake)); /* found, not described */
	ck_assert_uint_eq(r->count, 10);
	conn_kill(slots_next(&fake.worker->slots, &at));
	fake_end_turn(&fake);
	wait_page(r);
	ck_assert_uint_eq(described(page), 9);
	roster_close(page);
}
END_TEST

/* A worker may have it: it is freed when that has answered, and not before. */
START_TEST(who_asks_may_leave_at_any_turn)
{
	come(MANY / 10);
	for (unsigned turns = 0;; turns++) {
		struct roster *r = open_page(true, ROSTER_BEGIN);

		for (unsigned i = 0; i < turns && survey_turn(&fake); i++)
			;
		roster_close(r);
		if (page)
			break; /* it was done: all turns have been tried */
		ck_assert(!list_is_empty(&surveys));
		ck_assert(survey_turn(&fake));
		ck_assert(list_is_empty(&surveys));
		ck_assert_ptr_null(page);
		ck_assert(!survey_turn(&fake));
	}
}
END_TEST

START_TEST(the_end_frees_what_is_open)
{
	come(10);
	(void)open_page(false, ROSTER_BEGIN);
	(void)open_page(true, ROSTER_BEGIN);
	ck_assert_ptr_null(page);
	surveys_end(&surveys); /* no worker runs any more */
	atomic_store(&fake.worker->asked, NULL);
	ck_assert(list_is_empty(&surveys));
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/roster", all_are_there_once_in_parts,
    sorted_ones_come_in_parts_as_well,
    no_more_rooms_are_looked_at_than_are_named,
    who_is_in_many_rooms_makes_no_part_longer,
    who_has_gone_since_is_not_described, who_asks_may_leave_at_any_turn,
    the_end_frees_what_is_open)
