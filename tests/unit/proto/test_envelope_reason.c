/* envelope_reason: each mistake, and the line that names its culprit. */
#include <string.h>

#include "proto/control.h"
#include "proto/envelope.h"
#include "unit.h"

struct row {
	const char *payload;
	const char *text;
};

static struct envelope envelope;
static struct control control;

static void setup(void)
{
	envelope = (struct envelope){ 0 };
	control = (struct control){ 0 };
}

static void teardown(void)
{
	envelope_fini(&envelope);
	control_fini(&control);
}

typedef const struct envelope_fault *(*parse_fn)(struct slice payload);

static const struct envelope_fault *parse_envelope(struct slice payload)
{
	size_t offset;

	(void)envelope_parse(&envelope, payload, &offset);
	return &envelope.store.fault;
}

static const struct envelope_fault *parse_control(struct slice payload)
{
	size_t offset;

	(void)control_parse(&control, payload, &offset);
	return &control.store.fault;
}

static void check(const struct row *rows, size_t count, parse_fn parse)
{
	for (size_t i = 0; i < count; i++) {
		const struct envelope_fault *f =
		    parse(slice_str(rows[i].payload));
		char text[ENVELOPE_FAULT_TEXT_MAX];

		ck_assert_int_ne(f->reason, ENVELOPE_OK);
		envelope_fault_print(f, text);
		ck_assert_msg(strcmp(text, rows[i].text) == 0, "%s: %s",
		    rows[i].payload, text);
	}
}

START_TEST(envelopes_name_the_culprit)
{
	static const struct row rows[] = {
		{ "", "the payload is empty" },
		{ "hello",
		    "not a JSON object at byte 0: expected an envelope, as "
		    "{\"rooms\": [\"a\"], \"text\": \"b\"}, or a room "
		    "list" },
		{ "{\"room\":[\"a\"],\"text\":\"x\"}",
		    "unknown key 'room' at byte 1; did you mean "
		    "rooms?" },
		{ "{\"rooms\":[\"a\"],\"mesage\":1}",
		    "unknown key 'mesage' at byte 15; did you mean "
		    "message?" },
		{ "{\"rooms\":[\"a\"],\"user\":[1]}",
		    "unknown key 'user' at byte 15; did you mean "
		    "users?" },
		{ "{\"rooms\":[\"a\"],\"payload\":1}",
		    "unknown key 'payload' at byte 15" },
		{ "{\"a\tb\":1}", "malformed JSON at byte 3" },
		{ "{\"\xc3\xa4\\n\":1}", "unknown key '??\\n' at byte 1" },
		{ "{\"01234567890123456789012345678901234567890\":1}",
		    "unknown key '0123456789012345678901234567890123456789"
		    "...' at byte 1" },
		{ "{\"rooms\":\"a\",\"text\":\"x\"}",
		    "'rooms': a value of the wrong type at byte 9: "
		    "expected an array of strings or whole numbers" },
		{ "{\"users\":[1.5],\"text\":\"x\"}",
		    "'users': a value of the wrong type at byte 10: "
		    "expected an array of strings or whole numbers" },
		{ "{\"rooms\":[\"a\"],\"text\":1}",
		    "'text': a value of the wrong type at byte 22: "
		    "expected a string" },
		{ "{\"rooms\":[\"a,b\"],\"text\":\"\"}",
		    "'rooms': a room name that is not allowed at byte 10: "
		    "expected 1 to 255 bytes without control characters and "
		    "commas" },
		{ "{\"rooms\":[],\"text\":\"\"}",
		    "'rooms': no target at byte 9: expected an array of "
		    "strings or whole numbers" },
		{ "{\"text\":\"\"}",
		    "no target at byte 10: expected rooms, users or "
		    "connections" },
		{ "{\"rooms\":[\"a\"]}",
		    "no message, text or binary at byte 14" },
		{ "{\"rooms\":[\"a\"],\"rooms\":[]}",
		    "the same key twice 'rooms' at byte 15" },
		{ "{\"rooms\":[\"a\"],\"binary\":\"!\"}",
		    "'binary': binary is not base64 at byte 24" },
		{ "{\"rooms\":[\"a\"],\"message\":{1}}",
		    "'message': malformed JSON at byte 26" },
	};

	check(rows, sizeof rows / sizeof rows[0], parse_envelope);
}
END_TEST

START_TEST(commands_name_the_culprit)
{
	static const struct row rows[] = {
		{ "{\"users\":[1]}",
		    "no command, or an unknown one at byte 12: expected join, "
		    "leave, disconnect or forget" },
		{ "{\"command\":\"disconect\",\"users\":[1]}",
		    "'command': no command, or an unknown one at byte 11: "
		    "expected join, leave, disconnect or forget; did you mean "
		    "disconnect?" },
		{ "{\"command\":\"join\",\"users\":[1],\"code\":4000,"
		  "\"rooms\":[1]}",
		    "unknown key 'code' at byte 30: expected it with "
		    "disconnect only" },
		{ "{\"command\":\"join\",\"rooms\":[1]}",
		    "no target at byte 29: expected users or connections" },
	};

	check(rows, sizeof rows / sizeof rows[0], parse_control);
}
END_TEST

START_TEST(what_is_longer_than_a_line_is_cut)
{
	static char expected[1000];
	const struct envelope_fault f = { .reason = ENVELOPE_TYPE,
		.expected = memset(expected, 'x', sizeof expected - 1) };
	char text[ENVELOPE_FAULT_TEXT_MAX];

	envelope_fault_print(&f, text);
	ck_assert_uint_eq(strlen(text), sizeof text - 1);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "proto/envelope_reason",
    envelopes_name_the_culprit, commands_name_the_culprit,
    what_is_longer_than_a_line_is_cut)
