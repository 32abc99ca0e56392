/*
 * cursor: where a client begins. With the query parameter `since` it says up to
 * where it has everything; also an empty one switches ids on. An event stream
 * always has them where its route resumes, and its cursor may be in
 * Last-Event-ID.
 */
#ifndef NET_CURSOR_H
#define NET_CURSOR_H

#include <stdbool.h>

#include "core/refused.h"
#include "net/request.h"

struct conn;

/*
 * Whether the request has one, and its route, which is found, takes it and what
 * else it says of where to begin. REFUSED_NOT, or why it is refused.
 */
enum refused cursor_check(
    const struct conn *c, const struct request *r, bool *has_ids);

/*
 * Let a connection that has joined its rooms be behind where it asks for that:
 * at the cursor of its request, or with the last messages (net/lookback). With
 * ids what its route has to say first comes behind the first note. 0, or
 * -ENOMEM.
 */
int cursor_begin(struct conn *c, const struct request *r)
    __attribute__((warn_unused_result));

#endif
