/*
 * keys_wait: handshakes whose token names a key that is not there yet, while
 * the main thread looks for it (net/jwks_source). One for each worker, on its
 * thread.
 */
#ifndef NET_KEYS_WAIT_H
#define NET_KEYS_WAIT_H

#include "base/list.h"

struct event_base;
struct jwks;
struct keys_wait;

/* One of them, part of what waits. Zero-initialised: it does not. */
struct keys_waiter {
	struct list node;
	struct jwks *jwks; /* a reference; NULL: does not wait */
	void (*on_look)(void *arg);
	void *arg;
};

/* Aborts when memory is out. */
struct keys_wait *keys_wait_new(struct event_base *base);
/* Nobody waits any more. NULL is fine. */
void keys_wait_free(struct keys_wait *k);

/*
 * Wait for a look for these keys. on_look is called once, later, from the event
 * loop, and the waiter may wait again or be gone then.
 */
void keys_wait_begin(struct keys_wait *k, struct keys_waiter *w, struct jwks *j,
    void (*on_look)(void *arg), void *arg);
/* on_look is not called any more. Nothing where it does not wait. */
void keys_wait_end(struct keys_waiter *w);

/* A look has ended, at some keys or others: who waits is called in turns. */
void keys_wait_looked(struct keys_wait *k);

#endif
