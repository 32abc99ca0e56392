/*
 * envelope_lists: whom an envelope is for, without reading the rest of it.
 *
 * Most envelopes that an instance hears may be for nobody there. To know that,
 * the whole need not be checked as envelope does it: it is enough to pass over
 * the text and stop at each key that can name somebody, wherever it stands.
 * That finds every list that envelope_parse would, and perhaps more, in the
 * message. Where it cannot be sure it says so, and never guesses.
 */
#ifndef PROTO_ENVELOPE_LISTS_H
#define PROTO_ENVELOPE_LISTS_H

#include <stdbool.h>

#include "base/slice.h"
#include "proto/object.h"

/* One payload's pass. */
struct envelope_lists {
	struct object object;
	const char *limit; /* of the part that is being looked at */
	int part;
	bool has_any;
	struct slice plain; /* a long part without a quote; may be empty */
};

enum envelope_list {
	ENVELOPE_LIST_FOUND,  /* its names are store->targets, all valid */
	ENVELOPE_LIST_NONE,   /* no more; there has been one */
	ENVELOPE_LIST_UNSURE, /* a mistake, or not what it looked like */
};

/*
 * Begin with this payload. *store, borrowed as the payload is until the last
 * call of next, holds one list at a time. False: it is no JSON object, so only
 * envelope_parse can tell.
 */
bool envelope_lists_begin(struct envelope_lists *l, struct object_store *store,
    struct slice payload) __attribute__((warn_unused_result));

/*
 * A list of rooms, users or connections, each once, in no certain order. Not
 * called again once it has been anything but FOUND. When that was NONE, and
 * envelope_parse takes the payload, then each of its targets but those of
 * `except` was in a list.
 */
enum envelope_list envelope_lists_next(struct envelope_lists *l);

#endif
