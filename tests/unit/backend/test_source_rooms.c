#include <stdio.h>
#include <string.h>

#include "backend/source_rooms.h"
#include "unit.h"

enum { A, B };

static struct source_rooms rooms;

static void set_up(void)
{
	source_rooms_init(&rooms);
	source_rooms_up(&rooms, A);
	source_rooms_up(&rooms, B);
}

static void tear_down(void)
{
	source_rooms_fini(&rooms);
}

static void watch(const char *name)
{
	source_rooms_watch(&rooms, slice_str(name));
}

static void confirmed(
    unsigned source, const char *name, enum source_rooms_news news)
{
	ck_assert_int_eq(
	    source_rooms_confirmed(&rooms, source, slice_str(name)), news);
}

static void refused(
    unsigned source, const char *name, enum source_rooms_news news)
{
	ck_assert_int_eq(
	    source_rooms_refused(&rooms, source, slice_str(name)), news);
}

static void on_in_force(void *arg, struct slice name)
{
	(void)strncat(arg, name.ptr, name.len);
	(void)strcat(arg, " ");
}

/* Which rooms are in force, once all that may be have been looked at. */
static void reviewed(const char *names)
{
	char all[100] = "";

	while (source_rooms_review(&rooms, on_in_force, all))
		;
	ck_assert_str_eq(all, names);
}

START_TEST(a_room_is_in_force_when_all_have_confirmed_it)
{
	watch("a");
	watch("b");
	confirmed(A, "a", SOURCE_ROOMS_NOTHING);
	confirmed(A, "a", SOURCE_ROOMS_NOTHING); /* twice is once */
	confirmed(B, "b", SOURCE_ROOMS_NOTHING);
	confirmed(B, "a", SOURCE_ROOMS_IN_FORCE);
	confirmed(A, "b", SOURCE_ROOMS_IN_FORCE);
	confirmed(A, "b", SOURCE_ROOMS_NOTHING); /* known already */
	ck_assert_uint_eq(rooms.rooms.count, 0);
}
END_TEST

START_TEST(who_is_down_is_not_waited_for)
{
	source_rooms_lost(&rooms, B);
	watch("a");
	confirmed(B, "a", SOURCE_ROOMS_NOTHING);
	confirmed(A, "a", SOURCE_ROOMS_IN_FORCE);
	source_rooms_lost(&rooms, A);
	watch("b"); /* for nobody */
	ck_assert_uint_eq(rooms.rooms.count, 0);
}
END_TEST

START_TEST(who_is_lost_is_waited_for_no_more)
{
	watch("a");
	watch("b");
	confirmed(A, "a", SOURCE_ROOMS_NOTHING);
	reviewed("");
	source_rooms_lost(&rooms, B);
	watch("c");
	reviewed("a ");
	confirmed(A, "b", SOURCE_ROOMS_IN_FORCE);
	confirmed(A, "c", SOURCE_ROOMS_IN_FORCE);
	reviewed("");
}
END_TEST

START_TEST(who_was_lost_and_is_back_has_them_all)
{
	watch("old");
	confirmed(A, "old", SOURCE_ROOMS_NOTHING);
	source_rooms_lost(&rooms, B);
	source_rooms_up(&rooms, B);
	watch("new");
	confirmed(A, "new", SOURCE_ROOMS_NOTHING);
	reviewed("old ");
	confirmed(B, "new", SOURCE_ROOMS_IN_FORCE);
}
END_TEST

START_TEST(a_loss_is_noticed_by_what_another_one_says)
{
	watch("a");
	source_rooms_lost(&rooms, B);
	confirmed(A, "a", SOURCE_ROOMS_IN_FORCE);
	reviewed("");
	watch("b");
	source_rooms_lost(&rooms, A);
	reviewed("b "); /* nobody is left */
}
END_TEST

START_TEST(one_that_refuses_is_enough)
{
	watch("a");
	refused(B, "a", SOURCE_ROOMS_REFUSED);
	refused(A, "a", SOURCE_ROOMS_NOTHING);
	confirmed(B, "a", SOURCE_ROOMS_NOTHING);
	confirmed(A, "a", SOURCE_ROOMS_IN_FORCE);
	refused(A, "a", SOURCE_ROOMS_REFUSED); /* later, by another rule */
	confirmed(A, "a", SOURCE_ROOMS_IN_FORCE);
	ck_assert_uint_eq(rooms.rooms.count, 0);
}
END_TEST

START_TEST(a_loss_does_not_permit_what_is_refused)
{
	watch("a");
	watch("b");
	refused(B, "a", SOURCE_ROOMS_REFUSED);
	refused(B, "b", SOURCE_ROOMS_REFUSED);
	confirmed(A, "b", SOURCE_ROOMS_NOTHING);
	source_rooms_lost(&rooms, A);
	source_rooms_lost(&rooms, B);
	reviewed("");
	source_rooms_up(&rooms, B);
	confirmed(B, "a", SOURCE_ROOMS_IN_FORCE);
	confirmed(B, "b", SOURCE_ROOMS_IN_FORCE);
}
END_TEST

START_TEST(a_room_that_is_not_watched_any_more_is_forgotten)
{
	watch("a");
	watch("b");
	refused(A, "b", SOURCE_ROOMS_REFUSED);
	source_rooms_unwatch(&rooms, slice_str("a"));
	source_rooms_unwatch(&rooms, slice_str("b"));
	source_rooms_unwatch(&rooms, slice_str("c"));
	ck_assert_uint_eq(rooms.rooms.count, 0);
	source_rooms_lost(&rooms, A);
	reviewed("");
	watch("a");
	confirmed(B, "a", SOURCE_ROOMS_IN_FORCE);
}
END_TEST

START_TEST(many_wait_and_are_freed_with_it)
{
	char name[16];

	for (int i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		watch(name);
	}
	source_rooms_lost(&rooms, B);
	ck_assert(source_rooms_review(&rooms, NULL, NULL));
	confirmed(A, "9999", SOURCE_ROOMS_IN_FORCE);
	ck_assert_uint_eq(rooms.rooms.count, 9999);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/source_rooms",
    a_room_is_in_force_when_all_have_confirmed_it,
    who_is_down_is_not_waited_for, who_is_lost_is_waited_for_no_more,
    who_was_lost_and_is_back_has_them_all,
    a_loss_is_noticed_by_what_another_one_says, one_that_refuses_is_enough,
    a_loss_does_not_permit_what_is_refused,
    a_room_that_is_not_watched_any_more_is_forgotten,
    many_wait_and_are_freed_with_it)
