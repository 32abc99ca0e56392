/*
 * accept: a worker's share of the listeners, from the kernel's queue to
 * connections. Pauses when files run out, and goes on when there are some.
 */
#ifndef NET_ACCEPT_H
#define NET_ACCEPT_H

enum { ACCEPT_REFUSALS_MAX = 64 }; /* over the limit, to hear why */

struct accepting;
struct listeners;
struct worker;

/* Begin to accept. NULL when memory is out. Boot, on the worker's base. */
struct accepting *accept_start(
    struct worker *w, const struct listeners *listeners);

/*
 * Let in once more who is already in the kernel's queue, to hear 503 instead
 * of a reset; from then on the kernel refuses. An inherited socket is left as
 * it is: who is in its queue, and who still comes, waits for the next process.
 */
void accept_stop(struct worker *w);

/* NULL is fine. */
void accept_free(struct accepting *a);

/* A connection of this worker has given back its file descriptor. */
void accept_on_closed(struct worker *w);

#endif
