/*
 * schema_member: the member of a struct that a row is about, for the files of
 * the engine alone: read, stored, printed and freed by the row's type.
 */
#ifndef CONF_SCHEMA_MEMBER_H
#define CONF_SCHEMA_MEMBER_H

#include "conf/schema.h"

/* The row of a key, or NULL. */
const struct schema_row *schema_find(
    const struct schema_row *rows, const char *key);

/* Whether row, one of rows, is there in base: see its member only. */
bool schema_is_there(const struct schema_row *rows,
    const struct schema_row *row, const void *base);

/*
 * The value of a scalar row as it is written in a file, appended to out;
 * false for a text that is not set.
 */
bool schema_print_value(
    const struct schema_row *row, const void *base, struct buf *out);

/* A text row's value, masked and not quoted; false when it is not set. */
bool schema_print_text(
    const struct schema_row *row, const void *base, struct buf *out);

/* Whether a map, on inner, was not given: its required first key is not set. */
bool schema_is_left_out(const struct schema_row *map, const void *inner);

/* Whether both have the same value of a scalar row. */
bool schema_is_same_value(
    const struct schema_row *row, const void *a, const void *b);

/* The member of texts, list or named; both leave what it owns alone. */
struct schema_items schema_load_items(
    const struct schema_row *row, const void *base);
void schema_store_items(
    const struct schema_row *row, void *base, struct schema_items items);

/* Whether a map that has a zero is one here: its member. */
bool schema_is_on(const struct schema_row *map, const void *base);

/*
 * Parse one scalar into the row's member; e says what it must be, and does not
 * quote it.
 */
int schema_store_value(const struct schema_row *row, void *base,
    const char *text, struct err *e) __attribute__((warn_unused_result));

/*
 * As schema_store_value for a text that the table itself gives the row: that it
 * is refused is a fault of the table, and fatal.
 */
void schema_preset_value(
    const struct schema_row *row, void *base, const char *text);

/* The row of the index-th of a row's texts, on the array of them. */
struct schema_row schema_text_of(const struct schema_row *row, size_t index);

/* What a map's rows are on: a struct in base, or base itself. */
static inline void *schema_within(const struct schema_row *map, void *base)
{
	return (char *)base + map->within;
}

/* Free what the member owns, and leave it empty. */
void schema_free_member(const struct schema_row *row, void *base);

#endif
