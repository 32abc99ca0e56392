/*
 * dial: from addresses (sys/resolve) to a connected socket: they are tried one
 * after another until one takes the connection.
 *
 * A dial does that once. Who keeps connections to one host keeps a dial_list
 * instead, so that an address that failed is not the first to be tried again.
 */
#ifndef SYS_DIAL_H
#define SYS_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/resolve.h"

struct event_base;

/* --- a host that is connected to again and again --- */

/* Zero-initialised is empty. */
struct dial_list {
	struct resolve_address list[RESOLVE_MAX];
	size_t count;
	size_t first; /* where to begin: it is not known to fail */
};

/*
 * Replace the addresses by these, up to RESOLVE_MAX. The same ones again keep
 * what is known of them.
 */
void dial_list_set(
    struct dial_list *l, const struct resolve_address *addresses, size_t count);

/*
 * Begin to connect to the next address, of those that *tried, counted from 0,
 * has left. Returns a non-blocking socket that is the caller's, and connects
 * to the one that is first now; or -1, with *error the errno of the last that
 * failed at once, or unchanged when none was left.
 */
int dial_list_next(struct dial_list *l, size_t *tried, int *error)
    __attribute__((warn_unused_result));

/* The address of this number has failed: from now on it is not the first. */
void dial_list_pass_over(struct dial_list *l, size_t address);

/* --- one connection --- */

/* The time that each address may take. */
enum { DIAL_TIMEOUT_MS = 5000 };

struct dial;

/*
 * The outcome: a connected, non-blocking socket that is the callee's from now
 * on, and the dial waits for dial_next or dial_abandon; or -1 and why the last
 * address failed, borrowed for the call, and the dial is gone when this is
 * called.
 */
typedef void (*dial_fn)(void *arg, int fd, const char *why);

/*
 * Start with the first of the addresses, 1 to RESOLVE_MAX, which are borrowed
 * for this call only. fn is called once, never before this returns. On the
 * thread of base.
 */
struct dial *dial_start(struct event_base *base,
    const struct resolve_address *addresses, size_t count, dial_fn fn,
    void *arg);

/*
 * Who is at the address of that socket will not do: go on with the addresses
 * that are left; fn is called once more, never before this returns. False:
 * none is left, and nothing has changed.
 */
bool dial_next(struct dial *d) __attribute__((warn_unused_result));

/* Give up: fn is not called any more. NULL is fine. */
void dial_abandon(struct dial *d);

#endif
