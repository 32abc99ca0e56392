/*
 * place: what a position of the history is called by all instances, and so the
 * id of a message, and a client's cursor. Where payloads are PUBLISHed it is
 * MARK~N, the Nth since this mark was heard; with a stream the id of its entry,
 * MS-SEQ, and perhaps ~TAG, four characters that say which entry it was. Pure;
 * any thread.
 */
#ifndef CORE_PLACE_H
#define CORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/names.h"

enum {
	PLACE_MARK_MAX = MARK_ID_MAX,
	PLACE_TAG = 4,
	PLACE_MAX = 20 + 1 + 20 + 1 + PLACE_TAG, /* the longest, without NUL */
};

/* What positions are called by: marks and what was counted, or entries. */
enum place_kind { PLACE_COUNTED, PLACE_ENTRY };

/* Of a stream's entry; or high is a mark's number, and low what follows ~. */
struct place {
	uint64_t high;
	uint64_t low;
	char tag[PLACE_TAG]; /* NULs: it has none */
};

/* Below, equal to or above 0, as a comes before, at or after b. */
int place_compare(const struct place *a, const struct place *b);

/* Whether a cursor's tag, which it need not have, is that of the place. */
bool place_has_tag(const struct place *p, const struct place *cursor);

/* Read one, to the letter as it is printed. False: it is none. */
bool place_read_entry(struct slice text, struct place *out);
bool place_read_counted(struct slice text, struct slice *mark, uint64_t *n);

/* Written to out, with a NUL; that is what is returned. */
struct slice place_print_entry(const struct place *p, char out[PLACE_MAX + 1]);
struct slice place_print_counted(
    struct slice mark, uint64_t n, char out[PLACE_MAX + 1]);

#endif
