/*
 * schema: the engine behind the table of rows. It knows types, ranges and
 * defaults, fills a struct from a tree of nodes, prints it back and writes
 * the reference; which keys there are, only the files of conf_rows know.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/* What a row's member is in C. */
enum schema_type {
	SCHEMA_BOOL,     /* bool */
	SCHEMA_COUNT,    /* a number of 4 or 8 bytes */
	SCHEMA_SIZE,     /* the same, in bytes */
	SCHEMA_DURATION, /* the same, in milliseconds */
	SCHEMA_WORD,     /* an enum; its values are indexes of words */
	SCHEMA_TEXT,     /* char *, owned; NULL when not given */
	SCHEMA_TEXTS,    /* { char **items; size_t count; }, owned */
	SCHEMA_MAP,      /* rows of its own, see within; or a word, see zero */
	SCHEMA_LIST,     /* { T *items; size_t count; }, owned, rows on T */
	SCHEMA_NAMED,    /* the same as a map: T begins with char *name */
};

/* The member of texts, list and named, whatever the items are. */
struct schema_items {
	void *items;
	size_t count;
};

/*
 * One key. Rows of one map stand in an array that a row without a key ends.
 * The member's offset counts from the struct that schema_read is given, from
 * the item of the innermost list, or from what a map above is within.
 */
struct schema_row {
	const char *key;
	/*
	 * What other programs call it, with blanks between: who writes that is
	 * told the key. Or NULL.
	 */
	const char *also;
	enum schema_type type;
	bool is_required;   /* must be written wherever its map is */
	bool may_be_empty;  /* text: "" is a value */
	bool may_be_alone;  /* texts: one text stands for a list of it */
	bool is_lower_case; /* text, texts: kept in lower case */
	bool is_path;       /* text, texts: a file; see conf/paths */
	bool is_distinct;   /* texts: no two may be the same */
	bool is_name;    /* a mistake in a key of rows[0]'s table names all */
	bool takes_null; /* texts: null unquoted is the text null */
	/*
	 * It counts from a start on, with all that is below, but for a map that
	 * has a zero: only whether it is there. A reload leaves it as it is.
	 * Else it may change while all runs.
	 */
	bool at_start;
	/* So only where this says so of two structs that differ in it. */
	bool (*at_start_if)(const void *now, const void *fresh);
	/*
	 * The row is there only where rows[0] of its table, a required word,
	 * has this value: elsewhere its key is refused, its member zero. NULL:
	 * always.
	 */
	const char *only;
	/*
	 * The row is there only where the list of this key, in the same table,
	 * has no items. NULL: always.
	 */
	const char *unless;
	size_t offset;
	size_t width; /* of the member, in bytes */
	/*
	 * The default, as written in a file; or NULL. For texts it is written
	 * "[a, b]"; for a list it is one item whose first key has this value.
	 */
	const char *preset;
	/*
	 * number: what is written for 0; or NULL. map: what is written instead
	 * of one, which is the default then; the member is a bool, true when
	 * there is a map.
	 */
	const char *zero;
	const char *most;         /* number: what is written for max; or NULL */
	int64_t min, max;         /* number: its range; lists: how many items */
	const char *const *words; /* word, and what texts must be: NULL ends */

	/*
	 * text, texts: what else is wrong with it; does not quote it. named:
	 * the same for a name.
	 */
	int (*check)(const char *text, struct err *e);
	/* text: append it with what is secret masked */
	void (*print)(const char *text, struct buf *out);

	/*
	 * map, list, named. A map with a required key may be left out as a
	 * whole; its first key is then the required one.
	 */
	const struct schema_row *rows;
	size_t within; /* map: where the struct that its rows are on begins */
	size_t item_size; /* list, named: sizeof(T) */
	/* list, named: check and complete an item that is filled in */
	void (*complete)(void *item, struct node *n, struct mistakes *m);
	/* list, named: free what complete has made, not the rows' members */
	void (*fini)(void *item);

	/*
	 * map: the reference has a line for it, as the rows stand there as the
	 * section of another map.
	 */
	bool is_elsewhere;

	const char *prose; /* what operators read: full sentences */
};

/* Set what the presets say on a zeroed struct. */
void schema_preset(const struct schema_row *rows, void *base);

/*
 * Fill base, which has its presets, from map. What is wrong goes to m, and
 * its member keeps the preset. A NODE_NULL counts as an empty map.
 */
void schema_read(const struct schema_row *rows, struct node *map, void *base,
    struct mistakes *m);

/* Free what the rows' members own. */
void schema_fini(const struct schema_row *rows, void *base);

/* Append all values as YAML that schema_read reads. */
void schema_dump(
    const struct schema_row *rows, const void *base, struct buf *out);

/* Append all values as one JSON object; what is not set is null. */
void schema_dump_json(
    const struct schema_row *rows, const void *base, struct buf *out);

/*
 * Append the paths of the keys at_start, one a line, that are not the same in
 * both. Of a list whose first key is one the items are compared one by one.
 */
void schema_differences(const struct schema_row *rows, const void *a,
    const void *b, struct buf *paths);

/* Append a Markdown section for each map and list among rows. */
void schema_reference(const struct schema_row *rows, struct buf *out);

#endif
