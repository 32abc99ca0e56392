/* seats: against a table of numbers, whatever is sent, answered and lost. */
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "core/backend.h"
#include "core/occupancy.h"
#include "core/presence.h"
#include "core/seat_rounds.h"
#include "core/seats.h"
#include "core/seats_page.h"
#include "fakeworker.h"
#include "unit.h"

enum { PLACES = 30, STEPS = 20000 };

struct model {
	struct seats seats;
	uint32_t count[PLACES];
	uint32_t written[PLACES]; /* as a server has it */
	uint64_t seed;
};

static struct slice name_of(int place, char out[16])
{
	return slice_of(out, (size_t)snprintf(out, 16, "room-%d", place));
}

static int place_of(const struct seat *s)
{
	int place = 0;

	for (size_t i = sizeof "room-" - 1; i < s->name_len; i++)
		place = place * 10 + (s->name[i] - '0');
	return place;
}

static void change(struct model *m, int place)
{
	int32_t more = rng_below(&m->seed, 2) && m->count[place] > 0 ? -1 : 1;
	char buf[16];

	m->count[place] += (uint32_t)more;
	seats_add(&m->seats, name_of(place, buf), (uint64_t)place % 7, more);
}

/* One that is refused is not as it was before: nobody knows. */
static void answer(struct model *m, bool is_written, bool is_refused)
{
	struct seat *s = seats_sent(&m->seats);

	if (!s)
		return;
	if (is_refused) {
		m->written[place_of(s)] = UINT32_MAX;
		seats_refuse(&m->seats, s);
		ck_assert(seats_are_refused(&m->seats) && s->was_refused);
	} else if (is_written)
		seats_arrive(&m->seats, s);
	else
		seats_return(&m->seats, s);
}

/* The server has it when it is sent: its answer may be lost. */
static void send_one(struct model *m)
{
	struct seat *s = seats_send(&m->seats);

	if (s)
		m->written[place_of(s)] = s->taken;
}

/* A round, of one worker that has told all. */
static void turn(struct seats *s)
{
	seats_begin_round(s);
	seats_end_round(s);
}

static void step(struct model *m)
{
	switch (rng_below(&m->seed, 14)) {
	case 0:
		seats_return_sent(&m->seats);
		break;
	case 1:
		if (rng_below(&m->seed, 20) == 0)
			seats_return_all(&m->seats);
		break;
	case 2:
	case 3:
		send_one(m);
		break;
	case 4:
	case 5:
		answer(
		    m, rng_below(&m->seed, 5) > 0, rng_below(&m->seed, 8) == 0);
		break;
	case 6:
		if (rng_below(&m->seed, 20) == 0)
			seats_return_refused(&m->seats);
		break;
	case 7:
		turn(&m->seats);
		break;
	default:
		change(m, (int)rng_below(&m->seed, PLACES));
	}
}

static void settle(struct model *m)
{
	seats_return_refused(&m->seats);
	while (seats_have_changed(&m->seats) || seats_sent(&m->seats) ||
	       seats_are_kept(&m->seats)) {
		turn(&m->seats);
		send_one(m);
		answer(m, true, false);
	}
}

static void write_what_there_is(uint32_t keeps)
{
	struct model m = { .seed = 11 };
	size_t taken = 0;

	seats_init(&m.seats, keeps);
	for (int i = 0; i < STEPS; i++) {
		step(&m);
		if (i % 500 == 0)
			settle(&m);
		for (int p = 0; i % 500 == 0 && p < PLACES; p++)
			ck_assert_uint_eq(m.written[p], m.count[p]);
	}
	settle(&m);
	for (int p = 0; p < PLACES; p++)
		taken += m.count[p] > 0;
	ck_assert_uint_eq(m.seats.map.count, taken);
	seats_fini(&m.seats);
}

START_TEST(what_is_written_is_what_there_is)
{
	write_what_there_is(0);
	write_what_there_is(3);
}
END_TEST

START_TEST(a_name_is_a_room_or_a_user_in_it)
{
	char buf[SEAT_NAME_MAX];
	struct slice name =
	    seat_of_user(slice_str("lobby"), slice_str("ann"), buf);

	ck_assert_uint_eq(name.len, 9);
	ck_assert(slice_eq(seat_room(name), slice_str("lobby")));
	ck_assert(slice_eq(seat_user(name), slice_str("ann")));
	ck_assert(slice_eq(seat_room(slice_str("lobby")), slice_str("lobby")));
	ck_assert_uint_eq(seat_user(slice_str("lobby")).len, 0);
	ck_assert(slice_eq(seat_user(slice_of("\0x", 2)), slice_str("x")));
}
END_TEST

START_TEST(nobody_is_less_than_none)
{
	struct seats s;

	seats_init(&s, 0);
	seats_add(&s, slice_str("a"), 1, -3);
	ck_assert_uint_eq(s.map.count, 1);
	ck_assert_uint_eq(seats_send(&s)->taken, 0);
	seats_arrive(&s, seats_sent(&s));
	ck_assert_uint_eq(s.map.count, 0);
	seats_fini(&s);
}
END_TEST

/* --- where all have left --- */

enum { ROUNDS = 2, MANY = 100000 };

static void add(struct seats *s, const char *name, int32_t more)
{
	seats_add(s, slice_str(name), 1, more);
}

/* What is there to take is this number, and nothing else. */
static void assert_told(struct seats *s, uint32_t number)
{
	ck_assert(seats_have_changed(s));
	ck_assert_uint_eq(seats_send(s)->taken, number);
	seats_arrive(s, seats_sent(s));
	ck_assert(!seats_have_changed(s));
}

START_TEST(who_all_have_left_is_kept_for_some_rounds)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	add(&s, "a", 1);
	assert_told(&s, 1);
	seats_begin_round(&s);
	add(&s, "a", -1);
	seats_end_round(&s); /* this one began before */
	turn(&s);
	ck_assert(!seats_have_changed(&s) && seats_are_kept(&s));
	turn(&s);
	assert_told(&s, 0);
	ck_assert_uint_eq(s.map.count, 0);
	seats_fini(&s);
}
END_TEST

START_TEST(who_comes_back_has_not_been_away)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	add(&s, "a", 1);
	assert_told(&s, 1);
	add(&s, "a", -1);
	turn(&s);
	add(&s, "a", 1);
	turn(&s);
	turn(&s);
	assert_told(&s, 1);
	add(&s, "a", -1);
	turn(&s);
	seats_touch(&s, slice_str("a"), 1);
	seats_touch(&s, slice_str("b"), 1);
	turn(&s);
	ck_assert(!seats_have_changed(&s));
	turn(&s);
	assert_told(&s, 0);
	seats_fini(&s);
}
END_TEST

START_TEST(what_is_kept_is_known_as_one)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	add(&s, "a", 7);
	assert_told(&s, 7);
	add(&s, "a", -7);
	assert_told(&s, 1);
	turn(&s);
	turn(&s);
	/* Whoever comes when nobody is told is told of. */
	ck_assert_uint_eq(seats_send(&s)->taken, 0);
	add(&s, "a", 1);
	add(&s, "a", -1);
	seats_return_sent(&s);
	assert_told(&s, 1);
	turn(&s);
	turn(&s);
	assert_told(&s, 0);
	ck_assert_int_eq(seats_learn(&s, slice_str("a"), 1), 0);
	assert_told(&s, 0);
	ck_assert_uint_eq(s.map.count, 0);
	seats_fini(&s);
}
END_TEST

START_TEST(what_was_refused_is_not_kept)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	add(&s, "a", 1);
	seats_refuse(&s, seats_send(&s));
	add(&s, "a", -1);
	ck_assert(!seats_have_changed(&s) && !seats_are_kept(&s));
	seats_return_refused(&s);
	assert_told(&s, 0);
	ck_assert_uint_eq(s.map.count, 0);
	seats_fini(&s);
}
END_TEST

START_TEST(nobody_is_kept_at_the_end)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	add(&s, "a", 1);
	assert_told(&s, 1);
	add(&s, "a", -1);
	seats_keep_none(&s);
	assert_told(&s, 0);
	seats_fini(&s);
}
END_TEST

static void come_and_go(struct seats *s, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		struct slice name = slice_of((const char *)&i, sizeof i);

		seats_add(s, name, i, 1);
		seats_add(s, name, i, -1);
	}
}

START_TEST(while_nobody_takes_them_none_is_left)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	come_and_go(&s, 0, MANY);
	ck_assert_uint_eq(s.map.count, 0);
	seats_fini(&s);
}
END_TEST

enum { PAGE = 16, TRIES = 1000 };

/* Some are taken, again and again, and refused. */
START_TEST(while_all_are_refused_few_are_left)
{
	struct seats s;

	seats_init(&s, ROUNDS);
	for (unsigned i = 0; i < TRIES; i++) {
		for (unsigned n = i * PAGE; n < (i + 1) * PAGE; n++)
			seats_add(
			    &s, slice_of((const char *)&n, sizeof n), n, 1);
		for (unsigned n = 0; n < PAGE; n++)
			(void)seats_send(&s);
		seats_return_sent(&s);
		for (unsigned n = i * PAGE; n < (i + 1) * PAGE; n++)
			seats_add(
			    &s, slice_of((const char *)&n, sizeof n), n, -1);
		turn(&s);
	}
	ck_assert_uint_le(s.map.count, (ROUNDS + 2) * PAGE);
	seats_fini(&s);
}
END_TEST

/* --- of several workers --- */

enum { WORKERS = 3, HOPS = 100000 };

/* They tell when they like. Somebody is at one of them at any time. */
struct hopping {
	struct seats hub, workers[WORKERS];
	bool is_asked[WORKERS];
	unsigned left; /* of a round */
	unsigned at;   /* where he is */
	unsigned vacated;
	uint64_t seed;
};

static void on_hopped(void *arg, struct slice name, uint64_t hash, int32_t more)
{
	struct hopping *h = arg;

	if (more != 0)
		seats_add(&h->hub, name, hash, more);
	else
		seats_touch(&h->hub, name, hash);
}

static void worker_tells(struct hopping *h, unsigned worker)
{
	struct seats_page *page = seats_page_take(&h->workers[worker], 10);
	struct seat *s;

	seats_page_read(page, on_hopped, h);
	seats_page_free(page);
	if (h->is_asked[worker] && --h->left == 0)
		seats_end_round(&h->hub);
	h->is_asked[worker] = false;
	while ((s = seats_send(&h->hub))) {
		h->vacated += s->taken == 0;
		seats_arrive(&h->hub, s);
	}
}

static void ask_all(struct hopping *h)
{
	if (h->left > 0)
		return;
	h->left = WORKERS;
	for (unsigned i = 0; i < WORKERS; i++)
		h->is_asked[i] = true;
	seats_begin_round(&h->hub);
}

static void hop(struct hopping *h)
{
	unsigned to = (unsigned)rng_below(&h->seed, WORKERS);

	add(&h->workers[to], "a", 1);
	add(&h->workers[h->at], "a", -1);
	h->at = to;
}

START_TEST(who_hops_has_never_gone)
{
	struct hopping h = { .seed = 3 };

	seats_init(&h.hub, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		seats_init(&h.workers[i], 0);
	add(&h.workers[0], "a", 1);
	for (int i = 0; i < HOPS; i++) {
		if (rng_below(&h.seed, 3) > 0)
			hop(&h);
		worker_tells(&h, (unsigned)rng_below(&h.seed, WORKERS));
		ask_all(&h);
	}
	ck_assert_uint_eq(h.vacated, 0);
	add(&h.workers[h.at], "a", -1);
	for (unsigned i = 0; i < 3 * WORKERS; i++) {
		worker_tells(&h, i % WORKERS);
		ask_all(&h);
	}
	ck_assert_uint_eq(h.vacated, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		seats_fini(&h.workers[i]);
	seats_fini(&h.hub);
}
END_TEST

/* --- from a worker to the main thread, where nobody else counts --- */

struct heard {
	char text[256];
};

static void on_changed(void *arg, struct slice room, bool is_occupied)
{
	struct heard *h = arg;
	size_t len = strlen(h->text);

	(void)snprintf(h->text + len, sizeof h->text - len, "%s%.*s ",
	    is_occupied ? "+" : "-", (int)room.len, room.ptr);
}

/* Who is kept is let go. */
static void pass_on(struct fakeworker *f, struct occupancy *o)
{
	static const struct backend_ops alone = { .names_places = false };
	size_t count;
	const struct mail *mail;

	presence_end(f->worker);
	mail = mailbox_take(f->shared.hub, &count);
	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_PRESENCE)
			occupancy_take(o, mail[i].item);
		else
			mail_drop(&mail[i]);
	}
	for (int i = 0; i <= SEAT_ROUNDS; i++) {
		occupancy_tell(o, &alone, NULL);
		turn(&o->seats);
	}
}

START_TEST(rooms_are_occupied_and_vacated_by_those_who_are_open)
{
	struct conf conf = { 0 };
	struct conf_route route = { .presence = CONF_PRESENCE_MEMBERS,
		.conf = &conf };
	struct heard heard = { "" };
	struct fakeworker f;
	struct occupancy o;
	struct slice a = slice_str("a"), b = slice_str("b");
	struct conn *c;

	fake_init(&f, false);
	occupancy_init(&o, on_changed, &heard);
	c = fake_connect(&f, CONN_WAITING);
	c->route = &route;
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
	fake_join(&f, c, "a");
	pass_on(&f, &o);
	ck_assert_str_eq(heard.text, "");
	conn_set_state(c, CONN_OPEN);
	presence_open(c);
	fake_join(&f, c, "b");
	presence_join(c, b, worker_hash(f.worker, b));
	pass_on(&f, &o);
	ck_assert_str_eq(heard.text, "+a +b ");
	ck_assert_uint_eq(o.seats.map.count, 4);
	presence_leave(c, a, worker_hash(f.worker, a));
	presence_join(c, a, worker_hash(f.worker, a));
	pass_on(&f, &o);
	ck_assert_str_eq(heard.text, "+a +b ");
	presence_close(c);
	presence_close(c);
	ck_assert(!c->is_present);
	pass_on(&f, &o);
	ck_assert_str_eq(heard.text, "+a +b -a -b ");
	ck_assert_uint_eq(o.seats.map.count, 0);
	c->route = NULL;
	membership_leave_all(c);
	occupancy_fini(&o);
	fake_fini(&f);
}
END_TEST

UNIT_MAIN("core/seats", what_is_written_is_what_there_is,
    a_name_is_a_room_or_a_user_in_it, nobody_is_less_than_none,
    who_all_have_left_is_kept_for_some_rounds, who_comes_back_has_not_been_away,
    what_is_kept_is_known_as_one, what_was_refused_is_not_kept,
    nobody_is_kept_at_the_end, while_nobody_takes_them_none_is_left,
    while_all_are_refused_few_are_left, who_hops_has_never_gone,
    rooms_are_occupied_and_vacated_by_those_who_are_open)
