/* redis_lost: rooms by the slots of their channels. */
#include <stdlib.h>

#include "backend/redis_lost.h"
#include "core/lost_rooms.h"
#include "unit.h"

static struct redis_slot_set slot_of(const char *channel)
{
	struct redis_slot_set slots = { .bits = { 0 } };

	redis_slot_set_add(&slots, redis_slot_of(slice_str(channel)));
	return slots;
}

START_TEST(test_a_room_is_where_its_channel_is)
{
	const struct redis_slot_set slots = slot_of("room:a");
	struct lost_rooms *l = redis_lost_new(&slots, "room:");

	ck_assert(l->has(l, slice_str("a")));
	ck_assert(l->has(l, slice_str("{room:a}")));
	ck_assert(!l->has(l, slice_str("b")));
	ck_assert(!l->has(l, slice_str("room:a")));
	lost_rooms_unref(l);
}
END_TEST

/* The tag is found in the whole of the channel. */
START_TEST(test_a_prefix_may_have_a_tag)
{
	const struct redis_slot_set slots = slot_of("app");
	struct lost_rooms *l = redis_lost_new(&slots, "{app}:");

	ck_assert(l->has(l, slice_str("a")));
	ck_assert(l->has(l, slice_str("{b}")));
	lost_rooms_unref(l);
}
END_TEST

START_TEST(test_what_is_too_long_may_be_lost)
{
	const struct redis_slot_set slots = { .bits = { 0 } };
	char prefix[1025];
	struct lost_rooms *l;

	memset(prefix, 'a', sizeof prefix);
	prefix[1023] = '\0';
	l = redis_lost_new(&slots, prefix);
	ck_assert(!l->has(l, slice_str("b")));
	ck_assert(l->has(l, slice_str("bc")));
	lost_rooms_unref(l);
}
END_TEST

UNIT_MAIN("backend/redis_lost", test_a_room_is_where_its_channel_is,
    test_a_prefix_may_have_a_tag, test_what_is_too_long_may_be_lost)
