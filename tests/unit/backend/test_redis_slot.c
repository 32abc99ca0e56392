/* redis_slot: as the specification of Redis clusters has it. */
#include "backend/redis_slot.h"
#include "unit.h"

static void check(const char *key, unsigned slot)
{
	ck_assert_msg(redis_slot_of(slice_str(key)) == slot, "%s: %u", key,
	    redis_slot_of(slice_str(key)));
}

/* What redis-server 7.0 answers to CLUSTER KEYSLOT. */
START_TEST(test_slots_are_those_of_the_server)
{
	check("123456789", 12739);
	check("foo", 12182);
	check("bar", 5061);
	check("", 0);
	check("a", 15495);
	check("roomcast:room:news", 16347);
	check("roomcast:room:caf\u00e9", 8422);
	check("{user1000}.following", 3443);
	check("foo{}{bar}", 8363);
	check("foo{{bar}}zap", 4015);
	check("foo{bar}{zap}", 5061);
	check("{}", 15257);
	check("a}{b", 11640);
	check("a{b", 13340);
	check("{", 4092);
	check("}", 12090);
	check("a}b{c}d", 7365);
}
END_TEST

START_TEST(test_a_hash_tag_is_what_counts)
{
	check("{user1000}.following", redis_slot_of(slice_str("user1000")));
	check("roomcast:room:{a}b}", redis_slot_of(slice_str("a")));
	check("{a}{b}", redis_slot_of(slice_str("a")));
	check("{{a}}", redis_slot_of(slice_str("{a")));
}
END_TEST

START_TEST(test_bytes_are_bytes)
{
	ck_assert_uint_eq(redis_slot_of(slice_of("\0\0", 2)), 0);
	ck_assert_uint_eq(redis_slot_of(slice_of(NULL, 0)), 0);
	ck_assert_uint_eq(redis_slot_of(slice_of("{\0}x", 4)), 0);
}
END_TEST

START_TEST(test_some_slots)
{
	struct redis_slot_set set = { .bits = { 0 } };

	ck_assert(redis_slot_set_is_empty(&set));
	redis_slot_set_add(&set, 0);
	redis_slot_set_add(&set, 16383);
	ck_assert(redis_slot_set_has(&set, 0));
	ck_assert(!redis_slot_set_has(&set, 1));
	ck_assert(redis_slot_set_has(&set, 16383));
	redis_slot_set_del(&set, 0);
	ck_assert(!redis_slot_set_is_empty(&set));
	redis_slot_set_del(&set, 16383);
	ck_assert(redis_slot_set_is_empty(&set));
}
END_TEST

START_TEST(test_two_sets)
{
	struct redis_slot_set some = { .bits = { 0 } }, others = some;

	redis_slot_set_add(&some, 7);
	redis_slot_set_add(&others, 16383);
	ck_assert(!redis_slot_set_covers(&some, &others));
	redis_slot_set_join(&some, &others);
	ck_assert(redis_slot_set_covers(&some, &others));
	ck_assert(!redis_slot_set_covers(&others, &some));
	ck_assert(redis_slot_set_has(&some, 7));
	ck_assert(redis_slot_set_has(&some, 16383));
}
END_TEST

UNIT_MAIN("backend/redis_slot", test_slots_are_those_of_the_server,
    test_a_hash_tag_is_what_counts, test_bytes_are_bytes, test_some_slots,
    test_two_sets)
