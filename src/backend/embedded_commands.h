/*
 * embedded_commands: what publishers may ask of the embedded port. One table
 * of commands; each reads its arguments and appends its reply. No sockets.
 */
#ifndef BACKEND_EMBEDDED_COMMANDS_H
#define BACKEND_EMBEDDED_COMMANDS_H

#include <stdbool.h>

#include "backend/embedded_session.h"
#include "base/buf.h"
#include "proto/resp.h"

/*
 * The next command of a transaction that EXEC has begun to carry out: it comes
 * before any that is read. False when there is none. *command is filled with
 * items, and valid until embedded_commands_execute has executed it.
 */
bool embedded_commands_next_queued(struct embedded_session *s,
    struct resp_item items[RESP_MAX_ITEMS], struct resp_value *command);

/*
 * Execute a command of at least one string, or queue it in a transaction, and
 * append its reply to out, unless the publisher wants none. A payload goes to
 * the sink before this returns.
 */
enum embedded_outcome embedded_commands_execute(
    const struct embedded_host *host, struct embedded_session *session,
    const struct resp_value *command, struct buf *out)
    __attribute__((warn_unused_result));

#endif
