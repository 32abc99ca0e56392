/*
 * fuzz_redis_tail: what a Redis server may say to who reads a stream. Whatever
 * it is: positions are told in order, and in slices or at once the same.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/redis_tail.h"
#include "base/hash.h"
#include "pieces.h"
#include "proto/resp_items.h"

enum { MAX_STRING = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
	struct redis_tail tail;
	struct resp_items *items;
	uint64_t digest; /* of all that was told */
	bool is_placed;
	struct place last;
};

static void note(struct reader *r, char what, uint64_t number)
{
	const struct hash_key key = { r->digest, number };

	r->digest = hash_bytes(&key, &what, 1);
}

static void on_entry(void *arg, const struct redis_entry *e, bool is_past)
{
	struct reader *r = arg;

	if (!r->is_placed || place_compare(&e->id, &r->last) <= 0)
		abort();
	r->last = e->id;
	note(r, is_past ? 'p' : 'e', e->hash);
}

static void on_mark(void *arg, const struct place *p)
{
	struct reader *r = arg;

	if (r->is_placed)
		abort();
	r->is_placed = true;
	r->last = *p;
	note(r, 'm', p->high ^ p->low);
}

static void on_void(void *arg)
{
	struct reader *r = arg;

	if (!r->is_placed)
		abort();
	r->is_placed = false;
	note(r, 'v', 0);
}

static void on_hole(void *arg)
{
	struct reader *r = arg;

	if (!r->is_placed)
		abort();
	note(r, 'h', 0);
}

static void on_read(void *arg, bool is_all)
{
	note(arg, 'r', is_all);
}

static void on_info(void *arg, const struct redis_stream_info *info)
{
	note(arg, 'i', info->length);
}

static const struct redis_tail_sink sink = {
	.on_entry = on_entry,
	.on_mark = on_mark,
	.on_void = on_void,
	.on_hole = on_hole,
	.on_read = on_read,
	.on_info = on_info,
};

/* Every item that is whole; below 0: the connection has ended. */
static int take_items(struct reader *r)
{
	struct resp_part part;
	struct err e;
	int rc;

	while ((rc = resp_items_next(r->items, &part, &e)) == 1) {
		rc = redis_tail_take(&r->tail, &part);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static uint64_t read_all(struct slice bytes, size_t size)
{
	const struct redis_tail_options options = {
		.key = slice_str("key"),
		.memory = 10000,
		.max_age_ms = INT64_MAX / 4,
		.block_ms = 1000,
	};
	struct reader r = { .items = resp_items_new(MAX_STRING) };
	struct pieces pieces = { bytes, size };
	struct slice piece;
	int rc = 0;

	redis_tail_init(&r.tail, &options, &sink, &r);
	redis_tail_connected(&r.tail);
	while (rc >= 0 && pieces_next(&pieces, &piece)) {
		if (resp_items_feed(r.items, piece) < 0)
			abort();
		rc = take_items(&r);
	}
	note(&r, 'x', (uint64_t)rc);
	redis_tail_fini(&r.tail);
	resp_items_free(r.items);
	return r.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes;

	if (size < 2)
		return 0;
	bytes = slice_of((const char *)data + 1, size - 1);
	if (read_all(bytes, size) != read_all(bytes, (size_t)data[0] + 1))
		abort();
	return 0;
}
