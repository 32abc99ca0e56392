/*
 * access_log: lines about clients: who was let in, who was refused, who has
 * gone, and why (log.access). What log.access leaves out is written at debug.
 *
 * Each worker writes its own, at once, and never waits for it (base/log). All
 * together have log.access_rate lines a second; those beyond it are counted,
 * and each worker tells of its own by a line within a second, at the latest
 * at its end. What a request says is kept for the line at the end of its
 * connection (net/visits), where that may be written.
 */
#ifndef NET_ACCESS_LOG_H
#define NET_ACCESS_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "core/closed.h"
#include "net/verdict.h"

struct access_log;
struct conn;
struct request;
struct worker;

/* One worker's, on its base; the budget, full at first, is all workers'. */
struct access_log *access_log_new(
    struct worker *w, _Atomic(struct bucket) *budget);
/* Tell of what was left out last. NULL is fine. */
void access_log_free(struct access_log *a);

/* It is let in by this request. Before OPEN. */
void access_log_accepted(struct conn *c, const struct request *r);

/*
 * It is refused, with an answer of so many bytes (0: nobody can read one), by a
 * close frame of this code (0: by a status). The request is that which
 * worker.net has at hand, or is pending, if any has come.
 */
void access_log_refused(
    const struct conn *c, struct verdict v, uint16_t code, size_t bytes);

/* It has gone while it waited for its answer. ASKING or WAITING. */
void access_log_abandoned(const struct conn *c);

/* TLS has come to nothing. The texts are not the client's. */
void access_log_tls_failed(
    const struct conn *c, const char *reason, const char *why);

/* It ends, with this code: the peer's when it closes, else ours. OPEN. */
void access_log_closed(
    const struct conn *c, enum close_reason reason, uint16_t code);

/* Nothing more is written of it: it is about to be freed. */
void access_log_forget(struct conn *c);

#endif
