/*
 * timer: an event of libevent that is a timer: one that is always there, and is
 * armed in milliseconds.
 */
#ifndef SYS_TIMER_H
#define SYS_TIMER_H

#include <stdint.h>

struct event;
struct event_base;

/* As libevent calls it: of a timer fd is -1. */
typedef void (*timer_fn)(int fd, short what, void *arg);

/*
 * A timer that is not armed; event_free ends it. Without memory for it the
 * process ends with a log line of this component. Its base's thread.
 */
struct event *timer_new(
    struct event_base *base, timer_fn fn, void *arg, const char *component);

/*
 * Let the timer fire once, delay_ms from now; 0 is a later turn of the loop,
 * below 0 counts as 0. One that is armed is armed anew. Without memory for it
 * the process ends with a log line of this component: what would have woken it
 * would never come. Its base's thread.
 */
void timer_arm(struct event *timer, int64_t delay_ms, const char *component);

/*
 * Let the timer fire in this turn of the loop, behind what is ready already; in
 * the next, when none is under way. Its base's thread.
 */
void timer_fire(struct event *timer);

#endif
