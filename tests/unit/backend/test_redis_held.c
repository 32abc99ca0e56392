/* redis_held: what waits comes out as it went in, and not all can wait. */
#include <stdio.h>
#include <stdlib.h>

#include "backend/redis_held.h"
#include "unit.h"

static struct redis_held h;

static void set_up(void)
{
	redis_held_init(&h);
}

static void tear_down(void)
{
	redis_held_reset(&h);
	ck_assert_uint_eq(h.bytes, 0);
}

static void add(const char *channel, const char *payload)
{
	redis_held_add(&h, slice_str(channel), slice_str(payload));
}

/* The oldest as "CHANNEL=PAYLOAD"; "" when there is none. */
static const char *take(void)
{
	static char text[100];
	struct redis_held_payload *p = redis_held_take(&h);

	if (!p)
		return "";
	(void)snprintf(text, sizeof text, "%.*s=%.*s", (int)p->channel.len,
	    p->channel.ptr, (int)p->payload.len, p->payload.ptr);
	free(p);
	return text;
}

START_TEST(what_was_first_comes_first)
{
	add("a", "1");
	add("b", "");
	add("", "3");
	ck_assert_str_eq(take(), "a=1");
	ck_assert_str_eq(take(), "b=");
	ck_assert_str_eq(take(), "=3");
	ck_assert_str_eq(take(), "");
	ck_assert(!h.has_lost);
	ck_assert_uint_eq(h.bytes, 0);
}
END_TEST

START_TEST(where_it_is_too_much_the_oldest_go)
{
	static char large[REDIS_HELD_BYTES / 4];

	memset(large, 'x', sizeof large - 1);
	add("c", "0");
	for (int i = 0; i < 3; i++)
		add("c", large);
	ck_assert(!h.has_lost);
	add("c", large);
	ck_assert(h.has_lost);
	ck_assert_uint_le(h.bytes, REDIS_HELD_BYTES);
	for (int i = 0; i < 3; i++)
		ck_assert_str_ne(take(), "c=0");
	ck_assert_str_eq(take(), "");
	redis_held_reset(&h);
	ck_assert(!h.has_lost);
}
END_TEST

START_TEST(one_that_is_too_much_by_itself_leaves_nothing)
{
	static char huge[REDIS_HELD_BYTES + 1];

	memset(huge, 'x', sizeof huge - 1);
	add("c", "0");
	add("c", huge);
	ck_assert(h.has_lost);
	add("c", "1");
	ck_assert_str_eq(take(), "c=1");
	ck_assert_str_eq(take(), "");
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_held",
    what_was_first_comes_first, where_it_is_too_much_the_oldest_go,
    one_that_is_too_much_by_itself_leaves_nothing)
