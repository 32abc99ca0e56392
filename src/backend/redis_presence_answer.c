/* redis_presence_answer: see the header. */
#include "backend/redis_presence_answer.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "core/seats.h"
#include "proto/resp_items.h"

static bool is_string(const struct resp_part *part, size_t max)
{
	return part->type == RESP_STRING && part->number <= (int64_t)max &&
	       part->text.len == (size_t)part->number;
}

/* What is kept as a text has no NUL. */
static bool is_text(const struct resp_part *part, size_t max)
{
	return is_string(part, max) &&
	       (part->text.len == 0 ||
		   !memchr(part->text.ptr, '\0', part->text.len));
}

static void copy(char *to, const struct resp_part *part)
{
	if (part->text.len > 0)
		memcpy(to, part->text.ptr, part->text.len);
	to[part->text.len] = '\0';
}

static bool is_array(const struct resp_part *part, int64_t count)
{
	return part->type == RESP_ARRAY && part->number == count;
}

static int take_lease(
    struct redis_presence_answer *a, const struct resp_part *part)
{
	static const char *const words[] = {
		[LEASE_HELD] = "held",
		[LEASE_LATE] = "late",
		[LEASE_GONE] = "gone",
	};

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (part->type != RESP_STRING ||
		    !slice_eq(part->text, slice_str(words[i])))
			continue;
		a->lease = (enum redis_presence_lease)i;
		return 0;
	}
	return -EPROTO;
}

int redis_presence_take_beat(
    struct redis_presence_answer *a, const struct resp_part *part)
{
	switch (a->at++) {
	case 0:
		return is_array(part, 2) ? 0 : -EPROTO;
	case 1:
		return take_lease(a, part);
	default:
		if (!is_text(part, PRESENCE_INSTANCE_MAX))
			return -EPROTO;
		copy(a->dead, part);
		return 1;
	}
}

/* A room, and a user or no NUL: one with an empty user would be the room. */
static bool is_seat(struct slice name)
{
	size_t room = name.len > 0 ? seat_room(name).len : 0;

	return room > 0 && room != name.len - 1;
}

/* One that has no name of a seat is left alone: it is none of ours. */
static int take_seat(struct redis_presence_answer *a,
    const struct resp_part *part, struct seats *seats,
    const struct hash_key *key)
{
	int rc = 0;

	if (part->type != RESP_STRING)
		return -EPROTO;
	if (is_string(part, SEAT_NAME_MAX) && is_seat(part->text))
		rc = seats_learn(seats, part->text,
		    hash_bytes(key, part->text.ptr, part->text.len));
	return rc < 0 ? rc : --a->left == 0;
}

static int take_count(
    struct redis_presence_answer *a, const struct resp_part *part)
{
	if (part->type != RESP_ARRAY || part->number > PRESENCE_SCANNED_MAX)
		return -EPROTO;
	a->seats = a->left = (uint32_t)part->number;
	return a->left == 0;
}

int redis_presence_take_scan(struct redis_presence_answer *a,
    const struct resp_part *part, struct seats *seats,
    const struct hash_key *key)
{
	switch (a->at++) {
	case 0:
		return is_array(part, 2) ? 0 : -EPROTO;
	case 1:
		if (!is_text(part, PRESENCE_CURSOR_MAX))
			return -EPROTO;
		copy(a->cursor, part);
		return 0;
	case 2:
		return take_count(a, part);
	default:
		return take_seat(a, part, seats, key);
	}
}

bool redis_presence_has_scanned(const struct redis_presence_answer *a)
{
	return !strcmp(a->cursor, "0");
}
