/*
 * resp_values: values of Redis' protocol (RESP2), read where they have come.
 *
 * For connections on which values come in masses, as payloads that are pushed.
 * The socket is read into the reader's own buffer, and the texts of a value are
 * slices of it: only what a read has cut off at its end is moved, to the front.
 * What is taken and what is refused is as with proto/resp, which is hiredis'
 * reader, and so are the bounds.
 */
#ifndef PROTO_RESP_VALUES_H
#define PROTO_RESP_VALUES_H

#include <stddef.h>

#include "base/err.h"
#include "base/slice.h"
#include "proto/resp.h"

/* So much is read at once; of a longer string, all that it lacks. */
enum { RESP_VALUES_SPACE = 64 * 1024 };

struct resp_values;

/*
 * A reader that refuses strings longer than max_string by their header,
 * before there is memory for them, arrays with more than RESP_MAX_ITEMS, and
 * arrays in arrays. Aborts when memory is out.
 */
struct resp_values *resp_values_new(size_t max_string);
/* NULL is fine. */
void resp_values_free(struct resp_values *r);

/* From the next look at a string on, another max_string. */
void resp_values_set_max(struct resp_values *r, size_t max_string);

/*
 * Where to read the next bytes to, and how many there may be; all values that
 * were handed out end. At least one, once resp_values_next has asked for more.
 * NULL when memory is out.
 */
char *resp_values_room(struct resp_values *r, size_t *size)
    __attribute__((warn_unused_result));

/* So many bytes have been put there. */
void resp_values_add(struct resp_values *r, size_t count);

/* The same for bytes that are elsewhere. 0 or -ENOMEM. */
int resp_values_feed(struct resp_values *r, struct slice bytes)
    __attribute__((warn_unused_result));

/*
 * The next whole value: 1 and *value filled, 0 when more bytes are needed,
 * -EPROTO (e filled) when what came is not RESP2 or is too large; the reader is
 * then useless. The items are valid until the next value, their texts until
 * resp_values_room.
 */
int resp_values_next(struct resp_values *r, struct resp_value *value,
    struct err *e) __attribute__((warn_unused_result));

#endif
