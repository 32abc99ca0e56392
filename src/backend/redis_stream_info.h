/*
 * redis_stream_info: the answer to XINFO STREAM, as far as anybody wants to
 * know it.
 */
#ifndef BACKEND_REDIS_STREAM_INFO_H
#define BACKEND_REDIS_STREAM_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/place.h"
#include "proto/resp_items.h"

/* Zero-initialised is that of a key that there is not. */
struct redis_stream_info {
	struct place last;  /* the id that was given out last */
	struct place first; /* of the oldest entry, where there is one */
	uint64_t length;
	/*
	 * How many were ever added; UINT64_MAX before Redis 7, which does not
	 * tell.
	 */
	uint64_t added;
};

struct redis_stream_info_reader {
	struct redis_stream_info info;
	int64_t left;            /* keys and values; -1: the array comes */
	uint64_t *number;        /* of info: where the value goes */
	struct place *place;     /* the same */
	struct resp_whole value; /* that is coming */
};

void redis_stream_info_begin(struct redis_stream_info_reader *r);

/*
 * The next item of the answer. 1: that was all, r->info is filled; 0: there is
 * more; -EPROTO: that is no such answer.
 */
int redis_stream_info_take(struct redis_stream_info_reader *r,
    const struct resp_part *part) __attribute__((warn_unused_result));

#endif
