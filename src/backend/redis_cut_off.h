/*
 * redis_cut_off: whether a node of a cluster is with most of the others, by
 * what it says of itself. One that is not, answers, takes itself for a master
 * and gives out what is PUBLISHed at it, but none of what is PUBLISHed at the
 * others. No sockets.
 */
#ifndef BACKEND_REDIS_CUT_OFF_H
#define BACKEND_REDIS_CUT_OFF_H

#include "base/slice.h"

enum redis_cut_off {
	REDIS_CUT_OFF_NO,
	REDIS_CUT_OFF_YES,
	REDIS_CUT_OFF_UNKNOWN, /* it does not say so */
};

/*
 * By the answer to CLUSTER INFO. A cluster that is down because slots are
 * nobody's, or a dead master's, still gives out what is PUBLISHed: it is not
 * cut off.
 */
enum redis_cut_off redis_cut_off_read(struct slice info);

#endif
