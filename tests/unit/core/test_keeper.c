/*
 * keeper: what the history gets of each payload of a stream, read live or at
 * boot, and what clients with ids are told of it.
 */
#include <stdio.h>

#include "keeperrig.h"
#include "unit.h"

/* As if the worker had said that it has a member. */
static void open_room(void)
{
	struct aim_room a = fake_room(&rig.fake, slice_str("a"));
	struct room_notice *n = room_notice_new(a.name, a.hash, 0, 0);

	watches_opened(&rig.watches, n, false);
	free(n);
}

static void setup_stream(void)
{
	static char stream[] = "stream";

	rig_setup();
	rig.fake.conf.history.stream = stream;
	open_keeper(&names_places);
	mark("1-0~base");
	(void)connect_client();
	open_room();
	(void)told();
}

static void enter_on(
    const char *channel, const char *id, const char *payload, bool is_past)
{
	const struct backend_message m = {
		.channel = slice_str(channel),
		.payload = slice_str(payload),
		.id = slice_str(id),
		.is_past = is_past,
	};

	hear(&m);
}

static void enter(const char *id, const char *content)
{
	enter_on("room:a", id, content, false);
}

static void read_past(const char *id, const char *content)
{
	enter_on("room:a", id, content, true);
}

static uint64_t head(void)
{
	return history_head(rig.keeper.history);
}

/* All that was there has been read. */
static void end_boot(void)
{
	mark("1-0~base");
	ck_assert_str_eq(told(), "all: 1-0~base gap; ");
}

/* --- a stream --- */

START_TEST(an_entry_is_told_by_its_id)
{
	end_boot();
	enter("2-1~abcd", "x");
	ck_assert_str_eq(told(), "2-1~abcd;x ");
	come("2-1");
	come("1-0~base");
	ck_assert_str_eq(told(), "[2-1 at; ] [1-0~base at; 2-1~abcd;x ] ");
}
END_TEST

START_TEST(beside_a_stream_what_is_published_has_no_position)
{
	end_boot();
	publish("x");
	ck_assert_str_eq(told(), ";x ");
	ck_assert_uint_eq(head(), 0);
	come("1-0");
	ck_assert_str_eq(told(), "[1-0 at; ] ");
}
END_TEST

START_TEST(every_entry_has_a_position_whatever_is_in_it)
{
	end_boot();
	enter_on("send", "2-1", "malformed", false);
	enter_on("elsewhere", "2-2", "x", false);
	enter_on("send", "2-3",
	    "{\"rooms\":[\"a\"],\"text\":\"x\",\"keep\":false}", false);
	ck_assert_str_eq(told(), ";x ");
	ck_assert_uint_eq(head(), 3);
	come("2-2");
	ck_assert_str_eq(told(), "[2-2 at; ] ");
}
END_TEST

/* A backend that lets one through has lost what is between. */
START_TEST(an_id_out_of_order_is_a_hole)
{
	end_boot();
	enter("3-1~abcd", "1");
	enter("3-1~xxxx", "2");
	enter("2-9~abcd", "3");
	enter("4-0~abcd", "4");
	ck_assert_str_eq(told(),
	    "3-1~abcd;1 all: 3-1~abcd gap; ;2 all: 3-1~abcd gap; ;3 "
	    "4-0~abcd;4 ");
	come("3-1");
	ck_assert_str_eq(
	    told(), "[3-1 at; 3-1~abcd gap; 3-1~abcd gap; 4-0~abcd;4 ] ");
}
END_TEST

/* --- read at boot --- */

START_TEST(what_is_past_is_for_who_comes_back)
{
	read_past("2-1~abcd", "x");
	ck_assert_str_eq(told(), "");
	ck_assert_uint_eq(counted(METRIC_PAYLOADS_UNROUTED), 0);
	come("1-0");
	ck_assert_str_eq(told(), ""); /* while it is read */
	mark("2-1");
	ck_assert_str_eq(told(), "all: 2-1~abcd gap; [1-0 at; 2-1~abcd;x ] ");
	enter("2-2~abcd", "y");
	ck_assert_str_eq(told(), "2-2~abcd;y ");
}
END_TEST

/* Not at the first mark either, and whatever is PUBLISHed meanwhile. */
START_TEST(nobody_is_live_before_the_past_has_been_read)
{
	come("1-0");
	ck_assert_str_eq(told(), "");
	read_past("2-1", "1");
	publish("x");
	ck_assert_str_eq(told(), ";x ");
	read_past("2-2", "2");
	ck_assert_str_eq(told(), "");
	mark("2-2");
	ck_assert_str_eq(told(), "all: 2-2 gap; [1-0 at; 2-1;1 2-2;2 ] ");
}
END_TEST

/* A part of it, for the server was lost: who was let in is told of the rest. */
START_TEST(who_was_let_in_before_the_rest_of_the_past_has_a_gap)
{
	read_past("2-1", "1");
	mark("2-1");
	come("2-1");
	ck_assert_str_eq(told(), "all: 2-1 gap; [2-1 at; ] ");
	read_past("2-2", "2");
	read_past("2-3", "3");
	come("2-1");
	ck_assert_str_eq(told(), "");
	mark("2-3");
	ck_assert_str_eq(told(), "all: 2-3 gap; [2-1 at; 2-2;2 2-3;3 ] ");
	enter("2-4", "4");
	ck_assert_str_eq(told(), "2-4;4 ");
}
END_TEST

START_TEST(who_has_no_cursor_begins_behind_the_past)
{
	come("");
	read_past("2-1", "1");
	read_past("2-2", "2");
	read_past("2-3", "3");
	mark("2-3");
	ck_assert_str_eq(told(), "all: 2-3 gap; [2-3 at; ] ");
}
END_TEST

START_TEST(the_last_of_the_past_are_its_last)
{
	struct conn *c = connect_client();
	struct resume *r = resume_new(c);

	r->max_age_ms = INT64_MAX;
	r->last = 1;
	keeper_take(&rig.keeper, r);
	read_past("2-1", "1");
	read_past("2-2", "2");
	read_past("2-3", "3");
	mark("2-3");
	ck_assert_str_eq(told(), "all: 2-3 gap; [2-2 at; 2-3;3 ] ");
}
END_TEST

START_TEST(a_command_of_the_past_is_not_carried_out)
{
	char id[CONN_ID_LEN + 1], command[160];

	conn_id(connect_client(), id);
	(void)snprintf(command, sizeof command,
	    "{\"command\":\"disconnect\",\"connections\":[\"%s\"]}", id);
	enter_on("control", "2-1", command, true);
	ck_assert_uint_eq(counted(METRIC_COMMANDS_DISCONNECT), 0);
	enter_on("control", "2-2", command, false);
	ck_assert_uint_eq(counted(METRIC_COMMANDS_DISCONNECT), 1);
	ck_assert_uint_eq(head(), 2);
}
END_TEST

START_TEST(what_is_lost_of_the_past_is_told_to_who_comes_back)
{
	static char large[(1 << 16) + 2];

	memset(large, 'x', sizeof large - 1);
	read_past("2-1", large);
	mark("2-1");
	ck_assert_str_eq(told(), "all: 2-1 gap; ");
	come("1-0");
	ck_assert_str_eq(told(), "[1-0 at; 2-1 gap; ] ");
}
END_TEST

/* How old an entry is says its id, where clocks do not differ. */
START_TEST(an_entry_is_as_old_as_its_id_says)
{
	char id[PLACE_MAX + 1];
	int64_t wall_ms = clock_wall_ms();
	int64_t age_ms;

	(void)snprintf(id, sizeof id, "%lld-0", (long long)wall_ms - 60000);
	read_past(id, "x");
	age_ms = clock_ms() - history_came_ms(rig.keeper.history, head());
	ck_assert_int_ge(age_ms, 60000);
	ck_assert_int_lt(age_ms, 70000);
	(void)snprintf(id, sizeof id, "%lld-0", (long long)wall_ms + 60000);
	read_past(id, "x");
	age_ms = clock_ms() - history_came_ms(rig.keeper.history, head());
	ck_assert_int_ge(age_ms, 0);
	ck_assert_int_lt(age_ms, 10000);
}
END_TEST

START_TEST(what_is_too_old_goes_at_the_next_tick)
{
	read_past("2-1", "x");
	read_past("18446744073709551615-1", "y");
	keeper_tick(&rig.keeper);
	ck_assert_uint_eq(history_floor(rig.keeper.history), 1);
	ck_assert_uint_eq(head(), 2);
}
END_TEST

/* --- where they are --- */

static size_t count_mail_of_a_tick(void)
{
	const struct mail *mail;
	size_t count;

	keeper_tick(&rig.keeper);
	outbox_post(&rig.outbox);
	mail = mailbox_take(rig.fake.worker->mailbox, &count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(mail[i].kind, MAIL_HERE);
		mail_drop(&mail[i]);
	}
	return count;
}

START_TEST(where_they_are_is_told_once_somebody_has_ids)
{
	end_boot();
	ck_assert_uint_eq(count_mail_of_a_tick(), 0);
	come("1-0");
	(void)told();
	ck_assert_uint_eq(count_mail_of_a_tick(), 1);
}
END_TEST

/* --- by marks --- */

/* In place of the stream, and with the first mark heard. */
static void go_by_marks(void)
{
	rig_teardown();
	rig_setup();
	open_keeper(&names_places);
	(void)connect_client();
	open_room();
	mark("m.1");
	(void)told();
}

START_TEST(what_came_before_the_mark_has_no_position)
{
	const struct backend_message m = {
		.channel = slice_str("room:a"),
		.payload = slice_str("before"),
		.has_no_place = true,
	};

	go_by_marks();
	hear(&m);
	ck_assert_str_eq(told(), ";before ");
	ck_assert_uint_eq(head(), 0);
	publish("behind");
	ck_assert_str_eq(told(), "m.1~1;behind ");
	come("m.1~0");
	ck_assert_str_eq(told(), "[m.1~0 at; m.1~1;behind ] ");
}
END_TEST

START_TEST(off_is_one_gap_and_no_cursor_is_known)
{
	go_by_marks();
	publish("kept");
	keeper_off(&rig.keeper);
	publish("x");
	keeper_tick(&rig.keeper);
	ck_assert_str_eq(told(), "m.1~1;kept all: nowhere gap; ;x ");
	come("m.1~1");
	come(rig.keeper.parking.nowhere);
	come("m.9~1");
	ck_assert_str_eq(
	    told(), "[nowhere gap; ] [nowhere gap; ] [nowhere gap; ] ");
	ck_assert_uint_eq(rig.backend.asked, 0);
	ck_assert_uint_eq(counted(METRIC_RESUMES_GAP_UNKNOWN), 3);
}
END_TEST

START_TEST(off_ends_with_a_void_and_may_come_again)
{
	go_by_marks();
	for (int i = 0; i < 2; i++) {
		keeper_off(&rig.keeper);
		ck_assert_str_eq(told(), "all: nowhere gap; ");
		keeper_void(&rig.keeper);
		mark(i ? "m.3" : "m.2");
		publish("x");
		ck_assert_str_eq(told(), i ? "all: m.3~0 gap; m.3~1;x "
					   : "all: m.2~0 gap; m.2~1;x ");
	}
}
END_TEST

UNIT_MAIN_WITH(setup_stream, rig_teardown, "core/keeper",
    an_entry_is_told_by_its_id,
    beside_a_stream_what_is_published_has_no_position,
    every_entry_has_a_position_whatever_is_in_it, an_id_out_of_order_is_a_hole,
    nobody_is_live_before_the_past_has_been_read,
    who_was_let_in_before_the_rest_of_the_past_has_a_gap,
    what_is_past_is_for_who_comes_back,
    a_command_of_the_past_is_not_carried_out,
    who_has_no_cursor_begins_behind_the_past, the_last_of_the_past_are_its_last,
    what_is_lost_of_the_past_is_told_to_who_comes_back,
    an_entry_is_as_old_as_its_id_says, what_is_too_old_goes_at_the_next_tick,
    where_they_are_is_told_once_somebody_has_ids,
    what_came_before_the_mark_has_no_position,
    off_is_one_gap_and_no_cursor_is_known,
    off_ends_with_a_void_and_may_come_again)
