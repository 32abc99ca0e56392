/*
 * call: what commands have in common: they ask, they print, they fail.
 */
#ifndef CTL_CALL_H
#define CTL_CALL_H

#include "base/buf.h"
#include "base/slice.h"
#include "ctl/verb.h"

struct cJSON;

/*
 * Say on standard error what is wrong, on one line and as table_put_text shows
 * it, for others may have said it; returns code.
 */
enum ctl_exit call_fail(enum ctl_exit code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Ask the gateway for a path, by GET or by POST with a body. CTL_OK with the
 * body of its answer, which is the caller's, when it has said 2xx; otherwise
 * why not is on standard error, with what it says to do about it.
 */
enum ctl_exit call_get(
    const struct call *c, const char *path, struct buf *answer);
enum ctl_exit call_post(const struct call *c, const char *path,
    struct slice body, struct buf *answer);

/*
 * The same where what comes with one more status is an answer as well: it is
 * the caller's, with CTL_NO. Without an answer that has no bytes.
 */
enum ctl_exit call_ask(const struct call *c, const char *method,
    const char *path, struct slice body, int status, struct buf *answer);

/* Print to standard output; CTL_NO when it takes no more. */
enum ctl_exit call_print(struct slice text);

/*
 * The answer as a tree, to be freed by cJSON_Delete; NULL when it is none,
 * which is then said on standard error.
 */
struct cJSON *call_parse(const struct buf *answer);

/* Append what people are to read of an answer. */
typedef void (*call_put_fn)(const struct cJSON *answer, struct buf *out);

/*
 * Print an answer, as it is for programs, or what put makes of it. CTL_NO when
 * it is none, or standard output takes no more.
 */
enum ctl_exit call_show(
    const struct call *c, const struct buf *answer, call_put_fn put);

#endif
