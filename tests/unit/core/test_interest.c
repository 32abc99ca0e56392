/* Which workers care for a room, and the grace before it is forgotten. */
#include <stdio.h>

#include "core/interest.h"
#include "core/room.h"
#include "unit.h"

static struct interest *add(
    struct interests *s, const char *name, unsigned worker, bool expect_new)
{
	bool is_new;
	struct interest *room =
	    interests_add(s, slice_str(name), 42, worker, &is_new);

	ck_assert_int_eq(is_new, expect_new);
	return room;
}

START_TEST(rooms_of_the_same_hash_are_told_apart_by_name)
{
	struct interests s;

	interests_init(&s);
	add(&s, "a", 0, true);
	add(&s, "b", 1, true);
	ck_assert_uint_eq(interests_find(&s, slice_str("a"), 42)->workers, 1);
	ck_assert_uint_eq(interests_find(&s, slice_str("b"), 42)->workers, 2);
	ck_assert_ptr_null(interests_find(&s, slice_str("c"), 42));
	interests_fini(&s);
}
END_TEST

START_TEST(a_room_stays_until_the_grace_of_its_last_worker_is_over)
{
	struct interests s;
	struct interest *room;

	interests_init(&s);
	room = add(&s, "a", 0, true);
	ck_assert_ptr_eq(add(&s, "a", 63, false), room);
	interests_drop(&s, room, 0, 1000);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_drop(&s, room, 63, 2000);
	ck_assert_ptr_null(interests_expired(&s, 2000 + INTEREST_GRACE_MS - 1));
	ck_assert_ptr_eq(interests_expired(&s, 2000 + INTEREST_GRACE_MS), room);
	interests_del(&s, room);
	ck_assert_ptr_null(interests_find(&s, slice_str("a"), 42));
	interests_fini(&s);
}
END_TEST

START_TEST(coming_back_within_the_grace_keeps_the_room)
{
	struct interests s;
	struct interest *room;

	interests_init(&s);
	room = add(&s, "a", 3, true);
	interests_drop(&s, room, 3, 0);
	ck_assert_ptr_eq(add(&s, "a", 4, false), room);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_fini(&s);
}
END_TEST

START_TEST(idle_rooms_expire_oldest_first)
{
	struct interests s;
	struct interest *a, *b;

	interests_init(&s);
	a = add(&s, "a", 0, true);
	b = add(&s, "b", 0, true);
	interests_drop(&s, b, 0, 0);
	interests_drop(&s, a, 0, 10);
	ck_assert_ptr_eq(interests_expired(&s, 1 << 30), b);
	interests_del(&s, b);
	ck_assert_ptr_eq(interests_expired(&s, 1 << 30), a);
	interests_fini(&s);
}
END_TEST

/* Who comes to ever new rooms, faster than they are forgotten. */
START_TEST(more_idle_rooms_than_their_bound_have_no_grace)
{
	struct interests s;
	struct interest *first;
	char name[16];
	bool is_new;

	interests_init(&s);
	first = add(&s, "first", 0, true);
	interests_drop(&s, first, 0, 0);
	for (unsigned i = 1; i <= INTEREST_IDLE_MAX; i++) {
		ck_assert_ptr_null(interests_expired(&s, 0));
		(void)snprintf(name, sizeof name, "%u", i);
		interests_drop(&s,
		    interests_add(&s, slice_str(name), 42 + i, 0, &is_new), 0,
		    0);
	}
	ck_assert_ptr_eq(interests_expired(&s, 0), first);
	ck_assert_ptr_eq(add(&s, "first", 0, false), first);
	ck_assert_ptr_null(interests_expired(&s, 0));
	interests_drop(&s, first, 0, 0);
	interests_del(&s, interests_expired(&s, 0));
	ck_assert_ptr_null(interests_expired(&s, 0));
	interests_fini(&s);
}
END_TEST

START_TEST(a_room_that_a_join_is_under_way_to_concerns_its_workers)
{
	struct interests s;
	struct interest *room;
	bool is_new;

	interests_init(&s);
	room = interests_expect(&s, slice_str("a"), 42, 5, &is_new);
	ck_assert(is_new);
	ck_assert_uint_eq(interest_workers(room), 5);
	ck_assert_uint_eq(room->workers, 0);
	ck_assert_ptr_eq(add(&s, "a", 2, false), room);
	interests_arrived(&s, room, 0); /* worker 2: it has a member */
	ck_assert_uint_eq(interest_workers(room), 5);
	interests_arrived(&s, room, 0); /* worker 0: the user was gone */
	ck_assert_uint_eq(interest_workers(room), 4);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_fini(&s);
}
END_TEST

START_TEST(a_room_is_idle_only_when_no_join_is_under_way)
{
	struct interests s;
	struct interest *room;
	bool is_new;

	interests_init(&s);
	room = add(&s, "a", 0, true);
	interests_expect(&s, slice_str("a"), 42, 1, &is_new);
	ck_assert(!is_new);
	interests_expect(&s, slice_str("a"), 42, 1, &is_new);
	interests_drop(&s, room, 0, 0);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_arrived(&s, room, 0);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_arrived(&s, room, 10);
	ck_assert_ptr_null(interests_expired(&s, 9 + INTEREST_GRACE_MS));
	ck_assert_ptr_eq(interests_expired(&s, 10 + INTEREST_GRACE_MS), room);
	interests_expect(&s, slice_str("a"), 42, 1, &is_new);
	ck_assert_ptr_null(interests_expired(&s, 1 << 30));
	interests_fini(&s);
}
END_TEST

START_TEST(who_wants_deflated_messages_counts_until_the_room_is_idle)
{
	struct interests s;
	struct interest *a, *b;

	interests_init(&s);
	a = add(&s, "a", 0, true);
	b = add(&s, "b", 0, true);
	ck_assert(!interests_want_deflated(&s));
	interests_add_deflated(&s, a);
	interests_add_deflated(&s, a);
	ck_assert(interest_wants_deflated(&s, a));
	ck_assert(!interest_wants_deflated(&s, b));
	interests_add_deflated(&s, b);
	add(&s, "a", 1, false);
	interests_drop(&s, a, 0, 0);
	ck_assert(interest_wants_deflated(&s, a));
	interests_drop(&s, a, 1, 0);
	ck_assert(!interest_wants_deflated(&s, a));
	ck_assert(interests_want_deflated(&s));
	interests_drop(&s, b, 0, 0);
	ck_assert(!interests_want_deflated(&s));
	add(&s, "a", 0, false);
	interests_add_deflated(&s, a);
	ck_assert(interests_want_deflated(&s));
	interests_fini(&s);
}
END_TEST

START_TEST(who_is_about_to_join_wants_what_any_member_does)
{
	struct interests s;
	struct interest *a, *b;
	bool is_new;

	interests_init(&s);
	a = add(&s, "a", 0, true);
	b = interests_expect(&s, slice_str("b"), 42, 1, &is_new);
	ck_assert(!interest_wants_deflated(&s, b));
	interests_add_deflated(&s, a);
	ck_assert(interest_wants_deflated(&s, b));
	interests_arrived(&s, b, 0);
	ck_assert(!interest_wants_deflated(&s, b));
	ck_assert(interests_want_deflated(&s));
	interests_fini(&s);
}
END_TEST

START_TEST(rooms_are_counted_once_and_users_not_at_all)
{
	const char user[] = { ROOM_OF_USER_MARK, 'a', '\0' };
	struct interests s;
	struct interest *a, *b;
	bool is_new;

	interests_init(&s);
	a = add(&s, "a", 0, true);
	add(&s, "a", 1, false);
	add(&s, "a", 1, false); /* who wants deflated messages is told, too */
	add(&s, user, 0, true);
	ck_assert_uint_eq(s.room_count, 1);
	b = interests_expect(&s, slice_str("b"), 42, 1, &is_new);
	ck_assert_uint_eq(s.room_count, 1); /* nobody is in it so far */
	add(&s, "b", 0, false);
	ck_assert_uint_eq(s.room_count, 2);
	interests_arrived(&s, b, 0);
	interests_drop(&s, a, 0, 0);
	ck_assert_uint_eq(s.room_count, 2);
	interests_drop(&s, a, 1, 0);
	interests_drop(&s, a, 1, 0);
	ck_assert_uint_eq(s.room_count, 1);
	interests_fini(&s);
}
END_TEST

UNIT_MAIN("core/interest", rooms_are_counted_once_and_users_not_at_all,
    rooms_of_the_same_hash_are_told_apart_by_name,
    a_room_stays_until_the_grace_of_its_last_worker_is_over,
    coming_back_within_the_grace_keeps_the_room, idle_rooms_expire_oldest_first,
    more_idle_rooms_than_their_bound_have_no_grace,
    a_room_that_a_join_is_under_way_to_concerns_its_workers,
    a_room_is_idle_only_when_no_join_is_under_way,
    who_wants_deflated_messages_counts_until_the_room_is_idle,
    who_is_about_to_join_wants_what_any_member_does)
