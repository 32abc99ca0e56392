/*
 * field: members of an answer, by themselves and as pieces of a line: numbers
 * in their units, "-" for what is not known, texts as table_put_text shows them.
 */
#ifndef CTL_FIELD_H
#define CTL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct cJSON;

typedef void (*field_fn)(struct buf *out, uint64_t number);

/* A member, or NULL. */
const struct cJSON *field(const struct cJSON *object, const char *name);
/* A string, or "". */
const char *field_text(const struct cJSON *object, const char *name);
/* A number, or preset. */
double field_value(const struct cJSON *object, const char *name, double preset);
bool field_is_true(const struct cJSON *object, const char *name);

/* Append a name, in the first column of lines. */
void field_name(struct buf *out, const char *name);

void field_string(
    struct buf *out, const struct cJSON *object, const char *name);
void field_number(struct buf *out, const struct cJSON *object, const char *name,
    field_fn put);
void field_count(struct buf *out, const struct cJSON *object, const char *name);
void field_bytes(struct buf *out, const struct cJSON *object, const char *name);
void field_time(struct buf *out, const struct cJSON *object, const char *name);

/* How many there are, and of how many that there may be. */
void field_part_of(struct buf *out, const struct cJSON *object,
    const char *name, const char *limit, field_fn put);

/* How long ago it was; both are times of day in ms. */
void field_since(struct buf *out, int64_t now_ms, const struct cJSON *object,
    const char *name);

/* A rate: small ones have a place behind the point. */
void field_rate(struct buf *out, const struct cJSON *object, const char *name);

/* Microseconds. */
void field_micros(
    struct buf *out, const struct cJSON *object, const char *name);

#endif
