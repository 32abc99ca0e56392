/*
 * admin_answer: HTTP around the admin's pages: from a request's head to the
 * bytes that answer it. GET and HEAD have a page, OPTIONS hears what is
 * allowed, all else is refused. No sockets: those are admin_client's.
 */
#ifndef NET_ADMIN_ANSWER_H
#define NET_ADMIN_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"

struct admin_view;
struct http_head;

/*
 * Append the answer to out: to a whole head, of which bytes is the begin.
 * Returns whether it is the connection's last, and says so in it: the client
 * wants that, or has sent a body, behind which nothing is taken for a request;
 * or is_last is set. Main thread.
 */
bool admin_answer(const struct admin_view *view, const struct http_head *head,
    const char *bytes, bool is_last, struct buf *out);

/* Append what somebody gets who has sent no request: a last answer. */
void admin_answer_refusal(int status, const char *why, struct buf *out);

#endif
