/* control: the corpora of commands, prefixes and mutations of them. */
#include <stdint.h>
#include <string.h>

#include "../base/rng.h"
#include "base/buf.h"
#include "corpus.h"
#include "proto/control.h"
#include "target_names.h"
#include "unit.h"

#define GOOD "tests/payloads/commands-good.txt"
#define BAD  "tests/payloads/commands-bad.txt"

static const char *const words[] = { "join", "leave", "disconnect", "forget" };

START_TEST(every_good_command_says_what_whom_and_where)
{
	struct control control = { 0 };
	struct corpus c;
	int rows = 0;

	for (corpus_open(&c, GOOD); corpus_next(&c, 6); rows++) {
		char *copy = exact_copy(c.fields[5]);
		size_t offset = 0;
		enum envelope_reason reason = control_parse(
		    &control, slice_of(copy, c.fields[5].len), &offset);

		ck_assert_msg(reason == ENVELOPE_OK, "%s: %s at %zu",
		    c.fields[0].ptr, envelope_reason_label(reason), offset);
		ck_assert(
		    slice_eq(slice_str(words[control.command]), c.fields[1]));
		names_equal(&control.store.targets, c.fields[2]);
		ck_assert_uint_eq(
		    control.code, strtoul(c.fields[3].ptr, NULL, 10));
		ck_assert(slice_eq(control.reason, c.fields[4]));
		free(copy);
	}
	corpus_close(&c);
	control_fini(&control);
	ck_assert_int_ge(rows, 15);
}
END_TEST

START_TEST(every_bad_command_gives_its_reason_and_offset)
{
	struct control control = { 0 };
	struct corpus c;
	int rows = 0;

	for (corpus_open(&c, BAD); corpus_next(&c, 4); rows++) {
		char *copy = exact_copy(c.fields[3]);
		size_t offset = 0;
		enum envelope_reason reason = control_parse(
		    &control, slice_of(copy, c.fields[3].len), &offset);
		const char *label = envelope_reason_label(reason);

		ck_assert_msg(slice_eq(slice_str(label), c.fields[1]) &&
				  offset == strtoul(c.fields[2].ptr, NULL, 10),
		    "%s: %s at %zu", c.fields[0].ptr, label, offset);
		free(copy);
	}
	corpus_close(&c);
	control_fini(&control);
	ck_assert_int_ge(rows, 60);
}
END_TEST

/* Parse a copy, and check all that must hold whatever the bytes are. */
static enum envelope_reason parse_any(struct control *control, struct slice s)
{
	char *copy = exact_copy(s);
	size_t offset = 0;
	enum envelope_reason reason =
	    control_parse(control, slice_of(copy, s.len), &offset);

	ck_assert(reason < ENVELOPE_REASON_COUNT);
	ck_assert_uint_le(offset, s.len);
	if (reason == ENVELOPE_OK) {
		ck_assert_uint_gt(control->store.targets.count, 0);
		for (size_t i = 0; i < control->store.targets.count; i++)
			ck_assert(
			    names_check(&control->store.targets.items[i]));
		ck_assert_uint_le(control->reason.len, CONTROL_REASON_MAX);
	}
	free(copy);
	return reason;
}

START_TEST(a_command_cut_anywhere_is_refused)
{
	struct control control = { 0 };
	struct corpus c;

	corpus_open(&c, GOOD);
	while (corpus_next(&c, 6)) {
		struct slice payload = c.fields[5];

		while (payload.ptr[payload.len - 1] != '}')
			payload.len--;
		for (size_t len = 0; len < payload.len; len++)
			ck_assert(
			    parse_any(&control, slice_of(payload.ptr, len)));
	}
	corpus_close(&c);
	control_fini(&control);
}
END_TEST

START_TEST(mutated_commands_are_refused_or_well_formed)
{
	static const char alphabet[] = "{}[]\",:\\u\0a0149-.ejoinleavrms \xff";
	struct control control = { 0 };
	struct corpus c;
	uint64_t seed = 5;

	corpus_open(&c, GOOD);
	while (corpus_next(&c, 6)) {
		for (int i = 0; i < 500; i++) {
			char *bytes = exact_copy(c.fields[5]);
			size_t len = c.fields[5].len;

			for (uint64_t n = 1 + rng_below(&seed, 3); n > 0; n--)
				bytes[rng_below(&seed, len)] =
				    alphabet[rng_below(&seed, sizeof alphabet)];
			(void)parse_any(&control, slice_of(bytes, len));
			free(bytes);
		}
	}
	corpus_close(&c);
	control_fini(&control);
}
END_TEST

START_TEST(code_and_reason_of_the_last_command_are_forgotten)
{
	struct control control = { 0 };
	size_t offset;

	ck_assert_int_eq(
	    control_parse(&control,
		slice_str("{\"command\":\"disconnect\",\"users\":[\"a\"],"
			  "\"code\":4711,\"reason\":\"x\"}"),
		&offset),
	    ENVELOPE_OK);
	ck_assert_int_eq(control_parse(&control,
			     slice_str("{\"command\":\"disconnect\","
				       "\"users\":[\"b\"]}"),
			     &offset),
	    ENVELOPE_OK);
	ck_assert_uint_eq(control.code, CONTROL_CODE_DEFAULT);
	ck_assert_uint_eq(control.reason.len, 0);
	ck_assert_uint_eq(control.store.targets.count, 1);
	control_fini(&control);
}
END_TEST

START_TEST(a_command_forgets_a_bounded_number_of_names)
{
	struct control control = { 0 };
	struct buf text = { 0 };
	size_t offset, count;

	for (count = CONTROL_FORGET_MAX; count <= CONTROL_FORGET_MAX + 1;
	     count++) {
		bool is_fine = count <= CONTROL_FORGET_MAX;

		text.len = 0;
		buf_puts(&text, "{\"command\":\"forget\",\"rooms\":[\"a\"],"
				"\"ids\":[\"1-0\"");
		for (size_t i = 2; i < count; i++)
			buf_puts(&text, ",\"1-0\"");
		buf_puts(&text, "]}");
		ck_assert_int_eq(
		    control_parse(&control, buf_slice(&text), &offset),
		    is_fine ? ENVELOPE_OK : ENVELOPE_TOO_MANY);
	}
	buf_fini(&text);
	control_fini(&control);
}
END_TEST

UNIT_MAIN("proto/control", every_good_command_says_what_whom_and_where,
    every_bad_command_gives_its_reason_and_offset,
    a_command_cut_anywhere_is_refused,
    mutated_commands_are_refused_or_well_formed,
    code_and_reason_of_the_last_command_are_forgotten,
    a_command_forgets_a_bounded_number_of_names)
