/*
 * fuzz_redis_slots: whatever a node answers to CLUSTER SLOTS: in slices or at
 * once it comes to the same table, whose masters are all there, are different
 * and can be written down.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_slots.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int take_all(struct resp_items *items, struct redis_slots_reader *r,
    struct redis_slots **t)
{
	struct resp_part part;
	struct err e;
	int rc = 0;

	while (rc == 0 && resp_items_next(items, &part, &e) == 1)
		rc = redis_slots_take(r, &part, t, &e);
	return rc;
}

/* NULL: it is no answer, or not all of one. */
static struct redis_slots *answer(struct slice bytes, size_t size)
{
	static const struct address asked = { .host = "asked", .port = 1 };
	struct resp_items *items = resp_items_new(REDIS_SLOTS_MAX_STRING);
	struct redis_slots_reader *r = redis_slots_reader_new(&asked);
	struct pieces pieces = { bytes, size };
	struct redis_slots *t = NULL;
	struct slice piece;
	int rc = 0;

	while (rc == 0 && pieces_next(&pieces, &piece)) {
		must(resp_items_feed(items, piece) == 0);
		rc = take_all(items, r, &t);
	}
	must((rc == 1) == (t != NULL));
	redis_slots_reader_free(r);
	resp_items_free(items);
	return t;
}

static void check_master(const struct redis_slots *t, size_t number)
{
	const struct address *a = redis_slots_address(t, (uint16_t)number);
	char text[ADDRESS_TEXT_MAX];
	struct address again;
	struct err e;

	address_format(a, text);
	must(address_parse_tcp(&again, slice_str(text), -1, &e) == 0 &&
	     address_is_same(a, &again));
	for (size_t i = 0; i < number; i++) {
		const struct address *b = redis_slots_address(t, (uint16_t)i);

		must(a->port != b->port || strcmp(a->host, b->host) != 0);
	}
}

static void check_tables(
    const struct redis_slots *whole, const struct redis_slots *sliced)
{
	size_t count = redis_slots_count(whole);

	must(count == redis_slots_count(sliced));
	for (size_t i = 0; i < count; i++)
		check_master(whole, i);
	for (unsigned i = 0; i < REDIS_SLOTS; i++) {
		uint16_t master = redis_slots_master(whole, (uint16_t)i);

		must(master < count || master == REDIS_SLOTS_NOBODY);
		must(master == redis_slots_master(sliced, (uint16_t)i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice bytes = slice_of((const char *)data, size);
	struct redis_slots *whole, *sliced;

	if (size == 0)
		return 0;
	whole = answer(bytes, size);
	sliced = answer(bytes, 3);
	must(!whole == !sliced);
	if (whole)
		check_tables(whole, sliced);
	redis_slots_free(whole);
	redis_slots_free(sliced);
	return 0;
}
