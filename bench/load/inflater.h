/*
 * inflater: permessage-deflate as a client reads it. One for all connections:
 * the server keeps no context, so no message needs what came before it.
 */
#ifndef BENCH_INFLATER_H
#define BENCH_INFLATER_H

#include "base/slice.h"

struct inflater;

/* Never NULL. A message over max bytes is an error. */
struct inflater *inflater_new(size_t max);
void inflater_free(struct inflater *f);

/*
 * The whole message behind the payload of a frame, valid until the next call;
 * len 0 and ptr NULL when there is no such message.
 */
struct slice inflater_run(struct inflater *f, struct slice payload);

#endif
