/*
 * wheel: many coarse deadlines for one thread, at no cost while they wait.
 *
 * A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): a deadline is a
 * list node in the slot of its tick, so arming, moving and disarming are
 * O(1) and the owner pays 24 bytes, where an event of libevent takes 128 and
 * a heap. Deadlines fire late by up to one tick, never early.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdint.h>

#include "base/list.h"

enum {
	WHEEL_TICK_MS = 16,
	/* One turn is 65 s; what is due later waits several turns. */
	WHEEL_SLOTS = 4096,
};

struct wheel_timer {
	struct list node;
	int64_t due_ms;
};

struct wheel {
	struct list slots[WHEEL_SLOTS];
	int64_t tick; /* everything due in ticks below this one has fired */
};

typedef void (*wheel_fire_fn)(struct wheel_timer *timer, void *arg);

void wheel_init(struct wheel *w, int64_t now_ms);

/* An unarmed timer. */
void wheel_timer_init(struct wheel_timer *timer);

/* Arm, or move when it is armed already. due_ms is on clock_ms. */
void wheel_arm(struct wheel *w, struct wheel_timer *timer, int64_t due_ms);

/* Disarm; nothing happens when it is not armed. */
void wheel_disarm(struct wheel_timer *timer);

/*
 * Disarm and call fire for each timer that is due. fire may arm and disarm
 * any timer of this wheel, itself included.
 */
void wheel_turn(struct wheel *w, int64_t now_ms, wheel_fire_fn fire, void *arg);

/*
 * How long nothing needs a turn, in whole ticks, from one to max: what is
 * armed meanwhile may be late by as much.
 */
int wheel_rest_ticks(const struct wheel *w, int max);

#endif
