/*
 * former: the query parameter `was`, with which a client says what it was
 * called before, so that messages which spare that name spare it
 * (core/aliases). Routes with resume have it.
 */
#ifndef NET_FORMER_H
#define NET_FORMER_H

#include "core/refused.h"
#include "net/request.h"

struct conn;

/* REFUSED_NOT, or what is wrong with the request's; its route is found. */
enum refused former_check(const struct conn *c, const struct request *r);

/* Give the connection the names of a request that is fine. 0, or -ENOMEM. */
int former_begin(struct conn *c, const struct request *r)
    __attribute__((warn_unused_result));

#endif
