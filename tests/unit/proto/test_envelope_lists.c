/*
 * envelope_lists beside envelope: what one finds of a payload that the other
 * takes, in the corpora and mutations of them, and at every place of a text.
 */
#include <stdint.h>
#include <string.h>

#include "../base/rng.h"
#include "corpus.h"
#include "proto/envelope.h"
#include "proto/envelope_lists.h"
#include "unit.h"

#define GOOD  "tests/payloads/good.txt"
#define AIMED "tests/payloads/aimed.txt"
#define BAD   "tests/payloads/bad.txt"

enum { MUTATIONS = 300 };

static bool has(const struct targets *t, const struct target *wanted)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].kind == wanted->kind &&
		    slice_eq(t->items[i].name, wanted->name))
			return true;
	return false;
}

/* Cross out of left, by TARGET_EXCEPT, what this list has. */
static void cross_out(struct targets *left, const struct targets *list)
{
	for (size_t i = 0; i < left->count; i++)
		if (has(list, &left->items[i]))
			left->items[i].kind = TARGET_EXCEPT;
}

/*
 * Walk to the end; the answer is the last one. What is still in left then was
 * in no list; NULL: nobody asks.
 */
static enum envelope_list walk(struct slice payload, struct targets *left)
{
	struct object_store store = { 0 };
	struct envelope_lists l;
	enum envelope_list step = ENVELOPE_LIST_UNSURE;

	if (envelope_lists_begin(&l, &store, payload))
		do {
			step = envelope_lists_next(&l);
			if (step == ENVELOPE_LIST_FOUND && left)
				cross_out(left, &store.targets);
		} while (step == ENVELOPE_LIST_FOUND);
	object_store_fini(&store);
	return step;
}

/* What must hold of any bytes; whether the walk was sure. */
static bool compare(struct slice bytes)
{
	char *copy = exact_copy(bytes);
	struct slice payload = slice_of(copy, bytes.len);
	struct envelope e = { 0 };
	size_t offset;
	bool is_good = !envelope_parse(&e, payload, &offset);
	struct targets *left = &e.store.targets;
	enum envelope_list step = walk(payload, is_good ? left : NULL);

	if (is_good && step == ENVELOPE_LIST_NONE)
		for (size_t i = 0; i < left->count; i++)
			ck_assert_msg(left->items[i].kind == TARGET_EXCEPT,
			    "missed: %.*s", (int)bytes.len, bytes.ptr);
	envelope_fini(&e);
	free(copy);
	return step == ENVELOPE_LIST_NONE;
}

/* How many rows of a corpus the walk is sure of. */
static int compare_corpus(const char *path)
{
	struct corpus c;
	int sure = 0;

	for (corpus_open(&c, path); corpus_next(&c, 5);)
		sure += compare(c.fields[4]);
	corpus_close(&c);
	return sure;
}

START_TEST(every_target_of_a_good_payload_is_in_a_list)
{
	ck_assert_int_ge(compare_corpus(GOOD), 30);
	ck_assert_int_ge(compare_corpus(AIMED), 10);
}
END_TEST

static void mutate(uint64_t *seed, char *bytes, size_t len)
{
	static const char alphabet[] = "{}[]\",:\\u007\0roomsusersconnections ";

	for (uint64_t n = 1 + rng_below(seed, 3); n > 0 && len > 0; n--)
		bytes[rng_below(seed, len)] =
		    alphabet[rng_below(seed, sizeof alphabet)];
}

static void mutate_corpus(const char *path, size_t columns)
{
	struct corpus c;
	uint64_t seed = 5;

	corpus_open(&c, path);
	while (corpus_next(&c, columns)) {
		struct slice row = c.fields[columns - 1];

		for (int i = 0; i < MUTATIONS; i++) {
			char *bytes = exact_copy(row);

			mutate(&seed, bytes, row.len);
			(void)compare(slice_of(bytes, row.len));
			free(bytes);
		}
	}
	corpus_close(&c);
}

START_TEST(a_mutated_payload_hides_no_target)
{
	mutate_corpus(GOOD, 5);
	mutate_corpus(AIMED, 5);
	mutate_corpus(BAD, 4);
}
END_TEST

/* However the text lies to the vectors that walk over it. */
START_TEST(a_list_is_found_at_every_place)
{
	enum { PLACES = 600, AROUND = 80 };
	static const char *const lists[] = { "\"rooms\":[\"a\"]",
		"\"users\" : [7]", "\"connections\":\n[\"x\"]" };

	for (size_t before = 0; before < PLACES; before++) {
		char *fill = malloc(PLACES + 1);

		memset(fill, 's', before);
		fill[before] = '\0';
		for (size_t i = 0; i < 3; i++) {
			struct buf text = { 0 };

			buf_printf(&text, "{\"text\":\"%s\",%s%.*s}", fill,
			    lists[i], (int)(before % AROUND),
			    "                                        "
			    "                                        ");
			ck_assert(compare(buf_slice(&text)));
			buf_fini(&text);
		}
		free(fill);
	}
}
END_TEST

/* However few bytes there are before and behind it. */
START_TEST(a_list_is_found_in_a_text_of_any_length)
{
	enum { AROUND = 140 };

	for (int around = 0; around < AROUND; around++)
		for (int before = 0; before <= around; before++) {
			struct buf text = { 0 };

			buf_printf(&text, "{%*s\"rooms\":[1],\"text\":5%*s}",
			    before, "", around - before, "");
			ck_assert(compare(buf_slice(&text)));
			buf_fini(&text);
		}
}
END_TEST

/* Whichever of the two is seen first. */
START_TEST(two_lists_are_found_at_any_places)
{
	enum { MOST = 400, STEP = 23 };

	for (int before = 0; before < MOST; before += STEP)
		for (int between = 0; between < MOST; between += STEP)
			for (int behind = 0; behind < MOST; behind += STEP) {
				struct buf text = { 0 };

				buf_printf(&text,
				    "{%*s\"rooms\":[1],%*s\"users\":[2],%*s"
				    "\"text\":\"\"}",
				    before, "", between, "", behind, "");
				ck_assert(compare(buf_slice(&text)));
				buf_fini(&text);
			}
}
END_TEST

/* Of a letter that is spelt so, and of no other escape, it must not be sure. */
START_TEST(an_escape_is_seen_at_every_place)
{
	enum { PLACES = 900 };
	static const char *const escapes[] = { "user\\u0073", "users\\u006f",
		"\\u0417", "\\u0020", "\\\\u00" };

	for (int before = 0; before < PLACES; before++)
		for (size_t i = 0; i < 5; i++) {
			struct buf text = { 0 };

			buf_printf(&text,
			    "{\"rooms\":[1],\"text\":\"%*s\",\"%s\":[2],"
			    "\"more\":\"%*s\"}",
			    before, "", escapes[i], PLACES - before, "");
			ck_assert_int_eq(walk(buf_slice(&text), NULL),
			    i < 2 ? ENVELOPE_LIST_UNSURE : ENVELOPE_LIST_NONE);
			buf_fini(&text);
		}
}
END_TEST

/* The longest key there is, all of it escapes, behind any text. */
START_TEST(a_key_of_escapes_is_no_long_text)
{
	enum { PLACES = 900 };

	for (int before = 0; before < PLACES; before++) {
		struct buf text = { 0 };

		buf_printf(
		    &text, "{\"rooms\":[1],\"text\":\"%*s\",\"", before, "");
		for (const char *p = "connections"; *p; p++)
			buf_printf(&text, "\\u%04x", *p);
		buf_printf(
		    &text, "\":[\"x\"],\"text\":\"%*s\"}", PLACES - before, "");
		ck_assert_int_eq(
		    walk(buf_slice(&text), NULL), ENVELOPE_LIST_UNSURE);
		buf_fini(&text);
	}
}
END_TEST

/* In a long text escapes and lists are no more than text; a NUL is not. */
START_TEST(a_long_text_is_text)
{
	static const struct {
		enum envelope_list last;
		const char *what;
		size_t len;
	} cases[] = {
		{ ENVELOPE_LIST_NONE, "user\\u0073", 10 },
		{ ENVELOPE_LIST_NONE, "rooms", 5 },
		{ ENVELOPE_LIST_UNSURE, "\0", 1 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int before = 1000; before < 1100; before++) {
			struct buf text = { 0 };

			buf_printf(
			    &text, "{\"rooms\":[1],\"text\":\"%*s", before, "");
			buf_putn(&text, cases[i].what, cases[i].len);
			buf_printf(&text, "%*s\"}", 2000 - before, "");
			ck_assert_int_eq(
			    walk(buf_slice(&text), NULL), cases[i].last);
			buf_fini(&text);
		}
}
END_TEST

static const struct {
	enum envelope_list last;
	const char *payload;
} walks[] = {
	/* a key that is a text, or a value, or a part of one */
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"a\"],\"text\":\"rooms\"}" },
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"a\"],\"message\":\"\\\"users\"}" },
	{ ENVELOPE_LIST_NONE,
	    "{\"rooms\":[\"a\"],\"message\":\"{\\\"users\\\":5}\"}" },
	{ ENVELOPE_LIST_NONE, "{\"message\":{\"bathrooms\":5},\"rooms\":[1]}" },
	/* a list of the message counts */
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[1],\"message\":{\"users\":[2]}}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[1],\"message\":{\"users\":2}}" },
	/* escapes that could be a letter, and others */
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[1],\"user\\u0073\":[2]}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[1],\"text\":\"\\u0061\"}" },
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[1],\"text\":\"\\u00e9 \\u0417\"}" },
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"\\u00e9\"],\"text\":\"x\"}" },
	/* mistakes that are seen */
	{ ENVELOPE_LIST_UNSURE, "" },
	{ ENVELOPE_LIST_UNSURE, "{}" },
	{ ENVELOPE_LIST_UNSURE, "a,b" },
	{ ENVELOPE_LIST_UNSURE, "[\"rooms\"]" },
	{ ENVELOPE_LIST_UNSURE, "{\"room\":[\"a\"],\"text\":\"x\"}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[],\"text\":\"x\"}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":\"a\",\"text\":\"x\"}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[\"a,b\"],\"text\":\"x\"}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[1.5],\"text\":\"x\"}" },
	{ ENVELOPE_LIST_UNSURE, "{\"rooms\":[\"a\"" },
	/* those that are not */
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"a\"],\"text\":5}" },
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"a\"],\"text\":\"x\"" },
	{ ENVELOPE_LIST_NONE, "{\"rooms\":[\"a\"]\xff" },
};

START_TEST(only_what_is_certain_is_said)
{
	for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
		struct slice payload = slice_str(walks[i].payload);

		(void)compare(payload);
		ck_assert_msg(walk(payload, NULL) == walks[i].last, "%s",
		    walks[i].payload);
	}
}
END_TEST

/* Text NUL: what looks like an object may be a room list with strange names. */
START_TEST(a_room_list_is_not_looked_into)
{
	static const char list[] = "{\"rooms\":[\"a\"],b\0text";

	ck_assert_int_eq(
	    walk(slice_of(list, sizeof list - 1), NULL), ENVELOPE_LIST_UNSURE);
}
END_TEST

UNIT_MAIN("proto/envelope_lists", every_target_of_a_good_payload_is_in_a_list,
    a_mutated_payload_hides_no_target, a_list_is_found_at_every_place,
    a_list_is_found_in_a_text_of_any_length, two_lists_are_found_at_any_places,
    an_escape_is_seen_at_every_place, a_key_of_escapes_is_no_long_text,
    a_long_text_is_text, only_what_is_certain_is_said,
    a_room_list_is_not_looked_into)
