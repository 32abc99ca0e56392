/*
 * timer: to arm an event of libevent that is a timer, in milliseconds.
 */
#ifndef SYS_TIMER_H
#define SYS_TIMER_H

#include <stdint.h>

struct event;

/*
 * Let the timer fire once, delay_ms from now; 0 is a later turn of the loop,
 * below 0 counts as 0. One that is armed is armed anew. Without memory for it
 * the process ends with a log line of this component: what would have woken it
 * would never come. The timer's own thread.
 */
void timer_arm(struct event *timer, int64_t delay_ms, const char *component);

#endif
