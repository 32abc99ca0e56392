/* What is said to the server of presence: a page of seats at a time. */
#include <stdio.h>

#include "backend/redis_link.h"
#include "backend/redis_presence_talk.h"
#include "backend/redis_presence_words.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "core/seats.h"
#include "unit.h"

enum { SEATS = 2000 };

static struct conf conf;
static struct presence_talk talk;
static unsigned commands; /* that were put */

/* There is no link. */
int __wrap_redis_link_put(
    struct redis_link *link, const struct slice *arguments, size_t count);
int __wrap_redis_link_flush(struct redis_link *link);

int __wrap_redis_link_put(
    struct redis_link *link, const struct slice *arguments, size_t count)
{
	(void)link;
	(void)arguments;
	(void)count;
	commands++;
	return 0;
}

int __wrap_redis_link_flush(struct redis_link *link)
{
	(void)link;
	return 0;
}

/* It holds its lease, and many seats have changed. */
static void setup(void)
{
	talk = (struct presence_talk){
		.words =
		    redis_presence_words_new(&conf, &conf.redis, "instance"),
		.seats = seats_new(),
		.lease_ms = 1000000,
	};
	presence_talk_begin(&talk);
	talk.beat_ms = clock_ms();
	for (uint64_t i = 0; i < SEATS; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "r%u", (unsigned)i);
		seats_add(talk.seats, slice_str(name), i, 1);
	}
	commands = 0;
}

static void teardown(void)
{
	redis_presence_words_free(talk.words);
	seats_free(talk.seats);
}

/* The main thread does nothing else while it makes one. */
START_TEST(many_seats_are_written_in_pages)
{
	redis_presence_set_known(talk.words, PRESENCE_ROOM, true);
	ck_assert_int_eq(presence_talk_next(&talk), 0);
	ck_assert_int_eq(talk.ask, PRESENCE_ASK_WRITE);
	ck_assert_uint_eq(talk.left, commands);
	ck_assert_uint_gt(commands, 100);
	ck_assert_uint_lt(commands, SEATS / 4);
}
END_TEST

START_TEST(a_page_is_small_where_each_brings_the_script)
{
	ck_assert_int_eq(presence_talk_next(&talk), 0);
	ck_assert_int_eq(talk.ask, PRESENCE_ASK_WRITE);
	ck_assert_uint_eq(talk.left, commands);
	ck_assert_uint_gt(commands, 0);
	ck_assert_uint_lt(commands, 50);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "backend/redis_presence_talk",
    many_seats_are_written_in_pages,
    a_page_is_small_where_each_brings_the_script)
