/*
 * redis_tail: by hand, and against a server that changes its stream in every
 * way between two answers. What is delivered is every entry once, in order, or
 * there is a gap before what comes next. ROOMCAST_TAIL_STEPS and
 * ROOMCAST_TAIL_SEED in the environment make a campaign of it.
 */
#include <errno.h>

#include "../base/rng.h"
#include "stream_model.h"

enum { SERIALS = 1 << 20 };

struct reader {
	struct redis_tail tail;
	uint64_t delivered; /* the last serial */
	bool has_gap;       /* since then */
	bool is_placed;
	struct place last; /* of the position; with a tag */
	size_t entries, past, marks, voids, holes, reads;
	bool is_all; /* of the last read */
};

static struct model m;
static struct reader r;
static bool is_lost[SERIALS]; /* by the server, before anybody had read it */

/* --- what it is told --- */

/* Whether one between was there, and could have been read. */
static bool is_missing(uint64_t from, uint64_t to)
{
	for (uint64_t serial = from + 1; serial < to; serial++)
		if (!is_lost[serial % SERIALS])
			return true;
	return false;
}

static void on_entry(void *arg, const struct redis_entry *e, bool is_past)
{
	char text[24];
	uint64_t serial;

	(void)arg;
	ck_assert(r.is_placed);
	ck_assert_uint_eq(e->strings, 2);
	(void)snprintf(
	    text, sizeof text, "%.*s", (int)e->value.len, e->value.ptr);
	serial = strtoull(text, NULL, 10);
	ck_assert_msg(serial > r.delivered, "%" PRIu64 " behind %" PRIu64,
	    serial, r.delivered);
	ck_assert_int_gt(place_compare(&e->id, &r.last), 0);
	if (!r.has_gap && is_missing(r.delivered, serial))
		ck_abort_msg("%" PRIu64 " behind %" PRIu64 ": none is told",
		    serial, r.delivered);
	r.delivered = serial;
	r.has_gap = false;
	r.last = e->id;
	r.entries++;
	r.past += is_past;
}

static void on_mark(void *arg, const struct place *p)
{
	(void)arg;
	ck_assert(!r.is_placed);
	r.is_placed = true;
	r.last = *p;
	r.marks++;
}

static void on_void(void *arg)
{
	(void)arg;
	ck_assert(r.is_placed);
	r.is_placed = false;
	r.has_gap = true;
	r.voids++;
}

static void on_hole(void *arg)
{
	(void)arg;
	ck_assert(r.is_placed);
	r.has_gap = true;
	r.holes++;
}

static void on_read(void *arg, bool is_all)
{
	(void)arg;
	ck_assert(r.is_placed);
	r.reads++;
	r.is_all = is_all;
}

static void on_info(void *arg, const struct redis_stream_info *info)
{
	(void)arg;
	ck_assert_uint_eq(info->length, m.count);
}

static const struct redis_tail_sink sink = {
	.on_entry = on_entry,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_read = on_read,
	.on_info = on_info,
};

/* --- by hand --- */

static void boot(size_t memory)
{
	const struct redis_tail_options options = {
		.key = slice_str("key"),
		.memory = memory,
		.max_age_ms = INT64_MAX / 4,
		.block_ms = 1000,
	};

	memset(&r, 0, sizeof r);
	r.has_gap = true;
	redis_tail_init(&r.tail, &options, &sink, NULL);
	redis_tail_connected(&r.tail);
}

static void begin(void)
{
	memset(&m, 0, sizeof m);
	memset(is_lost, 0, sizeof is_lost);
	m.run = 1;
	boot(1 << 20);
}

static void end(void)
{
	redis_tail_fini(&r.tail);
}

/* Until it waits for what there is not yet. */
static void settle(void)
{
	struct tail_command c;

	for (int i = 0;; i++) {
		ck_assert_int_lt(i, 1000);
		if (r.tail.ask == TAIL_ASK_NEWS) {
			redis_tail_next(&r.tail, &c);
			if (!model_has_news(&m, &c))
				return;
		}
		model_answer(&m, &r.tail);
	}
}

/* XREAD has waited in vain: what is asked then. */
static void wait_in_vain(void)
{
	ck_assert_int_eq(r.tail.ask, TAIL_ASK_NEWS);
	model_answer(&m, &r.tail);
	settle();
}

static void check_counts(size_t entries, size_t holes, size_t voids)
{
	ck_assert_uint_eq(r.entries, entries);
	ck_assert_uint_eq(r.holes, holes);
	ck_assert_uint_eq(r.voids, voids);
}

START_TEST(test_what_was_there_is_past_and_what_comes_is_not)
{
	begin();
	for (int i = 0; i < 250; i++)
		model_add(&m);
	settle();
	check_counts(250, 0, 0);
	ck_assert_uint_eq(r.past, 250);
	ck_assert(r.is_all);
	model_add(&m);
	settle();
	check_counts(251, 0, 0);
	ck_assert_uint_eq(r.past, 250);
	end();
}
END_TEST

START_TEST(test_no_more_is_read_back_than_is_worth_it)
{
	struct place floor;

	begin();
	end();
	for (int i = 0; i < 1000; i++)
		model_add(&m);
	floor = m.entries[m.count - 11].id;
	boot(10 * 290);
	settle();
	check_counts(10, 0, 0);
	ck_assert_uint_eq(r.past, 10);
	ck_assert_uint_eq(r.marks, 1);
	(void)floor;
	end();
}
END_TEST

/* Two that boot at different times call a place by one name. */
START_TEST(test_places_have_one_name)
{
	struct place names[3];

	begin();
	settle(); /* empty */
	names[0] = r.last;
	end();
	model_add(&m);
	boot(1 << 20);
	model_answer(&m, &r.tail); /* who it is */
	while (!r.is_placed)
		model_answer(&m, &r.tail);
	names[1] = r.tail.last;
	settle();
	end();
	boot(0);
	settle();
	names[2] = r.last;
	ck_assert_int_eq(place_compare(&names[1], &names[2]), 0);
	ck_assert_mem_eq(names[1].tag, names[2].tag, PLACE_TAG);
	ck_assert_uint_eq(names[0].high, 0);
	ck_assert_int_ne(names[0].tag[0], '\0');
	m.run = 2;
	model_delete(&m);
	end();
	boot(0);
	settle();
	ck_assert_mem_ne(names[0].tag, r.last.tag, PLACE_TAG);
	end();
}
END_TEST

START_TEST(test_the_place_of_an_empty_stream_is_kept_with_its_first_entries)
{
	struct place empty;

	begin();
	settle();
	empty = r.last;
	end();
	model_add(&m);
	model_add(&m);
	boot(1 << 20);
	while (!r.is_placed)
		model_answer(&m, &r.tail);
	ck_assert_uint_eq(r.marks, 1);
	ck_assert_uint_eq(r.entries, 2);
	end();
	/* on_mark has told it: begin once more, and look. */
	boot(1 << 20);
	r.tail.past = (struct place){ 0 };
	settle();
	ck_assert_uint_eq(empty.high, 0);
	end();
}
END_TEST

START_TEST(test_a_trimmed_burst_is_a_hole)
{
	begin();
	model_add(&m);
	settle();
	for (int i = 0; i < 4; i++)
		model_add(&m);
	model_trim(&m, 2);
	settle();
	check_counts(3, 1, 0);
	end();
}
END_TEST

START_TEST(test_a_trimmed_burst_into_an_empty_stream_is_a_hole)
{
	begin();
	settle();
	for (int i = 0; i < 4; i++)
		model_add(&m);
	model_trim(&m, 2);
	settle();
	check_counts(2, 1, 0);
	end();
}
END_TEST

START_TEST(test_trimming_what_was_read_is_nothing)
{
	begin();
	model_add(&m);
	settle();
	model_trim(&m, 0);
	wait_in_vain();
	check_counts(1, 0, 0);
	model_add(&m);
	settle();
	check_counts(2, 0, 0);
	end();
}
END_TEST

/* That all which was removed had been read is known from then on. */
START_TEST(test_what_comes_as_soon_as_the_trim_is_seen_is_read)
{
	begin();
	model_add(&m);
	settle();
	model_trim(&m, 0);
	ck_assert_int_eq(r.tail.ask, TAIL_ASK_NEWS);
	model_answer(&m, &r.tail);
	ck_assert_int_eq(r.tail.ask, TAIL_ASK_INFO);
	model_answer(&m, &r.tail);
	model_add(&m);
	settle();
	check_counts(2, 0, 0);
	end();
}
END_TEST

START_TEST(test_a_stream_that_began_anew_while_we_waited_is_read)
{
	begin();
	model_add(&m);
	model_add(&m);
	settle();
	model_delete(&m);
	model_add(&m);
	wait_in_vain();
	check_counts(3, 0, 1);
	ck_assert_uint_eq(r.past, 2);
	ck_assert_uint_eq(r.marks, 2);
	end();
}
END_TEST

/* A server that has lost the end of it: what is there has been delivered. */
START_TEST(test_a_server_that_has_lost_the_end_is_read_from_its_end)
{
	begin();
	for (int i = 0; i < 3; i++)
		model_add(&m);
	settle();
	m.count = 2;
	m.last = m.entries[1].id;
	redis_tail_connected(&r.tail);
	settle();
	check_counts(3, 0, 1);
	model_add(&m);
	settle();
	check_counts(4, 0, 1);
	end();
}
END_TEST

/* A replica that had only so many takes over, and gets this many more. */
static void take_over(size_t had, uint64_t first_ms, size_t more)
{
	m.count = had;
	m.added = had;
	m.run++;
	for (size_t i = 0; i < more; i++)
		model_add_at(&m, (struct place){ first_ms + i, 0, "" });
	redis_tail_connected(&r.tail);
	settle();
}

/* Whether the new ids are those of what was lost, or later. */
START_TEST(test_what_a_replica_got_behind_what_both_had_is_read)
{
	for (uint64_t first_ms = 4; first_ms < 12; first_ms++) {
		begin();
		for (int i = 0; i < 8; i++) /* 1 to 8 */
			model_add(&m);
		settle();
		take_over(3, first_ms, 250);
		check_counts(8 + 250, 0, 1);
		model_add(&m);
		settle();
		check_counts(8 + 251, 0, 1);
		end();
	}
}
END_TEST

START_TEST(test_what_a_replica_has_trimmed_is_a_hole)
{
	begin();
	for (int i = 0; i < 8; i++)
		model_add(&m);
	settle();
	m.run++;
	model_add(&m);
	model_add(&m);
	model_trim(&m, 2);
	redis_tail_connected(&r.tail);
	settle();
	check_counts(10, 1, 0);
	end();
}
END_TEST

START_TEST(test_another_entry_with_the_same_id_is_another_stream)
{
	begin();
	model_add(&m);
	settle();
	m.entries[0].serial = ++m.serial;
	redis_tail_connected(&r.tail);
	settle();
	check_counts(1, 0, 1);
	end();
}
END_TEST

START_TEST(test_an_old_server_is_doubted_only_where_it_cannot_say)
{
	begin();
	m.is_old = true;
	settle();
	model_add(&m);
	settle();
	check_counts(1, 1, 0);
	model_add(&m);
	settle();
	check_counts(2, 1, 0);
	end();
}
END_TEST

START_TEST(test_what_was_added_and_removed_is_a_hole)
{
	begin();
	settle();
	model_add(&m);
	model_remove(&m, 0);
	wait_in_vain();
	check_counts(0, 1, 0);
	ck_assert(r.is_all);
	end();
}
END_TEST

/*
 * What is asked at the beginning of each connection, up to the stream itself.
 */
static void greet(void)
{
	while (r.tail.ask != TAIL_ASK_INFO)
		model_answer(&m, &r.tail);
}

START_TEST(test_each_command_is_tried_before_any_counts)
{
	static const char *const names[] = { "XINFO STREAM", "XREVRANGE",
		"XRANGE", "XREAD" };

	begin();
	for (size_t refused = 0; refused < 4; refused++) {
		redis_tail_connected(&r.tail);
		ck_assert_int_eq(say_server(&r.tail, &m), 1);
		for (size_t i = 0; i < refused; i++)
			model_answer(&m, &r.tail);
		ck_assert_str_eq(
		    redis_tail_command_name(&r.tail), names[refused]);
		ck_assert_int_eq(say_error(&r.tail, "NOPERM no"), -EREMOTEIO);
	}
	ck_assert_uint_eq(r.reads, 0);
	end();
}
END_TEST

START_TEST(test_errors_of_the_server_are_its_owners)
{
	begin();
	ck_assert_int_eq(say_error(&r.tail, "NOPERM no"), 1);
	greet();
	ck_assert_str_eq(redis_tail_command_name(&r.tail), "XINFO STREAM");
	ck_assert_int_eq(say_error(&r.tail, "WRONGTYPE no"), -EREMOTEIO);
	redis_tail_connected(&r.tail);
	ck_assert_int_eq(say_error(&r.tail, "LOADING wait"), -EREMOTEIO);
	end();
}
END_TEST

START_TEST(test_an_answer_that_is_none_is_refused)
{
	const struct resp_part nil = { .type = RESP_NIL };
	const struct resp_part odd = { RESP_ARRAY, slice_of(NULL, 0), 3 };

	begin();
	greet();
	ck_assert_int_eq(redis_tail_take(&r.tail, &odd), -EPROTO);
	redis_tail_connected(&r.tail);
	greet();
	ck_assert_int_eq(redis_tail_take(&r.tail, &nil), -EPROTO);
	end();
}
END_TEST

/* --- whatever happens between two answers --- */

/* Nobody could have told, if we had not read it. */
static void lose(size_t at)
{
	uint64_t serial = m.entries[at].serial;

	if (serial > r.delivered)
		is_lost[serial % SERIALS] = true;
}

/* Somebody's XDEL: whoever takes back one entry wants no gap for it. */
static void remove_one(uint64_t *seed)
{
	size_t at;

	if (m.count == 0)
		return;
	at = rng_below(seed, m.count);
	lose(at);
	model_remove(&m, at);
}

/* A server that was killed. */
static void lose_end(size_t count)
{
	for (size_t i = 0; i < count && m.count > 0; i++)
		lose(--m.count);
	m.last = m.count > 0 ? m.entries[m.count - 1].id : (struct place){ 0 };
	m.added = m.count;
	m.is_there = m.count > 0;
	m.run++;
	redis_tail_connected(&r.tail);
}

static void add_some(uint64_t *seed)
{
	for (uint64_t i = rng_below(seed, 8); i > 0; i--)
		model_add(&m);
	if (rng_below(seed, 200) == 0)
		for (int i = 0; i < 300; i++)
			model_add(&m);
}

/* With smaller ids, or for now none. */
static void make_anew(uint64_t *seed)
{
	model_delete(&m);
	if (rng_below(seed, 2))
		model_add(&m);
}

static void change(uint64_t *seed)
{
	switch (rng_below(seed, 24)) {
	case 0:
		redis_tail_connected(&r.tail);
		break;
	case 1:
		model_trim(&m, rng_below(seed, 4));
		break;
	case 2:
		if (rng_below(seed, 4) == 0)
			make_anew(seed);
		break;
	case 3:
		if (rng_below(seed, 4) == 0)
			lose_end(rng_below(seed, 6));
		break;
	case 4:
		remove_one(seed);
		break;
	case 5:
		if (rng_below(seed, 8) == 0)
			lose_end(MODEL_MAX);
		break;
	default:
		add_some(seed);
	}
	model_trim(&m, 1000);
}

static uint64_t from_environment(const char *name, uint64_t preset)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : preset;
}

START_TEST(test_nothing_is_missing_that_was_not_told)
{
	uint64_t seed = from_environment("ROOMCAST_TAIL_SEED", 1);
	uint64_t steps = from_environment("ROOMCAST_TAIL_STEPS", 100000);
	struct tail_command c;

	printf("seed %" PRIu64 ", %" PRIu64 " steps\n", seed, steps);
	begin();
	for (uint64_t i = 0; i < steps; i++) {
		if (rng_below(&seed, 3) == 0)
			change(&seed);
		redis_tail_next(&r.tail, &c);
		/* A blocked XREAD answers at once, or gives up at times. */
		if (r.tail.ask != TAIL_ASK_NEWS || model_has_news(&m, &c) ||
		    rng_below(&seed, 20) == 0)
			model_answer(&m, &r.tail);
	}
	settle();
	printf(
	    "%zu entries, %zu holes, %zu voids\n", r.entries, r.holes, r.voids);
	ck_assert_uint_gt(r.entries, steps / 20);
	ck_assert_uint_gt(r.holes, 10);
	ck_assert_uint_gt(r.voids, 10);
	end();
}
END_TEST

UNIT_MAIN("backend/redis_tail",
    test_what_was_there_is_past_and_what_comes_is_not,
    test_no_more_is_read_back_than_is_worth_it, test_places_have_one_name,
    test_the_place_of_an_empty_stream_is_kept_with_its_first_entries,
    test_a_trimmed_burst_is_a_hole,
    test_a_trimmed_burst_into_an_empty_stream_is_a_hole,
    test_trimming_what_was_read_is_nothing,
    test_what_comes_as_soon_as_the_trim_is_seen_is_read,
    test_a_stream_that_began_anew_while_we_waited_is_read,
    test_a_server_that_has_lost_the_end_is_read_from_its_end,
    test_what_a_replica_got_behind_what_both_had_is_read,
    test_what_a_replica_has_trimmed_is_a_hole,
    test_another_entry_with_the_same_id_is_another_stream,
    test_an_old_server_is_doubted_only_where_it_cannot_say,
    test_what_was_added_and_removed_is_a_hole,
    test_each_command_is_tried_before_any_counts,
    test_errors_of_the_server_are_its_owners,
    test_an_answer_that_is_none_is_refused,
    test_nothing_is_missing_that_was_not_told)
