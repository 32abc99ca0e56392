/*
 * conn_text: what there is to say of a connection, for operators.
 */
#ifndef CORE_CONN_TEXT_H
#define CORE_CONN_TEXT_H

#include <stdint.h>

#include "base/buf.h"

struct conn;

enum { CONN_TEXT_ROOMS_MAX = 16 }; /* that are named */

/*
 * Append a JSON object; queue is what waits for it. From WAITING up to CLOSING.
 * The worker's thread.
 */
void conn_put_text(struct conn *c, uint64_t queue, struct buf *out);

#endif
