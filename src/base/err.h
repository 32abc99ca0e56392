/*
 * err: why something failed, as one bounded line for a person.
 *
 * Filled by whoever decides that it failed, printed or logged by whoever
 * gives up. Not for the hot path: a message that is dropped has a reason
 * from a table, not a text.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

struct err {
	char text[512]; /* NUL-terminated; cut, never overrun */
};

/*
 * Write the text, replacing what was there; e may be NULL. Returns code
 * (a negative errno), so that `return err_set(e, -EINVAL, ...)` reads as
 * one thing. Any thread.
 */
int err_set(struct err *e, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
