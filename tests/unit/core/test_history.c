/*
 * history: by hand, and random operations against a list that keeps everything
 * and is right by looking. ROOMCAST_HISTORY_STEPS and ROOMCAST_HISTORY_SEED in
 * the environment make a campaign of it; what was taken is printed.
 */
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "core/history.h"
#include "core/history_collect.h"
#include "core/history_hits.h"
#include "core/history_marks.h"
#include "core/history_reader.h"
#include "core/history_search.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/place.h"
#include "unit.h"

static struct metrics metrics;

/* --- by hand --- */

static struct history *make(size_t max_bytes)
{
	struct history *h =
	    history_new(PLACE_COUNTED, max_bytes, 60000, &metrics);

	ck_assert(history_mark(h, slice_str("mark")));
	return h;
}

static struct message *message_for(const struct aim *aim)
{
	const struct message_parts parts = {
		.content = slice_str("some content"),
		.kinds = 1 << MESSAGE_AS_TEXT,
	};
	struct message *m = message_new(&parts, aim, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

static bool is_known(
    const struct history *h, struct slice id, uint64_t *position)
{
	return history_find(h, id, position) == HISTORY_AT;
}

static struct aim_room room_of(const char *name, uint64_t hash)
{
	return (struct aim_room){ hash, slice_str(name) };
}

static void add_to_room(struct history *h, const char *name, uint64_t hash)
{
	struct aim_room room = room_of(name, hash);
	const struct aim aim = { .rooms = &room, .room_count = 1 };

	history_advance(h, 0);
	history_keep(h, message_for(&aim));
}

static bool count_visit(void *arg, struct message *m)
{
	(void)m;
	++*(int *)arg;
	return true;
}

static bool refuse_visit(void *arg, struct message *m)
{
	(void)arg;
	(void)m;
	return false;
}

/* How many of one room there are behind a position, which moves on. */
static int count_of(struct history *h, uint64_t *position, const char *name,
    uint64_t hash, enum history_stop *stop)
{
	struct aim_room room = room_of(name, hash);
	struct history_reader reader = {
		.names = { .rooms = &room, .count = 1 },
		.until = UINT64_MAX,
	};
	size_t steps = 1000000;
	int count = 0;

	history_reader_sort(&reader);
	*stop =
	    history_collect(h, position, &reader, &steps, count_visit, &count);
	return count;
}

START_TEST(an_empty_one_knows_its_head)
{
	struct history *h = make(1 << 20);
	char id[HISTORY_ID_MAX + 1];
	uint64_t position = 9;

	ck_assert(slice_eq(history_id(h, 0, id), slice_str("mark~0")));
	ck_assert(is_known(h, slice_str("mark~0"), &position));
	ck_assert_uint_eq(position, 0);
	ck_assert_int_eq(
	    history_find(h, slice_str("mark~1"), &position), HISTORY_LATER);
	history_free(h);
}
END_TEST

START_TEST(a_cursor_is_known_to_the_letter)
{
	static const char *const unknown[] = { "", "~", "mark", "mark~",
		"mark~01", "mark~00", "mark~-1", "mark~+1", "mark~1 ",
		" mark~1", "mark~18446744073709551617",
		"mark~99999999999999999999", "mark~1~1", "mark.1", "mark~1a",
		"mark~\x01" };
	struct history *h = make(1 << 20);
	char id[HISTORY_ID_MAX + 1];
	uint64_t position;

	for (int i = 0; i < 3; i++)
		add_to_room(h, "a", 1);
	for (uint64_t p = 0; p <= 3; p++) {
		ck_assert(is_known(h, history_id(h, p, id), &position));
		ck_assert_uint_eq(position, p);
	}
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		ck_assert(history_find(h, slice_str(unknown[i]), &position) ==
			  HISTORY_UNKNOWN);
	history_free(h);
}
END_TEST

START_TEST(names_are_compared_where_hashes_are_the_same)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position = 0;

	add_to_room(h, "a", 1);
	add_to_room(h, "b", 1);
	add_to_room(h, "a", 1);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 2);
	ck_assert_int_eq(stop, HISTORY_HEAD);
	ck_assert_uint_eq(position, 3);
	history_free(h);
}
END_TEST

START_TEST(a_hole_is_where_a_reader_stops_once)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position = 0;

	add_to_room(h, "a", 1);
	history_advance(h, 0);
	history_lose(h);
	add_to_room(h, "a", 1);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 1);
	ck_assert_int_eq(stop, HISTORY_HOLE);
	ck_assert_uint_eq(position, 2);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 1);
	ck_assert_int_eq(stop, HISTORY_HEAD);
	ck_assert_uint_eq(position, 3);
	history_free(h);
}
END_TEST

START_TEST(what_is_not_taken_comes_again)
{
	struct aim_room room = room_of("a", 1);
	struct history_reader reader = {
		.names = { .rooms = &room, .count = 1 },
		.until = UINT64_MAX,
	};
	struct history *h = make(1 << 20);
	uint64_t position = 0;
	size_t steps = 100;

	add_to_room(h, "b", 7);
	add_to_room(h, "a", 1);
	history_reader_sort(&reader);
	ck_assert_int_eq(
	    history_collect(h, &position, &reader, &steps, refuse_visit, NULL),
	    HISTORY_FULL);
	ck_assert_uint_eq(position, 1);
	history_free(h);
}
END_TEST

/* Backwards as well: what others had meanwhile takes no steps. */
START_TEST(the_last_of_a_quiet_room_are_found_in_a_few_steps)
{
	struct aim_room room = room_of("a", 1);
	struct history_reader reader = {
		.names = { .rooms = &room, .count = 1 },
	};
	struct history *h = make(16 << 20);
	struct history_search search;
	size_t steps = 100000;

	for (int i = 0; i < 30000; i++)
		add_to_room(h, i % 10000 ? "b" : "a", i % 10000 ? 7 : 1);
	history_reader_sort(&reader);
	search = history_search_last(h, 2);
	ck_assert(history_search(h, &search, &reader, &steps));
	ck_assert_uint_eq(search.position, 10000);
	ck_assert_uint_gt(steps, 99000);
	history_free(h);
}
END_TEST

/* --- what it costs --- */

enum { MANY_ROOMS = 128 };

/* Of a room each; their hashes have all bits, none is of what is kept. */
static struct history_reader reader_of_many(struct aim_room rooms[MANY_ROOMS])
{
	struct history_reader reader = { .until = UINT64_MAX };

	for (uint64_t i = 0; i < MANY_ROOMS; i++)
		rooms[i] = room_of("many", i << 57 | 9);
	reader.names.rooms = rooms;
	reader.names.count = MANY_ROOMS;
	history_reader_sort(&reader);
	return reader;
}

/* How many positions so many steps lead on, where there are enough. */
static uint64_t collected(
    const struct history *h, const struct history_reader *reader, size_t steps)
{
	uint64_t position = 0;
	int count = 0;

	ck_assert_int_eq(
	    history_collect(h, &position, reader, &steps, count_visit, &count),
	    HISTORY_FULL);
	ck_assert_uint_eq(steps, 0);
	return position;
}

static uint64_t searched(
    const struct history *h, const struct history_reader *reader, size_t steps)
{
	struct history_search search = history_search_last(h, 1);
	uint64_t end = search.end;

	ck_assert(!history_search(h, &search, reader, &steps));
	ck_assert_uint_eq(steps, 0);
	return end - search.end;
}

START_TEST(to_look_for_many_rooms_takes_more_steps)
{
	enum { STEPS = 500 }; /* too few for chains */
	struct aim_room rooms[MANY_ROOMS], other = room_of("a", 1);
	struct history_reader many = reader_of_many(rooms);
	struct history_reader one = {
		.names = { .rooms = &other, .count = 1 },
		.until = UINT64_MAX,
	};
	struct history *h = make(1 << 20);

	history_reader_sort(&one);
	for (int i = 0; i < 2 * STEPS; i++)
		add_to_room(h, "b", UINT64_C(33) << 58);
	ck_assert_uint_eq(collected(h, &one, STEPS), STEPS);
	ck_assert_uint_eq(searched(h, &one, STEPS), STEPS);
	/* A bisection of 128, beside the look: 8 times it is halved. */
	ck_assert_uint_le(collected(h, &many, STEPS), STEPS / 8);
	ck_assert_uint_le(searched(h, &many, STEPS), STEPS / 8);
	history_free(h);
}
END_TEST

START_TEST(what_spares_the_reader_takes_steps)
{
	enum { STEPS = 10000, SPARED = 100 };
	struct aim_room room = room_of("a", 1), spared[SPARED];
	const struct slice alias = slice_str("me");
	const struct history_reader reader = {
		.names = { .rooms = &room, .count = 1, .bits = UINT64_MAX },
		.aliases = &alias,
		.alias_count = 1,
		.until = UINT64_MAX,
	};
	const struct aim aim = {
		.rooms = &room,
		.room_count = 1,
		.spared = spared,
		.spared_count = SPARED,
	};
	struct history *h = make(64 << 20);

	for (int i = 0; i < SPARED; i++)
		spared[i] = room_of(i < SPARED - 1 ? "you" : "me", 1);
	for (int i = 0; i < STEPS; i++) {
		history_advance(h, 0);
		history_keep(h, message_for(&aim));
	}
	ck_assert_uint_le(collected(h, &reader, STEPS), STEPS / SPARED);
	ck_assert_uint_le(searched(h, &reader, STEPS), STEPS / SPARED);
	history_free(h);
}
END_TEST

/* Each is a place in memory, whether there is something or not. */
START_TEST(rooms_without_a_message_take_steps)
{
	struct aim_room rooms[MANY_ROOMS];
	const struct history_reader reader = reader_of_many(rooms);
	struct history *h = make(1 << 20);
	uint64_t position = 0;
	size_t steps = 100000;
	int count = 0;

	add_to_room(h, "a", 1);
	ck_assert_int_eq(
	    history_collect(h, &position, &reader, &steps, count_visit, &count),
	    HISTORY_HEAD);
	ck_assert_uint_le(steps, 100000 - 8 * MANY_ROOMS);
	history_free(h);
}
END_TEST

/* What is found by its chain is sorted, on the stack. */
START_TEST(more_hits_than_there_is_room_for_are_walked_to)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position = 0;

	for (int i = 0; i < 3 * HISTORY_HITS_MAX; i++)
		add_to_room(h, "a", 1);
	ck_assert_int_eq(
	    count_of(h, &position, "a", 1, &stop), 3 * HISTORY_HITS_MAX);
	ck_assert_int_eq(stop, HISTORY_HEAD);
	history_free(h);
}
END_TEST

START_TEST(old_age_goes_from_the_bottom)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position = 0;

	history_advance(h, 1000);
	history_advance(h, 2000);
	history_expire(h, 61000);
	ck_assert_uint_eq(history_floor(h), 0);
	history_expire(h, 61001);
	ck_assert_uint_eq(history_floor(h), 1);
	ck_assert_int_eq(history_came_ms(h, 2), 2000);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 0);
	ck_assert_int_eq(stop, HISTORY_GONE);
	history_expire(h, 99999);
	ck_assert_uint_eq(history_floor(h), history_head(h));
	ck_assert_uint_eq(history_bytes(h), 0);
	history_free(h);
}
END_TEST

/* It costs nobody else anything. */
START_TEST(a_message_larger_than_all_is_a_hole)
{
	static char large[1000];
	struct aim_room room = room_of("a", 1);
	const struct aim aim = { .rooms = &room, .room_count = 1 };
	const struct message_parts parts = {
		.content = slice_of(large, sizeof large),
		.kinds = 1 << MESSAGE_AS_BINARY,
	};
	struct history *h = make(sizeof large);
	enum history_stop stop;
	uint64_t position = 0;

	add_to_room(h, "a", 1);
	history_advance(h, 0);
	history_keep(h, message_new(&parts, &aim, 1));
	add_to_room(h, "a", 1);
	ck_assert_uint_eq(history_floor(h), 0);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 1);
	ck_assert_int_eq(stop, HISTORY_HOLE);
	ck_assert_int_eq(count_of(h, &position, "a", 1, &stop), 1);
	ck_assert_int_eq(stop, HISTORY_HEAD);
	history_free(h);
}
END_TEST

/* Its head is known, and what is behind it will be. */
START_TEST(where_there_is_room_for_nothing_the_head_is_known)
{
	struct history *h = make(40);
	char id[HISTORY_ID_MAX + 1];
	uint64_t position;

	add_to_room(h, "a", 1);
	ck_assert_uint_eq(history_head(h), 1);
	ck_assert_uint_eq(history_floor(h), 1);
	ck_assert(is_known(h, history_id(h, 1, id), &position));
	ck_assert_int_eq(
	    history_find(h, slice_str("mark~0"), &position), HISTORY_OLD);
	history_free(h);
}
END_TEST

/* Until the ring lets go it is not queued memory; then it is, if it waits. */
START_TEST(who_still_waits_has_the_memory)
{
	struct metrics *block = &metrics;
	struct aim_room room = room_of("a", 1);
	const struct aim aim = { .rooms = &room, .room_count = 1 };
	struct history *h = make(1 << 20);
	struct message *m = message_for(&aim);
	uint64_t before = metrics_sum(&block, 1, METRIC_QUEUED_MEMORY);

	atomic_fetch_add(&m->refs, 1);
	history_advance(h, 0);
	history_keep(h, m);
	add_to_room(h, "b", 2);
	ck_assert_uint_eq(metrics_sum(&block, 1, METRIC_QUEUED_MEMORY), before);
	history_free(h);
	ck_assert_uint_eq(
	    metrics_sum(&block, 1, METRIC_QUEUED_MEMORY), before + m->bytes);
	ck_assert_uint_gt(message_unref(m), 0);
}
END_TEST

/* --- names of positions --- */

static void mark(struct history *h, const char *id)
{
	ck_assert(history_mark(h, slice_str(id)));
}

static void check_found(const struct history *h, const char *id,
    enum history_found wanted, uint64_t position)
{
	uint64_t found = 0;

	ck_assert_msg(history_find(h, slice_str(id), &found) == wanted,
	    "%s is not as it should be", id);
	if (wanted == HISTORY_AT)
		ck_assert_uint_eq(found, position);
}

static void check_id(
    const struct history *h, uint64_t position, const char *wanted)
{
	char id[HISTORY_ID_MAX + 1];

	ck_assert_str_eq(history_id(h, position, id).ptr, wanted);
}

START_TEST(a_position_where_a_mark_was_heard_has_two_names)
{
	struct history *h = make(1 << 20);

	add_to_room(h, "a", 1);
	add_to_room(h, "a", 1);
	mark(h, "next");
	check_id(h, 2, "next~0");
	check_found(h, "mark~2", HISTORY_AT, 2);
	check_found(h, "next~0", HISTORY_AT, 2);
	add_to_room(h, "a", 1);
	check_id(h, 2, "mark~2");
	check_id(h, 3, "next~1");
	check_found(h, "next~1", HISTORY_AT, 3);
	check_found(h, "next~2", HISTORY_LATER, 0);
	check_found(h, "mark~3", HISTORY_UNKNOWN, 0);
	check_found(h, "other~0", HISTORY_LATER, 0);
	ck_assert(!history_mark(h, slice_str("mark"))); /* heard before */
	ck_assert(!history_mark(h, slice_str("a~b")));
	history_free(h);
}
END_TEST

START_TEST(what_the_floor_is_called_outlives_its_entry)
{
	struct history *h = make(1 << 20);

	history_advance(h, 1000);
	mark(h, "next");
	history_advance(h, 2000);
	history_expire(h, 61500);
	ck_assert_uint_eq(history_floor(h), 1);
	check_id(h, 1, "mark~1");
	check_found(h, "mark~1", HISTORY_AT, 1);
	check_found(h, "next~0", HISTORY_AT, 1);
	check_found(h, "mark~0", HISTORY_OLD, 0);
	history_expire(h, 99999);
	check_id(h, 2, "next~1");
	check_found(h, "next~1", HISTORY_AT, 2);
	check_found(h, "next~0", HISTORY_OLD, 0);
	check_found(h, "mark~1", HISTORY_OLD, 0);
	history_free(h);
}
END_TEST

START_TEST(when_there_are_too_many_marks_the_floor_moves_to_the_next)
{
	struct history *h = make(1 << 20);
	char text[PLACE_MARK_MAX];

	add_to_room(h, "a", 1);
	for (int i = 1; i < MARKS_MAX; i++) {
		(void)snprintf(text, sizeof text, "m%d", i);
		mark(h, text);
	}
	check_found(h, "mark~0", HISTORY_AT, 0);
	mark(h, "one-more");
	ck_assert_uint_eq(history_floor(h), 1);
	check_id(h, 1, "one-more~0");
	check_found(h, "mark~0", HISTORY_LATER, 0);
	check_found(h, "m1~0", HISTORY_AT, 1);
	add_to_room(h, "a", 1);
	check_id(h, 1, "m1~0");
	mark(h, "mark"); /* long forgotten */
	check_found(h, "m1~0", HISTORY_LATER, 0);
	check_found(h, "m2~0", HISTORY_AT, 1);
	history_free(h);
}
END_TEST

START_TEST(after_a_void_nothing_from_before_is_known)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position;

	add_to_room(h, "a", 1);
	position = history_head(h);
	history_void(h);
	ck_assert(!history_is_placed(h));
	ck_assert_uint_eq(history_bytes(h), 0);
	mark(h, "next");
	check_found(h, "mark~1", HISTORY_LATER, 0);
	check_found(h, "next~0", HISTORY_AT, history_head(h));
	/* Who had everything up to then does not know what is between. */
	(void)count_of(h, &position, "a", 1, &stop);
	ck_assert_int_eq(stop, HISTORY_GONE);
	history_free(h);
}
END_TEST

/* Who is at the one before has not been told; who has been is told again. */
START_TEST(a_hole_of_its_own_has_no_name)
{
	struct history *h = make(1 << 20);
	enum history_stop stop;
	uint64_t position = 1;

	history_advance(h, 1000);
	history_add_hole(h, 2000);
	history_advance(h, 3000);
	check_id(h, 2, "mark~1");
	check_id(h, 3, "mark~2");
	check_found(h, "mark~1", HISTORY_AT, 1);
	check_found(h, "mark~2", HISTORY_AT, 3);
	(void)count_of(h, &position, "a", 1, &stop);
	ck_assert_int_eq(stop, HISTORY_HOLE);
	ck_assert_uint_eq(position, 2);
	history_expire(h, 61500);
	check_found(h, "mark~1", HISTORY_AT, 1);
	history_expire(h, 62500);
	ck_assert_uint_eq(history_floor(h), 2);
	check_found(h, "mark~1", HISTORY_OLD, 0);
	check_found(h, "mark~2", HISTORY_AT, 3);
	history_free(h);
}
END_TEST

/* --- a stream --- */

static bool enter(struct history *h, const char *id, int64_t came_ms)
{
	struct place entry;

	ck_assert(place_read_entry(slice_str(id), &entry));
	return history_advance_to(h, &entry, came_ms);
}

static struct history *make_stream(void)
{
	struct history *h = history_new(PLACE_ENTRY, 1 << 20, 60000, &metrics);

	mark(h, "5-0~base");
	ck_assert(enter(h, "7-1~aaaa", 1000));
	ck_assert(enter(h, "7-3~bbbb", 2000));
	ck_assert(enter(h, "9-0~cccc", 1500));
	return h;
}

START_TEST(an_entry_is_known_with_its_tag_or_without)
{
	struct history *h = make_stream();

	check_id(h, 0, "5-0~base");
	check_id(h, 2, "7-3~bbbb");
	check_found(h, "5-0", HISTORY_AT, 0);
	check_found(h, "5-0~base", HISTORY_AT, 0);
	check_found(h, "7-1~aaaa", HISTORY_AT, 1);
	check_found(h, "7-3", HISTORY_AT, 2);
	check_found(h, "9-0~cccc", HISTORY_AT, 3);
	check_found(h, "9-0~bbbb", HISTORY_UNKNOWN, 0);
	check_found(h, "5-0~bbbb", HISTORY_UNKNOWN, 0);
	check_found(h, "7-2", HISTORY_UNKNOWN, 0);
	check_found(h, "9-1", HISTORY_LATER, 0);
	check_found(h, "4-9", HISTORY_OLD, 0);
	check_found(h, "mark~1", HISTORY_UNKNOWN, 0);
	history_free(h);
}
END_TEST

START_TEST(entries_only_ascend)
{
	struct history *h = make_stream();

	ck_assert(!enter(h, "9-0~cccc", 3000));
	ck_assert(!enter(h, "8-7", 3000));
	ck_assert_uint_eq(history_head(h), 3);
	ck_assert_int_eq(history_came_ms(h, 3), 2000); /* ages as well */
	ck_assert(!history_mark(h, slice_str("9-1")));
	ck_assert(!history_mark(h, slice_str("9-0~xxxx")));
	mark(h, "9-0");
	history_expire(h, 99999);
	check_id(h, 3, "9-0~cccc");
	check_found(h, "9-0", HISTORY_AT, 3);
	check_found(h, "7-3", HISTORY_OLD, 0);
	history_void(h);
	mark(h, "0-0");
	check_found(h, "9-0", HISTORY_LATER, 0);
	history_free(h);
}
END_TEST

/* --- against the list --- */

enum {
	NAMES = 6, /* rooms, two of which share each hash */
	CONNECTIONS = 3,
	MODEL_BYTES = 40000,
	MODEL_AGE_MS = 60000,
};

/* What is at a position; a bit a name, a connection. */
struct fact {
	bool is_hole;
	bool is_everyone;
	unsigned rooms, connections, excepts;
	struct message *message; /* borrowed, while it is kept */
};

struct model {
	struct history *history;
	struct fact *facts; /* of positions from 1 on */
	size_t count, cap;
	int64_t now_ms;
	uint64_t rng;
};

static const char *const names[NAMES] = { "a", "b", "c", "d", "e", "f" };

static struct aim_room room_number(unsigned i)
{
	return room_of(names[i], UINT64_C(0x4000000000000000) * (i / 2 + 1));
}

static struct conn_ref connection_number(unsigned i)
{
	return (struct conn_ref){ .serial = 7 + i, .worker = i & 1, .slot = i };
}

static struct fact *add_fact(struct model *m)
{
	if (m->count == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 1024;
		m->facts = realloc(m->facts, m->cap * sizeof *m->facts);
		ck_assert_ptr_nonnull(m->facts);
	}
	m->facts[m->count] = (struct fact){ 0 };
	return &m->facts[m->count++];
}

static unsigned some_of(struct model *m, unsigned count)
{
	return (unsigned)(rng_next(&m->rng) & rng_next(&m->rng) &
			  ((1u << count) - 1));
}

static uint32_t refs_of(unsigned set, struct conn_ref out[CONNECTIONS])
{
	uint32_t count = 0;

	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (set >> i & 1)
			out[count++] = connection_number(i);
	return count;
}

static size_t rooms_of(unsigned set, struct aim_room out[NAMES])
{
	size_t count = 0;

	for (unsigned i = 0; i < NAMES; i++)
		if (set >> i & 1)
			out[count++] = room_number(i);
	return count;
}

static void keep_message(struct model *m, struct fact *f)
{
	struct aim_room rooms[NAMES];
	struct conn_ref connections[CONNECTIONS], excepts[CONNECTIONS];
	struct aim aim = {
		.rooms = rooms,
		.connections = connections,
		.excepts = excepts,
	};

	f->excepts = some_of(m, CONNECTIONS);
	f->is_everyone = rng_below(&m->rng, 20) == 0;
	if (!f->is_everyone) {
		f->rooms = some_of(m, NAMES);
		f->connections = some_of(m, CONNECTIONS);
	}
	aim.is_everyone = f->is_everyone;
	aim.room_count = (uint32_t)rooms_of(f->rooms, rooms);
	aim.connection_count = refs_of(f->connections, connections);
	aim.except_count = refs_of(f->excepts, excepts);
	f->message = message_for(&aim);
	history_keep(m->history, f->message);
}

static void hear(struct model *m)
{
	struct fact *f = add_fact(m);
	uint64_t what = rng_below(&m->rng, 100);

	history_advance(m->history, m->now_ms);
	if (what < 80) {
		keep_message(m, f);
	} else if (what < 83) {
		f->is_hole = true;
		history_lose(m->history);
	}
}

struct reading {
	struct model *model;
	unsigned rooms;
	unsigned connection;
	uint64_t position;
	uint64_t wanted; /* the position of the last that was visited */
	uint64_t left;   /* visits */
	uint64_t until;
};

static bool concerns(const struct fact *f, const struct reading *r)
{
	if (!f->message || f->excepts >> r->connection & 1)
		return false;
	return f->is_everyone || (f->rooms & r->rooms) != 0 ||
	       f->connections >> r->connection & 1;
}

/* Up to where its rooms hold. */
static uint64_t last_of(const struct reading *r)
{
	return r->until < r->model->count ? r->until : r->model->count;
}

/* The next position behind this one that the reader must hear of, or 0. */
static uint64_t next_fact(const struct reading *r, uint64_t position)
{
	for (uint64_t p = position + 1; p <= last_of(r); p++)
		if (r->model->facts[p - 1].is_hole ||
		    concerns(&r->model->facts[p - 1], r))
			return p;
	return 0;
}

static bool visit(void *arg, struct message *m)
{
	struct reading *r = arg;
	uint64_t next = next_fact(r, r->wanted);

	ck_assert_uint_ne(next, 0);
	ck_assert_ptr_eq(r->model->facts[next - 1].message, m);
	if (r->left == 0)
		return false;
	r->left--;
	r->wanted = next;
	return true;
}

static void check_stop(struct reading *r, enum history_stop stop)
{
	uint64_t next = next_fact(r, r->wanted);

	switch (stop) {
	case HISTORY_HEAD:
		ck_assert_uint_eq(next, 0);
		ck_assert_uint_eq(r->position, r->model->count);
		break;
	case HISTORY_END:
		ck_assert_uint_eq(next, 0);
		ck_assert_uint_eq(r->position, r->until);
		ck_assert_uint_lt(r->position, r->model->count);
		break;
	case HISTORY_FULL:
		ck_assert(next == 0 || next > r->position);
		ck_assert_uint_ge(r->position, r->wanted);
		r->wanted = r->position;
		break;
	case HISTORY_HOLE:
		ck_assert_uint_eq(next, r->position);
		ck_assert(r->model->facts[next - 1].is_hole);
		r->wanted = next;
		break;
	case HISTORY_GONE:
		ck_assert_uint_lt(
		    r->position, history_floor(r->model->history));
		break;
	}
}

/* Enough for hits by chains, or for some tags only. */
static size_t some_steps(struct model *m)
{
	return rng_below(&m->rng, 2) ? 100000
				     : (size_t)rng_below(&m->rng, 1000) + 1;
}

/* From a random place on, in pages, while more may come. */
static void read_on(struct model *m)
{
	struct aim_room rooms[NAMES];
	struct reading r = { .model = m };
	struct history_reader reader = { .names.rooms = rooms };
	enum history_stop stop = HISTORY_FULL;

	r.rooms = some_of(m, NAMES);
	r.connection = (unsigned)rng_below(&m->rng, CONNECTIONS);
	r.position = rng_below(&m->rng, m->count + 1);
	if (r.position < history_floor(m->history) && rng_below(&m->rng, 8))
		r.position = history_floor(m->history);
	r.wanted = r.position;
	r.until = UINT64_MAX;
	if (rng_below(&m->rng, 4) == 0)
		r.until = r.position + 1 + rng_below(&m->rng, 200);
	reader.until = r.until;
	reader.names.count = rooms_of(r.rooms, rooms);
	reader.connection = connection_number(r.connection);
	history_reader_sort(&reader);
	while (stop == HISTORY_FULL || stop == HISTORY_HOLE) {
		size_t steps = some_steps(m);

		r.left = rng_below(&m->rng, 30) + 1;
		stop = history_collect(
		    m->history, &r.position, &reader, &steps, visit, &r);
		check_stop(&r, stop);
		if (rng_below(&m->rng, 10) == 0)
			hear(m);
	}
}

/* The position before the first of the last messages, by the list. */
static uint64_t find_last(const struct reading *r, uint64_t count)
{
	uint64_t found = r->model->count;

	for (uint64_t p = found;
	     p > history_floor(r->model->history) && count > 0; p--) {
		if (!concerns(&r->model->facts[p - 1], r))
			continue;
		found = p - 1;
		count--;
	}
	return found;
}

/* Of what was to be found some is gone: what is left of it is found. */
static void check_rest(const struct reading *r, uint64_t position)
{
	uint64_t floor = history_floor(r->model->history);

	ck_assert_uint_ge(position, floor);
	for (uint64_t p = position; p > floor; p--)
		ck_assert(!concerns(&r->model->facts[p - 1], r));
}

/* What comes meanwhile is none of the last; what goes cannot be. */
static void look_back(struct model *m)
{
	struct aim_room rooms[NAMES];
	struct reading r = { .model = m };
	struct history_reader reader = { .names.rooms = rooms };
	uint64_t count = rng_below(&m->rng, 50), found;
	struct history_search search = history_search_last(m->history, count);
	size_t steps = 0;

	r.rooms = some_of(m, NAMES);
	r.connection = (unsigned)rng_below(&m->rng, CONNECTIONS);
	reader.names.count = rooms_of(r.rooms, rooms);
	reader.connection = connection_number(r.connection);
	history_reader_sort(&reader);
	found = find_last(&r, count);
	while (!history_search(m->history, &search, &reader, &steps)) {
		ck_assert_uint_eq(steps, 0);
		steps = some_steps(m);
		if (rng_below(&m->rng, 10) == 0)
			hear(m);
	}
	if (found < history_floor(m->history))
		check_rest(&r, search.position);
	else
		ck_assert_uint_eq(search.position, found);
}

static enum history_found found_of(const struct model *m, uint64_t position)
{
	if (position > m->count)
		return HISTORY_LATER;
	return position < history_floor(m->history) ? HISTORY_OLD : HISTORY_AT;
}

static void check_cursor(struct model *m)
{
	char id[HISTORY_ID_MAX + 1];
	uint64_t position = rng_below(&m->rng, m->count + 3), found = 0;
	enum history_found what = history_find(m->history,
	    place_print_counted(slice_str("mark"), position, id), &found);

	ck_assert_int_eq(what, found_of(m, position));
	if (what == HISTORY_AT)
		ck_assert_uint_eq(found, position);
}

static void check_bounds(struct model *m, uint64_t floor_before)
{
	ck_assert_uint_eq(history_head(m->history), m->count);
	ck_assert_uint_ge(history_floor(m->history), floor_before);
	ck_assert_uint_le(history_bytes(m->history), MODEL_BYTES);
}

static void step(struct model *m)
{
	uint64_t floor_before = history_floor(m->history);
	uint64_t what = rng_below(&m->rng, 100);

	m->now_ms += (int64_t)rng_below(&m->rng, 400);
	if (what < 90)
		hear(m);
	else if (what < 94)
		check_cursor(m);
	else if (what < 95)
		history_expire(m->history, m->now_ms);
	else if (what < 96)
		look_back(m);
	else
		read_on(m);
	check_bounds(m, floor_before);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

START_TEST(it_says_what_a_list_says)
{
	struct model m = {
		.history = history_new(
		    PLACE_COUNTED, MODEL_BYTES, MODEL_AGE_MS, &metrics),
		.rng = number_from("ROOMCAST_HISTORY_SEED", 20261126),
	};
	uint64_t steps = number_from("ROOMCAST_HISTORY_STEPS", 30000);

	(void)printf("seed %llu, %llu steps\n", (unsigned long long)m.rng,
	    (unsigned long long)steps);
	ck_assert(history_mark(m.history, slice_str("mark")));
	while (steps-- > 0)
		step(&m);
	ck_assert_uint_gt(history_floor(m.history), 0);
	history_free(m.history);
	free(m.facts);
}
END_TEST

UNIT_MAIN("core/history", an_empty_one_knows_its_head,
    a_cursor_is_known_to_the_letter,
    names_are_compared_where_hashes_are_the_same,
    a_hole_is_where_a_reader_stops_once, what_is_not_taken_comes_again,
    the_last_of_a_quiet_room_are_found_in_a_few_steps,
    to_look_for_many_rooms_takes_more_steps, what_spares_the_reader_takes_steps,
    rooms_without_a_message_take_steps,
    more_hits_than_there_is_room_for_are_walked_to,
    old_age_goes_from_the_bottom, a_message_larger_than_all_is_a_hole,
    where_there_is_room_for_nothing_the_head_is_known,
    who_still_waits_has_the_memory,
    a_position_where_a_mark_was_heard_has_two_names,
    what_the_floor_is_called_outlives_its_entry,
    when_there_are_too_many_marks_the_floor_moves_to_the_next,
    after_a_void_nothing_from_before_is_known, a_hole_of_its_own_has_no_name,
    an_entry_is_known_with_its_tag_or_without, entries_only_ascend,
    it_says_what_a_list_says)
