/* One payload encoded once, in the forms that routes ask for. */
#include <string.h>

#include "base/mem.h"
#include "core/message.h"
#include "proto/sse.h"
#include "unit.h"

enum {
	TEXT = 1 << MESSAGE_AS_TEXT,
	BINARY = 1 << MESSAGE_AS_BINARY,
	TEXT_WITH_ID = 1 << MESSAGE_AS_TEXT_WITH_ID,
	BINARY_WITH_ID = 1 << MESSAGE_AS_BINARY_WITH_ID,
	ALL = TEXT | BINARY | TEXT_WITH_ID | BINARY_WITH_ID,
	EVENT = 1 << MESSAGE_AS_EVENT,
	EVENT_WITH_ID = 1 << MESSAGE_AS_EVENT_WITH_ID,
};

static const enum message_kind kinds_of_messages[] = { MESSAGE_AS_TEXT,
	MESSAGE_AS_BINARY, MESSAGE_AS_TEXT_WITH_ID, MESSAGE_AS_BINARY_WITH_ID };

enum { KINDS = 4, KINDS_WITHOUT_ID = 2 };

static struct message *make(
    struct slice content, enum content_kind kind, unsigned kinds)
{
	const struct aim everyone = { .is_everyone = true };
	struct message *m = message_new(
	    &(struct message_parts){
		.content = content, .kind = kind, .kinds = kinds },
	    &everyone, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

static int opcode(const struct message *m, uint8_t form)
{
	return (unsigned char)message_frame(m, form).ptr[0];
}

START_TEST(utf8_is_text_unless_binary_is_asked_for)
{
	struct message *m = make(slice_str("hi"), CONTENT_ANY, TEXT | BINARY);

	ck_assert_int_eq(opcode(m, MESSAGE_AS_TEXT), 0x81);
	ck_assert_int_eq(opcode(m, MESSAGE_AS_BINARY), 0x82);
	ck_assert_uint_eq(message_frame(m, MESSAGE_AS_TEXT).len, 4);
	ck_assert_int_eq(
	    memcmp(message_frame(m, MESSAGE_AS_BINARY).ptr, "\x82\x02hi", 4),
	    0);
	(void)message_unref(m);
}
END_TEST

START_TEST(what_is_not_utf8_is_binary_in_both_forms)
{
	struct message *m = make(slice_of("\xff\x00", 2), CONTENT_ANY, TEXT);

	ck_assert_int_eq(opcode(m, MESSAGE_AS_TEXT), 0x82);
	ck_assert_int_eq(opcode(m, MESSAGE_AS_BINARY), 0x82);
	(void)message_unref(m);
}
END_TEST

START_TEST(binary_content_stays_binary_even_when_it_is_utf8)
{
	struct message *m = make(slice_str("hi"), CONTENT_BINARY, TEXT);

	ck_assert_int_eq(opcode(m, MESSAGE_AS_TEXT), 0x82);
	(void)message_unref(m);
}
END_TEST

START_TEST(lengths_take_two_four_or_ten_bytes_of_head)
{
	static const struct {
		size_t payload;
		size_t head;
	} rows[] = { { 0, 2 }, { 125, 2 }, { 126, 4 }, { 65535, 4 },
		{ 65536, 10 }, { 1 << 20, 10 } };
	char *bytes = calloc(1, 1 << 20);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct message *m =
		    make(slice_of(bytes, rows[i].payload), CONTENT_ANY, TEXT);
		const unsigned char *p =
		    (const unsigned char *)message_frame(m, MESSAGE_AS_TEXT)
			.ptr;
		size_t len = p[1];

		if (len == 126)
			len = (size_t)p[2] << 8 | p[3];
		else if (len == 127)
			len = (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
		ck_assert_uint_eq(message_frame(m, MESSAGE_AS_TEXT).len,
		    rows[i].head + rows[i].payload);
		ck_assert_uint_eq(len, rows[i].payload);
		(void)message_unref(m);
	}
	free(bytes);
}
END_TEST

START_TEST(the_aim_is_copied_with_names_and_references)
{
	char name[] = "room-1";
	struct aim_room rooms[] = { { 7, { name, 6 } }, { 8, { name, 3 } } };
	struct conn_ref refs[] = { { .worker = 1, .slot = 2, .serial = 3 },
		{ .worker = 4, .slot = 5, .serial = 6 } };
	const struct aim_room spared = { 9, slice_str("me") };
	const struct aim aim = {
		.rooms = rooms,
		.room_count = 2,
		.connections = refs,
		.connection_count = 1,
		.excepts = refs,
		.except_count = 2,
		.spared = &spared,
		.spared_count = 1,
	};
	struct message *m =
	    message_new(&(struct message_parts){ .content = slice_str("x"),
			    .kind = CONTENT_TEXT,
			    .kinds = TEXT },
		&aim, 1);

	memset(name, '#', sizeof name);
	memset(rooms, 0, sizeof rooms);
	memset(refs, 0, sizeof refs);
	ck_assert(!m->aim.is_everyone);
	ck_assert_uint_eq(m->aim.room_count, 2);
	ck_assert(slice_eq(m->aim.rooms[0].name, slice_str("room-1")));
	ck_assert(slice_eq(m->aim.rooms[1].name, slice_str("roo")));
	ck_assert_uint_eq(m->aim.rooms[1].hash, 8);
	ck_assert_uint_eq(m->aim.connection_count, 1);
	ck_assert_uint_eq(m->aim.connections[0].serial, 3);
	ck_assert_uint_eq(m->aim.except_count, 2);
	ck_assert_uint_eq(m->aim.excepts[1].slot, 5);
	ck_assert_uint_eq(m->aim.spared[0].hash, 9);
	ck_assert(slice_eq(m->aim.spared[0].name, slice_str("me")));
	ck_assert_int_eq(
	    memcmp(message_frame(m, MESSAGE_AS_TEXT).ptr, "\x81\x01x", 3), 0);
	(void)message_unref(m);
}
END_TEST

static struct message *make_deflated(
    struct slice content, enum content_kind kind, unsigned kinds)
{
	const struct aim everyone = { .is_everyone = true };
	struct message *m =
	    message_new(&(struct message_parts){ .content = content,
			    .kind = kind,
			    .kinds = kinds,
			    .deflated = slice_str("123") },
		&everyone, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

START_TEST(a_form_is_a_kind_and_a_bit)
{
	for (unsigned i = 0; i < KINDS; i++) {
		enum message_kind kind = kinds_of_messages[i];
		uint8_t plain = message_form(kind, false);
		uint8_t deflated = message_form(kind, true);

		ck_assert_uint_eq(plain, kind);
		ck_assert_uint_lt(deflated, MESSAGE_FORMS);
		ck_assert_uint_ne(deflated, plain);
		ck_assert(!message_form_is_deflated(plain));
		ck_assert(message_form_is_deflated(deflated));
		ck_assert_uint_eq(message_form_plain(plain), plain);
		ck_assert_uint_eq(message_form_plain(deflated), plain);
	}
}
END_TEST

START_TEST(deflated_frames_stand_beside_the_plain_ones)
{
	struct message *m = make_deflated(
	    slice_str("a text of some bytes"), CONTENT_ANY, TEXT | BINARY);
	struct slice text =
	    message_frame(m, message_form(MESSAGE_AS_TEXT, true));
	struct slice binary =
	    message_frame(m, message_form(MESSAGE_AS_BINARY, true));

	ck_assert(slice_eq(text, slice_of("\xc1\x03"
					  "123",
				     5)));
	ck_assert(slice_eq(binary, slice_of("\xc2\x03"
					    "123",
				       5)));
	ck_assert_int_eq(opcode(m, MESSAGE_AS_TEXT), 0x81);
	ck_assert_int_eq(opcode(m, MESSAGE_AS_BINARY), 0x82);
	(void)message_unref(m);
}
END_TEST

START_TEST(without_a_deflated_payload_all_get_plain_frames)
{
	struct message *m = make(slice_str("text"), CONTENT_ANY, TEXT | BINARY);

	for (unsigned kind = 0; kind < KINDS_WITHOUT_ID; kind++)
		ck_assert_ptr_eq(message_frame(m, message_form(kind, true)).ptr,
		    message_frame(m, message_form(kind, false)).ptr);
	(void)message_unref(m);
	m = make(slice_str("text"), CONTENT_ANY, TEXT);
	for (uint8_t f = 0; f < MESSAGE_FORMS; f++)
		ck_assert_int_eq(opcode(m, f), 0x81);
	(void)message_unref(m);
}
END_TEST

START_TEST(deflated_content_that_is_not_utf8_is_binary)
{
	struct message *m =
	    make_deflated(slice_str("\xff\xfe"), CONTENT_ANY, TEXT | BINARY);

	for (unsigned kind = 0; kind < KINDS_WITHOUT_ID; kind++)
		ck_assert_int_eq(opcode(m, message_form(kind, true)), 0xc2);
	ck_assert_int_eq(opcode(m, MESSAGE_AS_TEXT), 0x82);
	(void)message_unref(m);
}
END_TEST

START_TEST(a_message_has_no_frame_that_nobody_asks_for)
{
	struct message *one = make(slice_str("hi"), CONTENT_ANY, TEXT);
	struct message *two = make(slice_str("hi"), CONTENT_ANY, TEXT | BINARY);
	struct message *more =
	    make_deflated(slice_str("hi"), CONTENT_ANY, TEXT);

	ck_assert_uint_eq(one->bytes,
	    sizeof *one + sizeof one->frames[0] + 4 + MEM_BLOCK_COST);
	ck_assert_uint_eq(two->bytes, one->bytes + sizeof one->frames[0] + 4);
	ck_assert_uint_eq(more->bytes, one->bytes + sizeof one->frames[0] + 5);
	(void)message_unref(one);
	(void)message_unref(two);
	(void)message_unref(more);
}
END_TEST

/* --- ids --- */

static struct message *make_with_id(
    const char *id, struct slice content, unsigned kinds)
{
	const struct aim everyone = { .is_everyone = true };
	const struct message_parts parts = {
		.content = content,
		.kinds = kinds,
		.id = slice_str(id),
	};
	struct message *m = message_new(&parts, &everyone, 1);

	ck_assert_ptr_nonnull(m);
	return m;
}

static void check_frame(
    const struct message *m, uint8_t form, const char *bytes, size_t len)
{
	ck_assert(slice_eq(message_frame(m, form), slice_of(bytes, len)));
}

START_TEST(with_an_id_the_payload_is_behind_its_line)
{
	struct message *m = make_with_id("a~7", slice_str("hi"), ALL);

	check_frame(m, MESSAGE_AS_TEXT, "\x81\x02hi", 4);
	check_frame(m, MESSAGE_AS_BINARY, "\x82\x02hi", 4);
	check_frame(m, MESSAGE_AS_TEXT_WITH_ID,
	    "\x81\x06"
	    "a~7\nhi",
	    8);
	check_frame(m, MESSAGE_AS_BINARY_WITH_ID,
	    "\x82\x06"
	    "a~7\nhi",
	    8);
	(void)message_unref(m);
}
END_TEST

START_TEST(what_is_not_kept_has_an_empty_line)
{
	struct message *m = make_with_id("", slice_str("hi"), ALL);

	check_frame(m, MESSAGE_AS_TEXT, "\x81\x02hi", 4);
	check_frame(m, MESSAGE_AS_TEXT_WITH_ID, "\x81\x03\nhi", 5);
	(void)message_unref(m);
}
END_TEST

START_TEST(empty_content_is_only_a_line)
{
	struct message *m = make_with_id("b", slice_str(""), ALL);

	check_frame(m, MESSAGE_AS_TEXT_WITH_ID,
	    "\x81\x02"
	    "b\n",
	    4);
	check_frame(m, MESSAGE_AS_TEXT, "\x81\x00", 2);
	(void)message_unref(m);
}
END_TEST

START_TEST(with_an_id_the_opcode_is_the_same_as_without)
{
	static const struct {
		const char *content;
		unsigned kinds;
	} rows[] = {
		{ "hi", ALL },
		{ "\xff\xfe", ALL },
		{ "hi", TEXT | TEXT_WITH_ID },
		{ "\xff\xfe", TEXT | TEXT_WITH_ID },
		{ "hi", BINARY | BINARY_WITH_ID },
		{ "hi", TEXT | BINARY | TEXT_WITH_ID },
		{ "hi", TEXT | BINARY | BINARY_WITH_ID },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct message *m = make_with_id(
		    "id", slice_str(rows[i].content), rows[i].kinds);

		for (unsigned k = 0; k < KINDS; k++) {
			uint8_t form =
			    message_form(kinds_of_messages[k], false);

			if (rows[i].kinds & 1u << form)
				ck_assert_int_eq(opcode(m, form),
				    opcode(m, form & ~MESSAGE_WITH_ID));
		}
		(void)message_unref(m);
	}
}
END_TEST

/* Each of the two may come out smaller deflated, or not. */
START_TEST(with_an_id_frames_are_deflated_with_their_line)
{
	const struct aim everyone = { .is_everyone = true };
	struct message_parts parts = {
		.content = slice_str("some content"),
		.kinds = TEXT | TEXT_WITH_ID,
		.deflated = slice_str("12"),
		.id = slice_str("i"),
		.deflated_with_id = slice_str("345"),
	};
	struct message *m = message_new(&parts, &everyone, 1);

	check_frame(m, message_form(MESSAGE_AS_TEXT, true),
	    "\xc1\x02"
	    "12",
	    4);
	check_frame(m, message_form(MESSAGE_AS_TEXT_WITH_ID, true),
	    "\xc1\x03"
	    "345",
	    5);
	(void)message_unref(m);
	parts.deflated = slice_of(NULL, 0);
	m = message_new(&parts, &everyone, 1);
	check_frame(
	    m, message_form(MESSAGE_AS_TEXT, true), "\x81\x0csome content", 14);
	check_frame(m, message_form(MESSAGE_AS_TEXT_WITH_ID, true),
	    "\xc1\x03"
	    "345",
	    5);
	(void)message_unref(m);
	parts.deflated = slice_str("12");
	parts.deflated_with_id = slice_of(NULL, 0);
	m = message_new(&parts, &everyone, 1);
	check_frame(m, message_form(MESSAGE_AS_TEXT, true),
	    "\xc1\x02"
	    "12",
	    4);
	check_frame(m, message_form(MESSAGE_AS_TEXT_WITH_ID, true),
	    "\x81\x0ei\nsome content", 16);
	(void)message_unref(m);
}
END_TEST

/* Frames and their places; the aim has no arrays. */
START_TEST(ids_cost_only_where_they_are_asked_for)
{
	struct message *without = make_with_id("id", slice_str("hi"), TEXT);
	struct message *with =
	    make_with_id("id", slice_str("hi"), TEXT | TEXT_WITH_ID);

	ck_assert_uint_eq(without->bytes,
	    sizeof *without + sizeof without->frames[0] + 4 + MEM_BLOCK_COST);
	ck_assert_uint_eq(
	    with->bytes, without->bytes + sizeof with->frames[0] + 7);
	ck_assert_uint_eq(with->extra, with->bytes - 4 - 7);
	(void)message_unref(without);
	(void)message_unref(with);
}
END_TEST

/* --- events --- */

static void check_event(const struct message *m, uint8_t form, const char *text)
{
	check_frame(m, form, text, strlen(text));
}

START_TEST(events_stand_beside_frames)
{
	struct message *m = make_with_id("a~7", slice_str("hi\nho"),
	    TEXT | TEXT_WITH_ID | EVENT | EVENT_WITH_ID);

	check_frame(m, MESSAGE_AS_TEXT, "\x81\x05hi\nho", 7);
	check_event(m, MESSAGE_AS_EVENT, "data: hi\ndata: ho\n\n");
	check_event(
	    m, MESSAGE_AS_EVENT_WITH_ID, "id: a~7\ndata: hi\ndata: ho\n\n");
	(void)message_unref(m);
}
END_TEST

START_TEST(an_event_that_is_not_kept_has_no_id)
{
	struct message *m =
	    make_with_id("", slice_str("hi"), EVENT | EVENT_WITH_ID);

	check_event(m, MESSAGE_AS_EVENT_WITH_ID, "data: hi\n\n");
	ck_assert_ptr_eq(message_frame(m, MESSAGE_AS_EVENT).ptr,
	    message_frame(m, MESSAGE_AS_EVENT_WITH_ID).ptr);
	(void)message_unref(m);
}
END_TEST

START_TEST(what_is_not_text_is_base64_in_an_event)
{
	struct message *any = make(slice_of("\xff\0", 2), CONTENT_ANY, EVENT);
	struct message *told = make(slice_str("hi"), CONTENT_BINARY, EVENT);

	check_event(any, MESSAGE_AS_EVENT, "event: binary\ndata: /wA=\n\n");
	check_event(told, MESSAGE_AS_EVENT, "event: binary\ndata: aGk=\n\n");
	(void)message_unref(any);
	(void)message_unref(told);
}
END_TEST

/* As notes are: for whoever asks, in whatever form. */
START_TEST(an_event_may_be_another_than_the_frames)
{
	const struct aim everyone = { .is_everyone = true };
	const struct sse_event event = { .id = slice_str("7"),
		.is_silent = true };
	const struct message_parts parts = {
		.content = slice_str("7 at\n"),
		.kind = CONTENT_TEXT,
		.kinds = TEXT | EVENT_WITH_ID,
		.event = &event,
	};
	struct message *m = message_new(&parts, &everyone, 1);

	check_event(m, MESSAGE_AS_EVENT_WITH_ID, "id: 7\n\n");
	for (uint8_t form = 0; form < MESSAGE_EVENT; form++)
		check_frame(m, form,
		    "\x81\x05"
		    "7 at\n",
		    7);
	(void)message_unref(m);
}
END_TEST

START_TEST(no_frame_is_empty)
{
	struct message *m =
	    make(slice_str(""), CONTENT_ANY, ALL | EVENT | EVENT_WITH_ID);

	for (uint8_t form = 0; form < MESSAGE_FORMS; form++)
		ck_assert_uint_gt(message_frame(m, form).len, 0);
	check_event(m, MESSAGE_AS_EVENT, "data: \n\n");
	(void)message_unref(m);
}
END_TEST

START_TEST(joined_ones_are_all_frames_of_each_form)
{
	struct message *parts[] = {
		make(slice_str("hi"), CONTENT_TEXT, TEXT | BINARY),
		make(slice_str("ho"), CONTENT_TEXT, TEXT | BINARY),
	};
	struct message *m, *other;

	ck_assert(message_is_like(parts[0], parts[1]));
	m = message_join(parts, 2, 7);
	ck_assert(slice_eq(message_frame(m, MESSAGE_AS_TEXT),
	    slice_str("\x81\x02hi\x81\x02ho")));
	ck_assert(slice_eq(message_frame(m, MESSAGE_AS_BINARY),
	    slice_str("\x82\x02hi\x82\x02ho")));
	ck_assert_uint_eq(m->extra, 7);
	other = make(slice_str("hi"), CONTENT_TEXT, TEXT);
	ck_assert(!message_is_like(parts[0], other));
	(void)message_unref(other);
	(void)message_unref(parts[0]);
	(void)message_unref(parts[1]);
	ck_assert_uint_gt(message_unref(m), 16);
}
END_TEST

UNIT_MAIN("core/message", utf8_is_text_unless_binary_is_asked_for,
    what_is_not_utf8_is_binary_in_both_forms,
    binary_content_stays_binary_even_when_it_is_utf8,
    lengths_take_two_four_or_ten_bytes_of_head,
    the_aim_is_copied_with_names_and_references, a_form_is_a_kind_and_a_bit,
    deflated_frames_stand_beside_the_plain_ones,
    without_a_deflated_payload_all_get_plain_frames,
    deflated_content_that_is_not_utf8_is_binary,
    a_message_has_no_frame_that_nobody_asks_for,
    with_an_id_the_payload_is_behind_its_line,
    what_is_not_kept_has_an_empty_line, empty_content_is_only_a_line,
    with_an_id_the_opcode_is_the_same_as_without,
    with_an_id_frames_are_deflated_with_their_line,
    ids_cost_only_where_they_are_asked_for, events_stand_beside_frames,
    an_event_that_is_not_kept_has_no_id, what_is_not_text_is_base64_in_an_event,
    an_event_may_be_another_than_the_frames, no_frame_is_empty,
    joined_ones_are_all_frames_of_each_form)
