/*
 * wheel: never early, late by at most a tick, whatever the gaps between
 * turns, and free hands inside fire.
 */
#include <stdbool.h>

#include "base/wheel.h"
#include "rng.h"
#include "unit.h"

enum { START = 1000000, TURN_MS = WHEEL_TICK_MS * WHEEL_SLOTS, TIMERS = 500 };

struct alarm {
	struct wheel_timer timer;
	int64_t due;
	int64_t since; /* due, or when it was armed if that is later */
	int64_t fired_at;
	int fired;
	bool is_armed;
};

struct world {
	struct wheel wheel;
	int64_t now;
	struct alarm alarms[TIMERS];
	int fired;
	uint64_t seed;
	struct alarm *other; /* for what fire does to others */
};

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);

	ck_assert_ptr_nonnull(w);
	w->now = START;
	w->seed = 1;
	wheel_init(&w->wheel, w->now);
	for (int i = 0; i < TIMERS; i++)
		wheel_timer_init(&w->alarms[i].timer);
	return w;
}

static void arm(struct world *w, struct alarm *a, int64_t due)
{
	a->due = due;
	a->since = due > w->now ? due : w->now;
	a->is_armed = true;
	wheel_arm(&w->wheel, &a->timer, due);
}

static void turn(struct world *w, int64_t now, wheel_fire_fn fire)
{
	w->now = now;
	wheel_turn(&w->wheel, now, fire, w);
}

static void on_fire(struct wheel_timer *timer, void *arg)
{
	struct alarm *a = container_of(timer, struct alarm, timer);
	struct world *w = arg;

	ck_assert(a->is_armed);
	ck_assert_int_ge(w->now, a->due);
	a->is_armed = false;
	a->fired++;
	a->fired_at = w->now;
	w->fired++;
}

/* As the worker does it: a turn each tick. */
static void check_steady(int64_t due_in)
{
	struct world *w = world_new();
	struct alarm *a = &w->alarms[0];

	arm(w, a, w->now + due_in);
	for (int64_t now = START; now <= START + due_in + 2 * WHEEL_TICK_MS;
	     now++)
		turn(w, now, on_fire);
	ck_assert_int_eq(a->fired, 1);
	ck_assert_int_ge(a->fired_at, a->due);
	ck_assert_int_le(a->fired_at, a->due + WHEEL_TICK_MS);
	free(w);
}

START_TEST(a_deadline_fires_within_one_tick_and_never_early)
{
	for (int64_t due_in = 0; due_in < 3 * WHEEL_TICK_MS; due_in++)
		check_steady(due_in);
}
END_TEST

START_TEST(a_deadline_beyond_one_turn_waits_for_its_own_turn)
{
	check_steady(TURN_MS - 1);
	check_steady(TURN_MS);
	check_steady(TURN_MS + WHEEL_TICK_MS + 1);
	check_steady(5 * (int64_t)TURN_MS + 77);
}
END_TEST

START_TEST(a_deadline_in_the_past_fires_at_the_next_tick)
{
	struct world *w = world_new();

	turn(w, START + 1000, on_fire);
	arm(w, &w->alarms[0], START - 5000);
	turn(w, START + 1000 + WHEEL_TICK_MS, on_fire);
	ck_assert_int_eq(w->alarms[0].fired, 1);
	free(w);
}
END_TEST

START_TEST(a_long_gap_fires_all_that_is_due_and_nothing_else)
{
	static const int64_t gaps[] = { 10, TURN_MS - 1, TURN_MS, TURN_MS + 1,
		7 * (int64_t)TURN_MS + 5000, INT64_C(400000000000) };

	for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
		struct world *w = world_new();

		for (int i = 0; i < TIMERS; i++)
			arm(w, &w->alarms[i],
			    START + gaps[g] - 20000 + 100 * i);
		turn(w, START + gaps[g], on_fire);
		turn(w, START + gaps[g] + WHEEL_TICK_MS, on_fire);
		for (int i = 0; i < TIMERS; i++) {
			struct alarm *a = &w->alarms[i];

			if (a->due <= START + gaps[g])
				ck_assert_int_eq(a->fired, 1);
			if (a->due > START + gaps[g] + WHEEL_TICK_MS)
				ck_assert_int_eq(a->fired, 0);
		}
		free(w);
	}
}
END_TEST

START_TEST(moving_and_disarming_are_obeyed)
{
	struct world *w = world_new();
	struct alarm *moved = &w->alarms[0], *gone = &w->alarms[1];

	arm(w, moved, START + 100);
	arm(w, moved, START + 10000);
	arm(w, gone, START + 100);
	wheel_disarm(&gone->timer);
	wheel_disarm(&gone->timer);
	turn(w, START + 5000, on_fire);
	ck_assert_int_eq(w->fired, 0);
	turn(w, START + 10000 + WHEEL_TICK_MS, on_fire);
	ck_assert_int_eq(moved->fired, 1);
	ck_assert_int_eq(gone->fired, 0);
	free(w);
}
END_TEST

/* Re-arms itself every 100 ms, as a ping does. */
static void fire_again(struct wheel_timer *timer, void *arg)
{
	struct alarm *a = container_of(timer, struct alarm, timer);
	struct world *w = arg;

	on_fire(timer, arg);
	arm(w, a, w->now + 100);
}

START_TEST(a_timer_may_arm_itself_again_inside_fire)
{
	struct world *w = world_new();

	arm(w, &w->alarms[0], START);
	for (int64_t now = START; now < START + 100000; now += 16)
		turn(w, now, fire_again);
	/* each period is 100 ms plus at most a tick and the step of 16 */
	ck_assert_int_ge(w->fired, 100000 / (100 + WHEEL_TICK_MS + 16));
	ck_assert_int_le(w->fired, 100000 / 100 + 1);
	free(w);
}
END_TEST

/* Always due: must not hold the turn for ever. */
static void fire_due(struct wheel_timer *timer, void *arg)
{
	struct alarm *a = container_of(timer, struct alarm, timer);
	struct world *w = arg;

	on_fire(timer, arg);
	arm(w, a, w->now - 10);
}

START_TEST(a_timer_that_is_always_due_does_not_hold_the_turn)
{
	struct world *w = world_new();

	arm(w, &w->alarms[0], START);
	turn(w, START + 10 * (int64_t)TURN_MS, fire_due);
	ck_assert_int_ge(w->fired, 1);
	ck_assert(w->alarms[0].is_armed);
	free(w);
}
END_TEST

static void fire_and_disarm_other(struct wheel_timer *timer, void *arg)
{
	struct world *w = arg;

	on_fire(timer, arg);
	if (w->other) {
		wheel_disarm(&w->other->timer);
		w->other = NULL;
	}
}

START_TEST(fire_may_disarm_another_that_is_due_in_the_same_turn)
{
	struct world *w = world_new();

	arm(w, &w->alarms[0], START + 10);
	arm(w, &w->alarms[1], START + 10);
	arm(w, &w->alarms[2], START + 10);
	w->other = &w->alarms[1];
	turn(w, START + 1000, fire_and_disarm_other);
	ck_assert_int_eq(w->alarms[0].fired, 1);
	ck_assert_int_eq(w->alarms[1].fired, 0);
	ck_assert_int_eq(w->alarms[2].fired, 1);
	free(w);
}
END_TEST

/*
 * A random life: gaps from one millisecond to many turns, timers armed,
 * moved and disarmed between turns. After each turn nothing may be overdue
 * by more than a tick.
 */
static void random_change(struct world *w)
{
	struct alarm *a = &w->alarms[rng_below(&w->seed, TIMERS)];

	if (rng_below(&w->seed, 4) == 0) {
		wheel_disarm(&a->timer);
		a->is_armed = false;
	} else {
		int64_t in = (int64_t)rng_below(
		    &w->seed, UINT64_C(1) << (1 + rng_below(&w->seed, 20)));

		arm(w, a, w->now + in - 50);
	}
}

START_TEST(a_random_life_leaves_nothing_overdue)
{
	struct world *w = world_new();

	for (int round = 0; round < 20000; round++) {
		int64_t gap = 1 + (int64_t)rng_below(&w->seed, 200);

		for (int i = 0; i < 3; i++)
			random_change(w);
		if (rng_below(&w->seed, 500) == 0)
			gap = (int64_t)rng_below(&w->seed, 4 * TURN_MS);
		turn(w, w->now + gap, on_fire);
		for (int i = 0; round % 16 == 0 && i < TIMERS; i++)
			ck_assert(!w->alarms[i].is_armed ||
				  w->alarms[i].since + WHEEL_TICK_MS > w->now);
	}
	ck_assert_int_gt(w->fired, 10000);
	free(w);
}
END_TEST

START_TEST(a_clock_that_stands_still_fires_nothing_twice)
{
	struct world *w = world_new();

	arm(w, &w->alarms[0], START + 10);
	for (int i = 0; i < 5; i++)
		turn(w, START + 500, on_fire);
	ck_assert_int_eq(w->fired, 1);
	free(w);
}
END_TEST

/* A loop that rests as long as it is told never meets a timer late. */
START_TEST(a_rest_ends_when_something_is_due)
{
	struct world *w = world_new();

	ck_assert_int_eq(wheel_rest_ticks(&w->wheel, 4), 4);
	for (int i = 0; i < TIMERS; i++)
		arm(w, &w->alarms[i],
		    START + (int64_t)rng_below(&w->seed, 20000));
	while (w->fired < TIMERS) {
		int before = w->fired;
		int ticks = wheel_rest_ticks(&w->wheel, 1000);

		turn(w, w->now + (int64_t)ticks * WHEEL_TICK_MS, on_fire);
		ck_assert_int_gt(w->fired, before);
	}
	for (int i = 0; i < TIMERS; i++)
		ck_assert_int_le(w->alarms[i].fired_at,
		    w->alarms[i].due + 2 * WHEEL_TICK_MS);
	free(w);
}
END_TEST

UNIT_MAIN("base/wheel", a_rest_ends_when_something_is_due,
    a_deadline_fires_within_one_tick_and_never_early,
    a_deadline_beyond_one_turn_waits_for_its_own_turn,
    a_deadline_in_the_past_fires_at_the_next_tick,
    a_long_gap_fires_all_that_is_due_and_nothing_else,
    moving_and_disarming_are_obeyed, a_timer_may_arm_itself_again_inside_fire,
    a_timer_that_is_always_due_does_not_hold_the_turn,
    fire_may_disarm_another_that_is_due_in_the_same_turn,
    a_random_life_leaves_nothing_overdue,
    a_clock_that_stands_still_fires_nothing_twice)
