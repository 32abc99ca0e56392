/*
 * table: rows of texts in columns that are as wide as they must be.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"

enum { TABLE_COLUMNS_MAX = 12 };

struct table_column {
	const char *title; /* NULL ends the columns */
	bool is_right;     /* of numbers */
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t column_count;
	struct buf text; /* owned; of all cells, one behind the other */
	size_t *ends;    /* owned; where each of them ends in text */
	size_t count;    /* of cells */
	size_t room;
};

/* An empty one; TABLE_COLUMNS_MAX columns at most. */
void table_init(struct table *t, const struct table_column *columns);
void table_fini(struct table *t);

/*
 * Append a text as the next cell, row by row. Whatever might drive a terminal
 * in it is shown as \xNN.
 */
void table_add(struct table *t, struct slice text);

/*
 * Append the titles and all whole rows, a line each, columns two spaces apart.
 * A column is as wide as its widest cell in characters.
 */
void table_print(const struct table *t, struct buf *out);

/* Append a text from outside as table_add shows it. */
void table_put_text(struct buf *out, struct slice text);

#endif
