/*
 * http_fields: looking things up in the headers of a head that http_parse has
 * read, and the lists that they may hold.
 */
#ifndef PROTO_HTTP_FIELDS_H
#define PROTO_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct http_head;

/*
 * The value of the first header with this name, compared without regard to
 * case; an empty slice with a NULL ptr when there is none. *count, unless
 * NULL, is how many there are.
 */
struct slice http_header(const struct http_head *head, const char *bytes,
    const char *name, size_t *count);

/*
 * Walk the headers of one name in order: *cursor begins as 0. False when
 * there is no further one.
 */
bool http_header_next(const struct http_head *head, const char *bytes,
    const char *name, size_t *cursor, struct slice *value);

/*
 * Whether the comma-separated lists of all headers of this name hold the
 * token, compared without regard to case (RFC 9110, section 5.6.1).
 */
bool http_has_token(const struct http_head *head, const char *bytes,
    const char *name, const char *token);

/*
 * Whether an Accept header names this media type itself, by no wildcard and
 * with no weight of 0 (RFC 9110, section 12.5.1).
 */
bool http_accepts(
    const struct http_head *head, const char *bytes, const char *type);

/*
 * Take the next element off the front of a comma-separated list, trimmed;
 * empty ones are passed over. False when the list is used up.
 */
bool http_list_next(struct slice *list, struct slice *item);

/*
 * The seconds of max-age in a Cache-Control (RFC 9111, section 5.2.2.1): of
 * several the first that is a number; -1: none is.
 */
int64_t http_max_age_s(struct slice value);

#endif
