/*
 * tickets: the clock by which listeners without a file of ticket keys change
 * theirs. See sys/tls_tickets.
 */
#ifndef NET_TICKETS_H
#define NET_TICKETS_H

#include "base/err.h"

struct event_base;
struct listeners;
struct tickets;

/*
 * Have each of l, borrowed, take a new key once in a ticket's lifetime, by a
 * timer on base. NULL with e filled: no memory. Main thread.
 */
struct tickets *tickets_watch(
    struct event_base *base, const struct listeners *l, struct err *e);

/* NULL is fine. */
void tickets_free(struct tickets *t);

#endif
