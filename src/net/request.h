/*
 * request: a request head, on its way to a decision.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "base/slice.h"
#include "proto/http.h"

struct route_match;

/* All of it is in scratch memory of the worker, or pending. */
struct request {
	struct http_head *head;
	struct slice bytes; /* from the head's first byte on, and all behind */
	struct route_match *match; /* of its path, once the head is whole */
};

#endif
