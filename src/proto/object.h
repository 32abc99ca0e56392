/*
 * object: reads the one JSON object that an envelope or a control command is.
 *
 * The owner gives a table of keys; each is read by a function that finds the
 * scanner at its value. One pass, on the main thread, for every message:
 * whatever can be is a slice of the payload; what must be decoded goes to
 * scratch, which is reserved once for the worst case so that slices into it
 * stay true. Of several mistakes the one that comes first in the payload is
 * reported.
 */
#ifndef PROTO_OBJECT_H
#define PROTO_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/envelope_reason.h"
#include "proto/json.h"
#include "proto/targets.h"

struct object;
typedef enum envelope_reason (*object_read_fn)(struct object *o);

struct object_key {
	struct slice name;
	unsigned bit;    /* a bit of its own, for seen */
	unsigned rivals; /* bits of keys beside which it is a second content */
	object_read_fn read;
	const char *expected; /* "a string", for whoever got it wrong */
};

/* The name of a struct object_key, from a string literal. */
#define OBJECT_NAME(text)             \
	{                             \
		text, sizeof text - 1 \
	}

/* Where names and decoded strings go, reused from payload to payload. */
struct object_store {
	struct targets targets;
	struct buf scratch;
	struct envelope_fault fault; /* of a payload that was refused */
};

struct object {
	const struct object_key *keys; /* borrowed, key_count of them */
	size_t key_count;
	struct object_store *store; /* borrowed */
	struct slice payload;
	const char *form;      /* what it is to be, for whoever got it wrong */
	struct json_scan scan; /* over the payload */
	const char *key_at;    /* where the member at hand begins */
	struct slice key;      /* its name, raw; empty between members */
	const char *expected;  /* as its value, once it is known */
	unsigned seen;         /* bits of the keys so far */
};

/*
 * Read the payload from its first byte to its last; finish is called behind
 * the closing brace to judge the whole. Returns ENVELOPE_OK, or the reason
 * with store->fault set. Before, keys, key_count, store, payload and form are
 * set; the rest is zero.
 */
enum envelope_reason object_parse(struct object *o, object_read_fn finish);

/* Forget the last payload, and what one huge payload made the store hold. */
void object_store_reset(struct object_store *s);
void object_store_fini(struct object_store *s);

/* --- for the functions of the key table --- */

/* Give the reason; it, the place and the key at hand go to store->fault. */
enum envelope_reason object_refuse(
    struct object *o, const char *at, enum envelope_reason reason);

/* As object_refuse; expected is what would be right, meant may be NULL. */
enum envelope_reason object_refuse_for(struct object *o, const char *at,
    enum envelope_reason reason, const char *expected, const char *meant);

/* The scanner stopped with this code: malformed, or nested too deep. */
enum envelope_reason object_refuse_json(struct object *o, int code);

/* The value at the scanner is not of the type that the key wants. */
enum envelope_reason object_refuse_type(struct object *o);

/* Memory is out: no byte of the payload is to blame. */
enum envelope_reason object_refuse_memory(struct object *o);

/* Whether c is the next byte. */
bool object_next_is(const struct object *o, char c);

/* Read a value that must be a string; its escapes are decoded. */
enum envelope_reason object_string(struct object *o, struct slice *out);

/* Read a value that must be true or false. */
enum envelope_reason object_bool(struct object *o, bool *out);

/* Room for the rest of the payload's decoded bytes, or NULL. */
char *object_scratch(struct object *o);

#endif
