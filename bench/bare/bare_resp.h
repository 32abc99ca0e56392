/*
 * bare_resp: commands of publishers, in the form that client libraries send
 * (arrays of bulk strings). PUBLISH on a room's channel, or on roomcast:send
 * with an envelope of one room, as bench/publish writes it.
 */
#ifndef BENCH_BARE_RESP_H
#define BENCH_BARE_RESP_H

#include "bare_room.h"
#include "base/buf.h"

/*
 * Run all whole commands in in and consume them; replies are appended. 0, or
 * -EPROTO when it is no such command.
 */
int bare_resp_run(struct buf *in, struct bare_rooms *rooms, struct buf *replies)
    __attribute__((warn_unused_result));

#endif
