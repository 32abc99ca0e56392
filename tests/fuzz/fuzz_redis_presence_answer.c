/*
 * fuzz_redis_presence_answer: what a Redis server may say to a beat and to a
 * scan of presence. Whatever it is: in slices or at once the same, and only
 * seats come of it that have a room, and are not that of another one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_presence_answer.h"
#include "base/hash.h"
#include "core/seats.h"
#include "pieces.h"
#include "proto/resp_items.h"

enum { MAX_STRING = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hash_key key = { 1, 2 };

struct reader {
	struct redis_presence_answer answer;
	struct resp_items *items;
	struct seats seats;
	bool is_scan;
	uint64_t digest; /* of all that came of it */
};

static void note(struct reader *r, const char *what, size_t len)
{
	const struct hash_key before = { r->digest, len };

	r->digest = hash_bytes(&before, what, len);
}

static int take(struct reader *r, const struct resp_part *part)
{
	return r->is_scan
		   ? redis_presence_take_scan(&r->answer, part, &r->seats, &key)
		   : redis_presence_take_beat(&r->answer, part);
}

/* Answers one behind the other, each to the question that the last one was. */
static void end_answer(struct reader *r)
{
	const struct redis_presence_answer *a = &r->answer;

	if (strlen(a->dead) > PRESENCE_INSTANCE_MAX ||
	    strlen(a->cursor) > PRESENCE_CURSOR_MAX)
		abort();
	note(r, a->dead, strlen(a->dead));
	note(r, a->cursor, strlen(a->cursor));
	note(r, redis_presence_has_scanned(a) ? "s" : "", 1);
	note(r, &"hlg"[a->lease], 1);
	r->answer = (struct redis_presence_answer){ 0 };
}

/* Every item that is whole; below 0: the connection has ended. */
static int take_items(struct reader *r)
{
	struct resp_part part;
	struct err e;
	int rc;

	while ((rc = resp_items_next(r->items, &part, &e)) == 1) {
		rc = take(r, &part);
		if (rc < 0)
			return rc;
		if (rc == 1)
			end_answer(r);
	}
	return rc;
}

/* Each has a room and a user, or a room alone: that one is not written yet. */
static void check_seats(struct reader *r)
{
	struct seat *seat;

	while ((seat = seats_send(&r->seats))) {
		struct slice name = seat_name(seat);
		struct slice room = seat_room(name);

		if (seat->taken > 0 || room.len == 0 ||
		    (seat_user(name).len == 0 && room.len < name.len))
			abort();
		note(r, name.ptr, name.len);
		seats_arrive(&r->seats, seat);
	}
	if (r->seats.map.count > 0)
		abort();
}

static uint64_t read_all(struct slice bytes, size_t size, bool is_scan)
{
	struct pieces pieces = { bytes, size };
	struct reader r = { .items = resp_items_new(MAX_STRING),
		.is_scan = is_scan };
	struct slice piece;
	int rc = 0;

	seats_init(&r.seats, 1);
	while (rc >= 0 && pieces_next(&pieces, &piece)) {
		if (resp_items_feed(r.items, piece) < 0)
			abort();
		rc = take_items(&r);
	}
	note(&r, rc < 0 ? "x" : "e", 1);
	check_seats(&r);
	seats_fini(&r.seats);
	resp_items_free(r.items);
	return r.digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes;
	bool is_scan;

	if (size < 2)
		return 0;
	bytes = slice_of((const char *)data + 1, size - 1);
	is_scan = data[0] & 1;
	if (read_all(bytes, size, is_scan) !=
	    read_all(bytes, (size_t)(data[0] >> 1) + 1, is_scan))
		abort();
	return 0;
}
