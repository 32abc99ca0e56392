/*
 * redis_entries: the answer to XRANGE and XREVRANGE, entry by entry: each is
 * there when its last byte is. An array of entries; each of them its id and an
 * array of fields and values.
 */
#ifndef BACKEND_REDIS_ENTRIES_H
#define BACKEND_REDIS_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "core/place.h"

struct resp_part;

/*
 * What a link lets pass by is longer than this, which also holds what a server
 * says of itself.
 */
enum { REDIS_ENTRIES_HELD = 64 << 10 };

struct redis_entry {
	struct place id; /* its tag is a part of the hash */
	uint64_t hash;   /* of all of it; the same on all instances */
	size_t strings;  /* fields and values: 2 is one field */
	/*
	 * Of an entry of one field. What the link let pass by for its length
	 * has that length and no bytes: the field is empty then, ptr of the
	 * value NULL.
	 */
	struct slice field, value;
};

enum redis_entries_state {
	ENTRIES_BEGIN, /* the array of all of them comes */
	ENTRIES_ENTRY,
	ENTRIES_ID,
	ENTRIES_FIELDS, /* the array of fields and values */
	ENTRIES_STRING,
	ENTRIES_DONE,
};

struct redis_entries {
	enum redis_entries_state state;
	int64_t left;         /* entries, the present one included */
	int64_t strings_left; /* of the present one */
	struct redis_entry entry;
	struct buf field; /* owned */
};

/* Zero-initialised is ready for an answer; so it is after this. */
void redis_entries_begin(struct redis_entries *s);
void redis_entries_fini(struct redis_entries *s);

/*
 * The next item of the answer. 1: s->entry is whole, and valid until the next
 * call; 0: it is not; -EPROTO: that is no such answer; -ENOMEM.
 */
int redis_entries_take(struct redis_entries *s, const struct resp_part *part)
    __attribute__((warn_unused_result));

/* Whether that was the last item. */
static inline bool redis_entries_is_done(const struct redis_entries *s)
{
	return s->state == ENTRIES_DONE;
}

/* Name a place by what it depends on: the same tag for the same seed. */
void redis_entries_tag(struct place *p, uint64_t seed);

/* The place right before this one, without a tag; of 0-0 itself. */
struct place redis_entries_before(const struct place *p);

#endif
