/*
 * fuzz_resp: the reader of both ends, and that of single items. The first byte
 * chooses, the second is the size of the slices; in slices or at once, the
 * values are the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "pieces.h"
#include "proto/resp.h"
#include "proto/resp_items.h"

enum { MAX_STRING = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int (*next_fn)(struct resp_reader *, struct resp_value *, struct err *);

struct result {
	uint64_t digest; /* of all values */
	size_t count;
	int rc; /* of the last call */
};

static void digest(struct result *result, const void *p, size_t len)
{
	const struct hash_key key = { result->digest, 1 };

	result->digest = hash_bytes(&key, p, len);
}

static void take(struct result *result, const struct resp_value *value)
{
	if (!value->is_array && value->count != 1)
		abort();
	result->count++;
	digest(result, &value->count, sizeof value->count);
	for (size_t i = 0; i < value->count; i++) {
		const struct resp_item *item = &value->items[i];

		/* A word of an inline command may be longer than a string. */
		if (item->text.len > RESP_MAX_LINE)
			abort();
		digest(result, &item->type, sizeof item->type);
		if (item->text.len > 0)
			digest(result, item->text.ptr, item->text.len);
	}
}

static struct result read_all(next_fn next, struct pieces pieces)
{
	struct resp_reader *r = resp_reader_new(MAX_STRING);
	struct result result = { 0 };
	struct resp_value value;
	struct slice piece;
	struct err e;

	while (result.rc >= 0 && pieces_next(&pieces, &piece)) {
		if (resp_feed(r, piece.ptr, piece.len) < 0)
			abort();
		while ((result.rc = next(r, &value, &e)) == 1)
			take(&result, &value);
	}
	resp_reader_free(r);
	return result;
}

static void take_part(struct result *result, const struct resp_part *part)
{
	if (part->type == RESP_STRING && part->text.ptr &&
	    (part->text.len > MAX_STRING ||
		part->text.len != (size_t)part->number))
		abort();
	result->count++;
	digest(result, &part->type, sizeof part->type);
	digest(result, &part->number, sizeof part->number);
	if (part->text.len > 0)
		digest(result, part->text.ptr, part->text.len);
}

static struct result read_items(struct pieces pieces)
{
	struct resp_items *r = resp_items_new(MAX_STRING);
	struct result result = { 0 };
	struct resp_part part;
	struct slice piece;
	struct err e;

	while (result.rc >= 0 && pieces_next(&pieces, &piece)) {
		if (resp_items_feed(r, piece) < 0)
			abort();
		while ((result.rc = resp_items_next(r, &part, &e)) == 1)
			take_part(&result, &part);
	}
	resp_items_free(r);
	return result;
}

static struct result read_by(unsigned choice, struct slice bytes, size_t size)
{
	static const next_fn ends[] = { resp_next, resp_next_command };
	const struct pieces pieces = { bytes, size };

	return choice == 2 ? read_items(pieces)
			   : read_all(ends[choice], pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result at_once, in_slices;
	struct slice bytes;

	if (size < 3)
		return 0;
	bytes = slice_of((const char *)data + 2, size - 2);
	at_once = read_by(data[0] % 3, bytes, bytes.len);
	in_slices = read_by(data[0] % 3, bytes, (size_t)data[1] + 1);
	if (at_once.digest != in_slices.digest ||
	    at_once.count != in_slices.count || at_once.rc != in_slices.rc)
		abort();
	return 0;
}
