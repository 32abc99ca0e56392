/*
 * history: two instances that hear one sequence of payloads, each with its own
 * delay, memory, breaks and losses. A cursor that one has given out is, at the
 * other one, exactly what it should be: what is replayed from there on is what
 * its owner has missed, and all of it, but for what it is told; and nobody is
 * told without need. ROOMCAST_ORDER_STEPS and ROOMCAST_ORDER_SEED in the
 * environment make a campaign of it; what was taken is printed.
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

enum {
	INSTANCES = 2,
	CLIENTS = 8,
	MEMORY = 30000, /* a hundred messages or so */
	AGE_MS = 60000,
	LAG_MAX = 60,
};

static struct metrics metrics;

/* --- the sequence that all hear --- */

/*
 * A payload, whose place with a stream is entry; or a mark. number counts the
 * payloads up to here.
 */
struct event {
	bool is_mark;
	uint32_t number;
	struct place entry;
};

/* --- what one instance has made of it --- */

enum fate { FATE_KEPT, FATE_NOTHING, FATE_LOST };

/* A position: the payloads up to there, and how it is called. */
struct known {
	uint32_t number;
	bool is_nameless;
	struct place place;
};

struct heard_mark {
	uint64_t mark; /* its event */
	uint64_t position;
};

struct instance {
	struct history *history;
	size_t at; /* events that it has heard or missed */
	bool is_placed;
	uint32_t number; /* of the last payload that it has heard */
	uint64_t first;  /* position of this session */
	struct known *positions;
	unsigned char *fates; /* of each payload, by number */
	struct heard_mark *marks;
	size_t mark_count;
};

/* Who has all up to a number, or was told of it. */
struct client {
	char cursor[PLACE_MAX + 1];
	uint32_t number;
};

static struct world {
	enum place_kind kind;
	struct event *events;
	size_t event_count;
	uint32_t payloads;
	struct instance instances[INSTANCES];
	struct client clients[CLIENTS];
	int64_t now_ms;
	uint64_t rng;
	unsigned long replayed, found, gaps, later;
} world;

static uint64_t below(uint64_t bound)
{
	return rng_below(&world.rng, bound);
}

static bool is_one_of(unsigned many)
{
	return below(many) == 0;
}

static bool is_stream(void)
{
	return world.kind == PLACE_ENTRY;
}

/* --- events --- */

static void publish(void)
{
	struct event *last = &world.events[world.event_count];
	struct event *e = &last[1];
	struct place place = last->entry;

	place.high += below(3);
	place.low = place.high == last->entry.high ? place.low + 1 + below(3)
						   : below(3);
	memcpy(place.tag, is_one_of(2) ? "abcd" : "wxyz", PLACE_TAG);
	e->is_mark = !is_stream() && is_one_of(12);
	e->entry = place;
	world.payloads += !e->is_mark;
	e->number = world.payloads;
	world.event_count++;
}

static const char *mark_of(uint64_t event)
{
	static char text[32];

	(void)snprintf(text, sizeof text, "m%llu", (unsigned long long)event);
	return text;
}

static struct slice print(const struct place *p, char out[PLACE_MAX + 1])
{
	if (is_stream())
		return place_print_entry(p, out);
	return place_print_counted(slice_str(mark_of(p->high)), p->low, out);
}

/* --- an instance --- */

static struct known *last_of(struct instance *i)
{
	return &i->positions[history_head(i->history)];
}

static struct message *message_of(uint32_t number)
{
	static const struct aim all = { .is_everyone = true };
	char content[32];
	const struct message_parts parts = {
		.content = slice_of(content,
		    (size_t)snprintf(content, sizeof content, "%u.", number)),
		.kind = CONTENT_TEXT,
		.kinds = 1 << MESSAGE_AS_TEXT,
	};
	struct message *m = message_new(&parts, &all, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

static void decide_fate(struct instance *i, uint32_t number)
{
	uint64_t what = below(100);
	enum fate fate = what < 88   ? FATE_KEPT
			 : what < 96 ? FATE_NOTHING
				     : FATE_LOST;

	i->fates[number] = (unsigned char)fate;
	if (fate == FATE_KEPT)
		history_keep(i->history, message_of(number));
	else if (fate == FATE_LOST)
		history_lose(i->history);
}

static void hear_payload(struct instance *i, const struct event *e)
{
	struct known before = *last_of(i);

	if (is_stream()) {
		before.place = e->entry;
		ck_assert(
		    history_advance_to(i->history, &e->entry, world.now_ms));
	} else {
		if (i->marks[i->mark_count - 1].mark != before.place.high)
			before.place = (struct place){
				.high = i->marks[i->mark_count - 1].mark,
			};
		before.place.low++;
		history_advance(i->history, world.now_ms);
	}
	*last_of(i) = (struct known){ e->number, false, before.place };
	i->number = e->number;
	decide_fate(i, e->number);
}

/* The head has one more name. */
static void hear_mark(struct instance *i, uint64_t event)
{
	uint64_t head = history_head(i->history);
	struct place place = { .high = event };

	ck_assert(history_mark(i->history, slice_str(mark_of(event))));
	i->marks[i->mark_count++] = (struct heard_mark){ event, head };
	if (i->is_placed)
		return;
	i->is_placed = true;
	i->first = head;
	i->number = world.events[event].number;
	i->positions[head] = (struct known){ i->number, false, place };
}

/* Where a stream is read on from: the last entry before the next. */
static void hear_base(struct instance *i)
{
	const struct event *e = &world.events[i->at];
	char id[PLACE_MAX + 1];

	i->is_placed = true;
	i->first = history_head(i->history);
	i->number = e->number;
	ck_assert(history_mark(i->history, place_print_entry(&e->entry, id)));
	*last_of(i) = (struct known){ e->number, false, e->entry };
}

/* All that it did not hear is lost, and is told at a position of its own. */
static void hear_hole(struct instance *i)
{
	struct known hole = *last_of(i);
	uint64_t skip = is_stream() ? below(5) : 0;

	while (skip-- > 0 && i->at < world.event_count)
		i->fates[world.events[++i->at].number] = FATE_LOST;
	hole.is_nameless = true;
	hole.number = world.events[i->at].number;
	if (!is_stream() && i->mark_count > 0 &&
	    i->marks[i->mark_count - 1].mark != hole.place.high)
		hole.place =
		    (struct place){ .high = i->marks[i->mark_count - 1].mark };
	history_add_hole(i->history, world.now_ms);
	i->number = hole.number;
	*last_of(i) = hole;
}

static void break_off(struct instance *i)
{
	uint64_t skip = below(LAG_MAX);

	history_void(i->history);
	i->is_placed = false;
	i->mark_count = 0;
	while (skip-- > 0 && i->at < world.event_count)
		i->at++;
}

static void hear(struct instance *i)
{
	const struct event *e;

	if (i->at == world.event_count)
		return;
	if (is_stream() && !i->is_placed) {
		hear_base(i);
		return;
	}
	if (i->is_placed && is_one_of(300)) {
		hear_hole(i);
		return;
	}
	e = &world.events[++i->at];
	if (e->is_mark)
		hear_mark(i, i->at);
	else if (i->is_placed)
		hear_payload(i, e);
}

static void listen(struct instance *i)
{
	uint64_t count = below(12);

	if (world.event_count - i->at > LAG_MAX)
		count += LAG_MAX;
	while (count-- > 0)
		hear(i);
}

/* --- what a cursor should be, by looking --- */

static bool is_called(const struct known *k, const struct place *p)
{
	return place_compare(&k->place, p) == 0;
}

/* A mark's own name is that of where it was heard. */
static enum history_found look_for_mark(
    const struct instance *i, const struct place *wanted, uint64_t *position)
{
	const struct heard_mark *last = &i->marks[i->mark_count - 1];

	for (const struct heard_mark *m = i->marks; m <= last; m++) {
		if (m->mark != wanted->high)
			continue;
		*position = m->position;
		if (wanted->low == 0)
			return *position >= history_floor(i->history)
				   ? HISTORY_AT
				   : HISTORY_OLD;
		return HISTORY_UNKNOWN; /* so far */
	}
	return HISTORY_LATER;
}

static enum history_found look_for(
    const struct instance *i, const struct place *wanted, uint64_t *position)
{
	uint64_t floor = history_floor(i->history);
	uint64_t head = history_head(i->history);
	enum history_found found = HISTORY_UNKNOWN;
	bool is_below;

	if (!is_stream())
		found = look_for_mark(i, wanted, position);
	if (found != HISTORY_UNKNOWN)
		return found;
	for (uint64_t p = floor; p <= head; p++) {
		if (!is_called(&i->positions[p], wanted))
			continue;
		*position = p;
		return i->positions[p].is_nameless ? HISTORY_OLD : HISTORY_AT;
	}
	is_below = place_compare(wanted, &i->positions[floor].place) < 0;
	if (is_below)
		return HISTORY_OLD;
	if (place_compare(wanted, &i->positions[head].place) > 0 &&
	    (is_stream() || wanted->high == i->marks[i->mark_count - 1].mark))
		return HISTORY_LATER;
	return HISTORY_UNKNOWN;
}

static bool read_cursor(const char *cursor, struct place *out)
{
	struct slice mark;

	*out = (struct place){ 0 };
	if (is_stream())
		return place_read_entry(slice_str(cursor), out);
	return place_read_counted(slice_str(cursor), &mark, &out->low) &&
	       sscanf(cursor, "m%lu", &out->high) == 1;
}

/* --- who comes back --- */

struct reading {
	const struct instance *instance;
	uint32_t number; /* up to here it has all */
	uint32_t told;   /* or was told */
};

/* Nothing between may be missing that it was not told of. */
static void check_between(const struct reading *r, uint32_t next)
{
	for (uint32_t n = r->number + 1; n < next; n++)
		ck_assert_msg(
		    r->instance->fates[n] == FATE_NOTHING ||
			(r->instance->fates[n] == FATE_LOST && n <= r->told),
		    "payload %u is missing", n);
}

static bool visit(void *arg, struct message *m)
{
	struct slice frame = message_frame(m, MESSAGE_AS_TEXT);
	struct reading *r = arg;
	uint32_t number = (uint32_t)strtoul(frame.ptr + 2, NULL, 10);

	ck_assert_uint_gt(number, r->number);
	check_between(r, number);
	r->number = number;
	world.replayed++;
	return true;
}

static void replay(struct instance *i, struct client *c, uint64_t position)
{
	static struct aim_room none;
	struct history_reader reader = { .names.rooms = &none };
	struct reading r = { i, c->number, 0 };
	enum history_stop stop = HISTORY_HOLE;
	size_t steps = 1000000;

	history_reader_sort(&reader);
	while (stop == HISTORY_HOLE) {
		stop = history_collect(
		    i->history, &position, &reader, &steps, visit, &r);
		if (stop == HISTORY_HOLE)
			r.told = i->positions[position].number;
	}
	ck_assert_int_eq(stop, HISTORY_HEAD);
	check_between(&r, i->number + 1);
}

/* It goes on with what one of the last messages there was called. */
static void settle(struct instance *i, struct client *c)
{
	uint64_t floor = history_floor(i->history);
	uint64_t position = history_head(i->history);
	char id[HISTORY_ID_MAX + 1];

	if (position > floor)
		position -=
		    below(position - floor < 20 ? position - floor : 20);
	(void)snprintf(c->cursor, sizeof c->cursor, "%s",
	    history_id(i->history, position, id).ptr);
	while (i->positions[position].is_nameless)
		position--; /* whose name it is */
	c->number = i->positions[position].number;
	if (is_stream() && is_one_of(4))
		c->cursor[strcspn(c->cursor, "~")] = '\0';
}

static void come_back(struct instance *i, struct client *c)
{
	uint64_t position = 0, wanted_position = 0;
	enum history_found found, wanted_found;
	struct place wanted;

	ck_assert(read_cursor(c->cursor, &wanted));
	found = history_find(i->history, slice_str(c->cursor), &position);
	wanted_found = look_for(i, &wanted, &wanted_position);
	ck_assert_msg(found == wanted_found, "%s is %d, not %d", c->cursor,
	    found, wanted_found);
	if (found == HISTORY_AT) {
		ck_assert_uint_eq(position, wanted_position);
		world.found++;
		replay(i, c, position);
	} else if (found == HISTORY_LATER) {
		world.later++;
		return; /* it waits: perhaps this instance hears of it */
	} else {
		world.gaps++;
	}
	settle(i, c);
}

/* No cursor of an entry that there has never been is one. */
static void forge(struct instance *i)
{
	struct known *k = last_of(i);
	uint64_t position;
	struct place p = k->place;
	char id[PLACE_MAX + 1];

	if (!is_stream() || k->is_nameless)
		return;
	p.tag[0] = 'X';
	ck_assert_int_eq(history_find(i->history, print(&p, id), &position),
	    HISTORY_UNKNOWN);
}

/* --- all of it --- */

static void step_client(void)
{
	struct client *c = &world.clients[below(CLIENTS)];
	struct instance *i = &world.instances[below(INSTANCES)];

	if (!i->is_placed)
		return;
	if (c->cursor[0] && !is_one_of(50))
		come_back(i, c);
	else
		settle(i, c);
	forge(i);
}

static void step(void)
{
	struct instance *i = &world.instances[below(INSTANCES)];
	uint64_t what = below(1000);

	world.now_ms += (int64_t)below(200);
	if (what < 800)
		publish();
	else if (what < 930)
		listen(i);
	else if (what < 931)
		break_off(i);
	else if (what < 940)
		history_expire(i->history, world.now_ms);
	else
		step_client();
}

static void open_instance(struct instance *i, size_t steps)
{
	i->history = history_new(world.kind, MEMORY, AGE_MS, &metrics);
	i->positions = calloc(2 * steps + 2, sizeof *i->positions);
	i->fates = calloc(steps + 2, 1);
	i->marks = calloc(steps + 2, sizeof *i->marks);
	ck_assert(i->positions && i->fates && i->marks);
}

static void close_instance(struct instance *i)
{
	history_free(i->history);
	free(i->positions);
	free(i->fates);
	free(i->marks);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void run(enum place_kind kind)
{
	size_t steps = number_from("ROOMCAST_ORDER_STEPS", 100000);

	memset(&world, 0, sizeof world);
	world.kind = kind;
	world.rng = number_from("ROOMCAST_ORDER_SEED", 20261126);
	(void)printf(
	    "seed %llu, %zu steps\n", (unsigned long long)world.rng, steps);
	world.events = calloc(steps + 2, sizeof *world.events);
	ck_assert_ptr_nonnull(world.events);
	for (int i = 0; i < INSTANCES; i++)
		open_instance(&world.instances[i], steps);
	for (size_t i = 0; i < steps; i++)
		step();
	(void)printf("%lu replayed, cursors: %lu known, %lu later, %lu gaps\n",
	    world.replayed, world.found, world.later, world.gaps);
	ck_assert_uint_gt(world.found, steps / 100);
	ck_assert_uint_gt(world.later, steps / 1000);
	ck_assert_uint_gt(world.gaps, steps / 1000);
	for (int i = 0; i < INSTANCES; i++)
		close_instance(&world.instances[i]);
	free(world.events);
}

START_TEST(two_that_hear_the_same_marks_agree)
{
	run(PLACE_COUNTED);
}
END_TEST

START_TEST(two_that_read_the_same_stream_agree)
{
	run(PLACE_ENTRY);
}
END_TEST

UNIT_MAIN("core/history order", two_that_hear_the_same_marks_agree,
    two_that_read_the_same_stream_agree)
