/*
 * admin_answer: HTTP around the admin's pages: from a request's head to the
 * page that it asks for, and from what that says to the bytes of an answer. No
 * sockets: those are admin_client's.
 */
#ifndef NET_ADMIN_ANSWER_H
#define NET_ADMIN_ANSWER_H

#include "base/buf.h"

struct admin_call;
struct http_head;

/*
 * Look at a whole head, of which bytes is the begin. c, whose view is set, is
 * zero but for that and whom it tells. Either it has its answer then, whose
 * body may be a refusal; or the page is to be run once the body of c->body_len
 * bytes is there. c->is_last: nothing behind this may be taken for a request.
 * Main thread, as all here.
 */
void admin_answer_open(
    struct admin_call *c, const struct http_head *head, const char *bytes);

/* Append the answer, which there is. */
void admin_answer_put(const struct admin_call *c, struct buf *out);

/* Append what somebody gets who has sent no request: a last answer. */
void admin_answer_refusal(int status, const char *why, struct buf *out);

#endif
