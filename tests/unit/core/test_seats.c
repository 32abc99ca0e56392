/* seats: against a table of numbers, whatever is sent, answered and lost. */
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "core/backend.h"
#include "core/occupancy.h"
#include "core/presence.h"
#include "core/seats.h"
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
		m->written[place_of(s)] = s->count;
}

static void step(struct model *m)
{
	switch (rng_below(&m->seed, 13)) {
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
	default:
		change(m, (int)rng_below(&m->seed, PLACES));
	}
}

static void settle(struct model *m)
{
	seats_return_refused(&m->seats);
	while (seats_have_changed(&m->seats) || seats_sent(&m->seats)) {
		send_one(m);
		answer(m, true, false);
	}
}

START_TEST(what_is_written_is_what_there_is)
{
	struct model m = { .seed = 11 };
	size_t taken = 0;

	seats_init(&m.seats);
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

	seats_init(&s);
	seats_add(&s, slice_str("a"), 1, -3);
	ck_assert(seats_have(&s, slice_str("a"), 1));
	ck_assert_uint_eq(seats_send(&s)->count, 0);
	seats_arrive(&s, seats_sent(&s));
	ck_assert(!seats_have(&s, slice_str("a"), 1));
	seats_fini(&s);
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

static void pass_on(struct fakeworker *f, struct occupancy *o)
{
	static const struct backend_ops alone = { .names_places = false };
	size_t count;
	const struct mail *mail;

	presence_end(f->worker);
	mail = mailbox_take(f->shared.hub, &count);
	for (size_t i = 0; i < count; i++) {
		if (mail[i].kind == MAIL_PRESENCE)
			occupancy_take(o, mail[i].item, &alone, NULL);
		else
			mail_drop(&mail[i]);
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
	fake_join(&f, c, "a");
	ck_assert_int_eq(membership_join_user(c, slice_str("ann")), 0);
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
    rooms_are_occupied_and_vacated_by_those_who_are_open)
