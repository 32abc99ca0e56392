/*
 * fuzz_resp_values: the reader of pushed values beside that of hiredis. The
 * first byte is the size of the slices; however the bytes are cut, both hand
 * out the same values and refuse the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pieces.h"
#include "proto/resp.h"
#include "proto/resp_values.h"

enum { MAX_STRING = 1000, BEHIND = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct readers {
	struct resp_values *values;
	struct resp_reader *hiredis;
	int rc, hiredis_rc; /* of the last call */
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_same(const struct resp_value *a, const struct resp_value *b)
{
	must(a->is_array == b->is_array && a->count == b->count);
	for (size_t i = 0; i < a->count; i++)
		must(a->items[i].type == b->items[i].type &&
		     slice_eq(a->items[i].text, b->items[i].text));
}

/* Hand out what is whole. Each may know of a fault before the other does. */
static void read_both(struct readers *r)
{
	struct resp_value a, b;
	struct err e;

	for (;;) {
		r->rc = resp_values_next(r->values, &a, &e);
		r->hiredis_rc = resp_next(r->hiredis, &b, &e);
		if (r->rc != 1 || r->hiredis_rc != 1)
			break;
		must_be_same(&a, &b);
	}
	must(r->rc != 1 && r->hiredis_rc != 1);
}

static void feed_both(struct readers *r, struct slice bytes)
{
	must(resp_values_feed(r->values, bytes) == 0);
	if (r->hiredis_rc == 0) /* it takes no more behind a fault */
		must(resp_feed(r->hiredis, bytes.ptr, bytes.len) == 0);
	read_both(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char behind[BEHIND]; /* ends what has begun, but a line */
	struct pieces pieces;
	struct slice piece;
	struct readers r = { .rc = 0 };

	if (size < 2)
		return 0;
	pieces = (struct pieces){
		slice_of((const char *)data + 1, size - 1),
		(size_t)data[0] + 1,
	};
	r.values = resp_values_new(MAX_STRING);
	r.hiredis = resp_reader_new(MAX_STRING);
	while (pieces_next(&pieces, &piece))
		feed_both(&r, piece);
	feed_both(&r, slice_of(behind, sizeof behind));
	must(r.rc == r.hiredis_rc);
	resp_values_free(r.values);
	resp_reader_free(r.hiredis);
	return 0;
}
