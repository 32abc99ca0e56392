/*
 * history_marks: the marks that a history has heard, by text and by number.
 * There is room for so many; when another one comes the first one goes. Part of
 * core/history.
 */
#ifndef CORE_HISTORY_MARKS_H
#define CORE_HISTORY_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/slice.h"
#include "core/place.h"

/* A hundred instances publish as many in a quarter of an hour. */
enum { MARKS_MAX = 1 << 14 };

struct mark {
	struct map_node node;
	uint64_t number;
	uint64_t position; /* where it was heard: TEXT~0 */
	uint8_t len;
	char text[PLACE_MARK_MAX];
};

struct marks {
	struct mark *ring; /* owned; MARKS_MAX, of which the used ones are
			    * in memory */
	struct map by_text;
	struct hash_key key;
	uint64_t first, end; /* numbers, counted without end */
};

void marks_init(struct marks *m);
void marks_fini(struct marks *m);
/* Forget all of them. Numbers go on. */
void marks_clear(struct marks *m);

/* One more, which is none of them; there is room. Its number. */
uint64_t marks_add(struct marks *m, struct slice text, uint64_t position);
bool marks_is_full(const struct marks *m);
void marks_drop_first(struct marks *m);

/* NULL: it is not known. */
const struct mark *marks_find(const struct marks *m, struct slice text);
/* From first on, below end. */
const struct mark *marks_at(const struct marks *m, uint64_t number);

static inline struct slice mark_text(const struct mark *mark)
{
	return slice_of(mark->text, mark->len);
}

#endif
