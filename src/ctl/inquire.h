/*
 * inquire: one request to the admin listener, and its answer.
 *
 * Not libevent's evhttp: the one of 2.1 knows no unix sockets, and bounds
 * neither head nor body unless told. proto/http_reply reads answers of the
 * auth hook already, strictly and bounded.
 */
#ifndef CTL_INQUIRE_H
#define CTL_INQUIRE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct reach;

enum { INQUIRE_ANSWER_MAX = 64 << 20 };

struct answer {
	int status;
	struct buf body; /* owned */
};

/*
 * Ask for a path with its query, by GET or POST with a body. 0 with *answer,
 * whatever its status, to be freed by buf_fini(&answer->body); or a negative
 * errno with e: nobody has answered in patience_ms, all in all, or not in HTTP.
 */
int inquire(const struct reach *r, const char *method, const char *path,
    struct slice body, int patience_ms, struct answer *answer, struct err *e)
    __attribute__((warn_unused_result));

/* Append text as a value in a query: percent-encoded. */
void inquire_put_value(struct buf *path, const char *text);

#endif
