/*
 * cursor: the query parameter `since`, with which a client says up to where it
 * has everything; also empty. It switches ids on.
 */
#ifndef NET_CURSOR_H
#define NET_CURSOR_H

#include <stdbool.h>

#include "core/refused.h"
#include "net/request.h"

struct conn;

/*
 * Whether the request has one, and its route, which is found, takes it.
 * REFUSED_NOT, or why it is refused.
 */
enum refused cursor_check(
    const struct conn *c, const struct request *r, bool *has_ids);

/*
 * Let a connection whose form has ids begin behind, at the cursor of its
 * request; it is in its rooms. What its route has to say first comes behind the
 * first note. 0, or -ENOMEM.
 */
int cursor_begin(struct conn *c, const struct request *r)
    __attribute__((warn_unused_result));

#endif
