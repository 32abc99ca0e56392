/*
 * accept: a worker's share of the listeners, from the kernel's queue to
 * connections. Pauses when files run out, and goes on when there are some.
 */
#ifndef NET_ACCEPT_H
#define NET_ACCEPT_H

struct worker;

/* Of transport_ops: begin, end, and free; listeners is a struct listeners. */
int accept_start(struct worker *w, void *listeners);
void accept_stop(struct worker *w);
void accept_fini(struct worker *w);

/* A connection of this worker has given back its file descriptor. */
void accept_on_closed(struct worker *w);

#endif
