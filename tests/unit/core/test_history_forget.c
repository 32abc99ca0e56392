/*
 * What is kept no more: by the ids of messages and by rooms, against a model,
 * and what remains of it in the accounts.
 */
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "core/history.h"
#include "core/history_collect.h"
#include "core/history_reader.h"
#include "core/message.h"
#include "core/metrics.h"
#include "unit.h"

enum { ROOMS = 6, ENTRIES = 400, STEPS = 300, KEEP = 1 << 24 };

static struct metrics metrics;

static uint64_t queued(void)
{
	return atomic_load(&metrics.values[METRIC_QUEUED_MEMORY]);
}

/* Two rooms each have the same hash: a collision. */
static struct aim_room room(unsigned i)
{
	static const char *const names[ROOMS] = { "a", "b", "c", "d", "e",
		"f" };

	return (struct aim_room){ (i / 2 + 1) * UINT64_C(0x9e3779b97f4a7c15),
		slice_str(names[i]) };
}

/* For the rooms of a bit set; for everybody where it is empty. */
static struct message *message_to(unsigned rooms)
{
	struct aim_room items[ROOMS];
	struct aim aim = { .rooms = items, .is_everyone = rooms == 0 };
	struct message *m;

	for (unsigned i = 0; i < ROOMS; i++)
		if (rooms >> i & 1)
			items[aim.room_count++] = room(i);
	m = message_new(
	    &(struct message_parts){ .content = slice_str("content"),
		.kind = CONTENT_TEXT,
		.kinds = 1u << MESSAGE_AS_TEXT },
	    &aim, 1);
	ck_assert_ptr_nonnull(m);
	return m;
}

static struct history *make(void)
{
	struct history *h = history_new(PLACE_COUNTED, KEEP, 1000, &metrics);

	ck_assert(history_mark(h, slice_str("m")));
	return h;
}

static void keep(struct history *h, unsigned rooms)
{
	history_advance(h, 0);
	history_keep(h, message_to(rooms));
}

struct seen {
	unsigned count;
	unsigned holes;
};

static bool count_visit(void *arg, struct message *m)
{
	struct seen *seen = arg;

	ck_assert(message_frame(m, MESSAGE_AS_TEXT).len > 0);
	seen->count++;
	return true;
}

/* What a member of these rooms would get of all that is kept. */
static struct seen read_all(const struct history *h, unsigned rooms)
{
	struct aim_room items[ROOMS];
	struct history_reader reader = {
		.names.rooms = items,
		.until = UINT64_MAX,
	};
	uint64_t position = history_floor(h);
	enum history_stop stop = HISTORY_HOLE;
	struct seen seen = { 0 };
	size_t steps = 1 << 20;

	for (unsigned i = 0; i < ROOMS; i++)
		if (rooms >> i & 1)
			items[reader.names.count++] = room(i);
	history_reader_sort(&reader);
	while (stop == HISTORY_HOLE) {
		stop = history_collect(
		    h, &position, &reader, &steps, count_visit, &seen);
		seen.holes += stop == HISTORY_HOLE;
	}
	ck_assert_int_eq(stop, HISTORY_HEAD);
	ck_assert_uint_eq(position, history_head(h));
	return seen;
}

static size_t forget_rooms(struct history *h, unsigned rooms)
{
	struct aim_room items[ROOMS];
	size_t count = 0;

	for (unsigned i = ROOMS; i-- > 0;)
		if (rooms >> i & 1)
			items[count++] = room(i);
	return history_forget_rooms(h, items, count);
}

static size_t forget_position(struct history *h, uint64_t position)
{
	char id[HISTORY_ID_MAX + 1];

	return history_forget_id(h, history_id(h, position, id));
}

START_TEST(one_is_forgotten_by_its_id_and_once)
{
	struct history *h = make();

	keep(h, 1);
	keep(h, 1);
	keep(h, 3);
	ck_assert_uint_eq(forget_position(h, 2), 1);
	ck_assert_uint_eq(forget_position(h, 2), 0);
	ck_assert_uint_eq(read_all(h, 1).count, 2);
	ck_assert_uint_eq(history_head(h), 3);
	history_free(h);
	ck_assert_uint_eq(queued(), 0);
}
END_TEST

START_TEST(what_is_no_message_of_ours_changes_nothing)
{
	static const char *const ids[] = { "m~0", "m~3", "x~1", "1-0", "m~01",
		"m", "" };
	struct history *h = make();

	keep(h, 1);
	history_advance(h, 0); /* nothing */
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		ck_assert_uint_eq(history_forget_id(h, slice_str(ids[i])), 0);
	ck_assert_uint_eq(forget_position(h, 2), 0);
	ck_assert_uint_eq(history_forget_rooms(h, NULL, 0), 0);
	ck_assert_uint_eq(read_all(h, 1).count, 1);
	history_free(h);
}
END_TEST

/* What was lost is told whatever is forgotten. */
START_TEST(a_hole_stays_one)
{
	struct history *h = make();

	keep(h, 1);
	history_advance(h, 0);
	history_lose(h);
	keep(h, 1);
	history_add_hole(h, 0);
	for (uint64_t p = 1; p <= history_head(h); p++)
		(void)forget_position(h, p);
	ck_assert_uint_eq(forget_rooms(h, 1), 0);
	ck_assert_uint_eq(read_all(h, 1).count, 0);
	ck_assert_uint_eq(read_all(h, 1).holes, 2);
	history_free(h);
}
END_TEST

START_TEST(rooms_of_one_hash_are_told_apart)
{
	struct history *h = make();

	keep(h, 1 << 0);
	keep(h, 1 << 1);
	keep(h, 1 << 0 | 1 << 1);
	keep(h, 0);
	ck_assert_uint_eq(forget_rooms(h, 1 << 1), 2);
	ck_assert_uint_eq(read_all(h, 1 << 0).count, 2);
	ck_assert_uint_eq(read_all(h, 1 << 1).count, 1);
	history_free(h);
}
END_TEST

START_TEST(what_is_forgotten_takes_less_and_leaves_in_its_turn)
{
	struct history *h = make();
	size_t empty = history_bytes(h), full;

	for (int i = 0; i < 100; i++)
		keep(h, 1);
	full = history_bytes(h);
	ck_assert_uint_eq(forget_rooms(h, 1), 100);
	ck_assert_uint_lt(history_bytes(h), full / 2);
	ck_assert_uint_eq(history_head(h) - history_floor(h), 100);
	history_expire(h, 1001);
	ck_assert_uint_eq(history_bytes(h), empty);
	ck_assert_uint_eq(history_head(h), history_floor(h));
	history_free(h);
}
END_TEST

START_TEST(any_order_is_what_a_model_says)
{
	struct history *h = make();
	unsigned to[ENTRIES + 1];
	bool is_gone[ENTRIES + 1] = { false };
	uint64_t seed = 20261126;

	for (uint64_t p = 1; p <= ENTRIES; p++) {
		to[p] = (unsigned)rng_below(&seed, 1 << ROOMS);
		keep(h, to[p]);
	}
	for (int step = 0; step < STEPS; step++) {
		unsigned rooms =
		    step % 50 == 49 ? 1u << rng_below(&seed, ROOMS) : 0;
		uint64_t position = 1 + rng_below(&seed, ENTRIES);
		size_t expected = 0, done;
		unsigned reader = (unsigned)rng_below(&seed, 1 << ROOMS);
		unsigned left = 0;

		for (uint64_t p = 1; p <= ENTRIES; p++) {
			bool goes = rooms ? to[p] & rooms : p == position;

			expected += goes && !is_gone[p];
			is_gone[p] |= goes;
			left += !is_gone[p] && (to[p] == 0 || (to[p] & reader));
		}
		done = rooms ? forget_rooms(h, rooms)
			     : forget_position(h, position);
		ck_assert_uint_eq(done, expected);
		ck_assert_uint_eq(read_all(h, reader).count, left);
	}
	history_free(h);
	ck_assert_uint_eq(queued(), 0);
}
END_TEST

UNIT_MAIN("core/history_forget", one_is_forgotten_by_its_id_and_once,
    what_is_no_message_of_ours_changes_nothing, a_hole_stays_one,
    rooms_of_one_hash_are_told_apart,
    what_is_forgotten_takes_less_and_leaves_in_its_turn,
    any_order_is_what_a_model_says)
