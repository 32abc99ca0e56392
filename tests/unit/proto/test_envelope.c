/*
 * envelope: the corpora of tests/payloads, prefixes and mutations of them,
 * and the reuse of one envelope from payload to payload.
 */
#include <stdint.h>
#include <string.h>

#include "../base/rng.h"
#include "base/utf8.h"
#include "corpus.h"
#include "proto/envelope.h"
#include "target_names.h"
#include "unit.h"

#define GOOD  "tests/payloads/good.txt"
#define AIMED "tests/payloads/aimed.txt"
#define BAD   "tests/payloads/bad.txt"

/* Where a slice may point: into the payload, or into scratch. */
static bool is_inside(struct slice s, const char *start, size_t len)
{
	return s.ptr >= start && s.ptr + s.len <= start + len;
}

/* What holds for every envelope that was accepted. */
static void check_invariants(const struct envelope *e, struct slice payload)
{
	struct slice scratch = buf_slice(&e->store.scratch);

	ck_assert_uint_gt(e->store.targets.count, 0);
	for (size_t i = 0; i < e->store.targets.count; i++) {
		struct slice name = e->store.targets.items[i].name;

		ck_assert(names_check(&e->store.targets.items[i]));
		ck_assert(is_inside(name, payload.ptr, payload.len) ||
			  is_inside(name, scratch.ptr, scratch.len));
	}
	ck_assert(e->content.len == 0 ||
		  is_inside(e->content, payload.ptr, payload.len) ||
		  is_inside(e->content, scratch.ptr, scratch.len));
	if (e->kind == CONTENT_TEXT)
		ck_assert(utf8_is_valid(e->content, NULL));
}

static void check_rooms(const struct envelope *e, struct slice expected)
{
	const struct targets *t = &e->store.targets;
	char joined[4096];
	size_t len = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct slice name = t->items[i].name;

		ck_assert_int_eq(t->items[i].kind, TARGET_ROOM);
		if (i > 0)
			joined[len++] = ',';
		memcpy(joined + len, name.ptr, name.len);
		len += name.len;
	}
	ck_assert(slice_eq(slice_of(joined, len), expected));
}

static void check_targets(const struct envelope *e, struct slice expected)
{
	names_equal(&e->store.targets, expected);
}

/* Each row of a corpus whose targets are written as check reads them. */
static int check_corpus(const char *path,
    void (*check)(const struct envelope *e, struct slice expected))
{
	static const char *const kinds[] = { "any", "text", "binary" };
	struct envelope e = { 0 };
	struct corpus c;
	int rows = 0;

	for (corpus_open(&c, path); corpus_next(&c, 5); rows++) {
		const char *name = c.fields[0].ptr;
		char *copy = exact_copy(c.fields[4]);
		struct slice payload = slice_of(copy, c.fields[4].len);
		size_t offset = 0;
		enum envelope_reason reason =
		    envelope_parse(&e, payload, &offset);

		ck_assert_msg(reason == ENVELOPE_OK, "%s: %s at %zu", name,
		    envelope_reason_label(reason), offset);
		check_invariants(&e, payload);
		check(&e, c.fields[1]);
		ck_assert(slice_eq(slice_str(kinds[e.kind]), c.fields[2]));
		ck_assert_msg(slice_eq(e.content, c.fields[3]), "%s", name);
		free(copy);
	}
	corpus_close(&c);
	envelope_fini(&e);
	return rows;
}

START_TEST(every_good_payload_gives_its_rooms_and_content)
{
	ck_assert_int_ge(check_corpus(GOOD, check_rooms), 30);
}
END_TEST

START_TEST(users_connections_and_except_are_told_apart)
{
	ck_assert_int_ge(check_corpus(AIMED, check_targets), 20);
}
END_TEST

START_TEST(every_bad_payload_gives_its_reason_and_offset)
{
	struct envelope e = { 0 };
	struct corpus c;
	int rows = 0;

	for (corpus_open(&c, BAD); corpus_next(&c, 4); rows++) {
		char *copy = exact_copy(c.fields[3]);
		size_t offset = 0;
		enum envelope_reason reason = envelope_parse(
		    &e, slice_of(copy, c.fields[3].len), &offset);
		const char *label = envelope_reason_label(reason);

		ck_assert_msg(slice_eq(slice_str(label), c.fields[1]) &&
				  offset == strtoul(c.fields[2].ptr, NULL, 10),
		    "%s: %s at %zu", c.fields[0].ptr, label, offset);
		free(copy);
	}
	corpus_close(&c);
	envelope_fini(&e);
	ck_assert_int_ge(rows, 110);
}
END_TEST

/* Parse a copy, and check all that must hold whatever the bytes are. */
static enum envelope_reason parse_any(struct envelope *e, struct slice bytes)
{
	char *copy = exact_copy(bytes);
	struct slice payload = slice_of(copy, bytes.len);
	size_t offset = 0;
	enum envelope_reason reason = envelope_parse(e, payload, &offset);

	ck_assert(reason < ENVELOPE_REASON_COUNT);
	ck_assert(reason != ENVELOPE_TOO_BIG && reason != ENVELOPE_MEMORY);
	ck_assert_uint_le(offset, bytes.len);
	if (reason == ENVELOPE_OK)
		check_invariants(e, payload);
	free(copy);
	return reason;
}

static void cut_anywhere(const char *path)
{
	struct envelope e = { 0 };
	struct corpus c;

	corpus_open(&c, path);
	while (corpus_next(&c, 5)) {
		struct slice payload = c.fields[4];

		if (payload.ptr[0] != '{' ||
		    memchr(payload.ptr, 0, payload.len))
			continue;
		for (size_t len = 0; len < payload.len; len++)
			ck_assert(parse_any(&e, slice_of(payload.ptr, len)));
	}
	corpus_close(&c);
	envelope_fini(&e);
}

START_TEST(an_object_cut_anywhere_is_refused)
{
	cut_anywhere(GOOD);
	cut_anywhere(AIMED);
}
END_TEST

static void mutate(uint64_t *seed, char *bytes, size_t len)
{
	static const char alphabet[] =
	    "{}[]\",:\\u\0aroomstextbinaryuserconnectioncept= \xff";

	for (uint64_t n = 1 + rng_below(seed, 4); n > 0 && len > 0; n--)
		bytes[rng_below(seed, len)] =
		    alphabet[rng_below(seed, sizeof alphabet)];
}

static void mutate_all(const char *path)
{
	struct envelope e = { 0 };
	struct corpus c;
	uint64_t seed = 3;

	corpus_open(&c, path);
	while (corpus_next(&c, 5)) {
		for (int i = 0; i < 200; i++) {
			char *bytes = exact_copy(c.fields[4]);

			mutate(&seed, bytes, c.fields[4].len);
			(void)parse_any(&e, slice_of(bytes, c.fields[4].len));
			free(bytes);
		}
	}
	corpus_close(&c);
	envelope_fini(&e);
}

START_TEST(mutated_payloads_are_refused_or_well_formed)
{
	mutate_all(GOOD);
	mutate_all(AIMED);
}
END_TEST

START_TEST(a_payload_without_escapes_is_never_copied)
{
	struct slice payload = slice_str("{\"rooms\":[\"a\"],\"text\":\"x\"}");
	struct envelope e = { 0 };
	size_t offset;

	ck_assert_int_eq(envelope_parse(&e, payload, &offset), ENVELOPE_OK);
	ck_assert(
	    is_inside(e.store.targets.items[0].name, payload.ptr, payload.len));
	ck_assert(is_inside(e.content, payload.ptr, payload.len));
	ck_assert_ptr_null(e.store.scratch.data);
	envelope_fini(&e);
}
END_TEST

/* Scratch is reserved once: growing it would move names decoded before. */
START_TEST(many_decoded_names_keep_their_bytes)
{
	enum { ROOMS = 3000 };
	struct buf payload = { 0 };
	struct envelope e = { 0 };
	size_t offset;

	buf_puts(&payload, "{\"rooms\":[");
	for (int i = 0; i < ROOMS; i++)
		buf_printf(&payload, "%s\"\\u0072oom-%d\"", i ? "," : "", i);
	buf_puts(&payload, "],\"binary\":\"\\u0041\\u0041==\"}");
	ck_assert_int_eq(
	    envelope_parse(&e, buf_slice(&payload), &offset), ENVELOPE_OK);
	ck_assert_uint_eq(e.store.targets.count, ROOMS);
	for (int i = 0; i < ROOMS; i++) {
		char name[32];

		snprintf(name, sizeof name, "room-%d", i);
		ck_assert(
		    slice_eq(e.store.targets.items[i].name, slice_str(name)));
	}
	ck_assert(slice_eq(e.content, slice_of("", 1)));
	buf_fini(&payload);
	envelope_fini(&e);
}
END_TEST

START_TEST(memory_of_a_huge_payload_is_given_back)
{
	struct slice usual = slice_str("{\"rooms\":[\"a\"],\"text\":\"\\n\"}");
	struct buf huge = { 0 };
	struct envelope e = { 0 };
	size_t offset;

	buf_puts(&huge, "{\"text\":\"\\n\",\"rooms\":[\"a\"");
	for (int i = 0; i < 200000; i++)
		buf_puts(&huge, ",\"a-room\"");
	buf_puts(&huge, "]}");
	ck_assert_int_eq(
	    envelope_parse(&e, buf_slice(&huge), &offset), ENVELOPE_OK);
	ck_assert_uint_eq(e.store.targets.count, 200001);
	ck_assert_int_eq(envelope_parse(&e, usual, &offset), ENVELOPE_OK);
	ck_assert_uint_eq(e.store.targets.count, 1);
	ck_assert_uint_lt(e.store.scratch.cap, 1024);
	ck_assert_uint_lt(e.store.targets.cap, 1024);
	buf_fini(&huge);
	envelope_fini(&e);
}
END_TEST

START_TEST(what_is_not_to_be_kept_says_so)
{
	static const struct {
		const char *payload;
		bool keep;
	} rows[] = {
		{ "{\"rooms\":[1],\"keep\":false,\"text\":\"\"}", false },
		{ "{\"rooms\":[1],\"text\":\"\"}", true },
		{ "{\"rooms\":[1],\"text\":\"\",\"keep\": true}", true },
	};
	struct envelope e = { 0 };
	size_t offset;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_int_eq(
		    envelope_parse(&e, slice_str(rows[i].payload), &offset),
		    ENVELOPE_OK);
		ck_assert(e.keep == rows[i].keep);
	}
	envelope_fini(&e);
}
END_TEST

UNIT_MAIN("proto/envelope", every_good_payload_gives_its_rooms_and_content,
    users_connections_and_except_are_told_apart,
    every_bad_payload_gives_its_reason_and_offset,
    an_object_cut_anywhere_is_refused,
    mutated_payloads_are_refused_or_well_formed,
    a_payload_without_escapes_is_never_copied,
    many_decoded_names_keep_their_bytes, memory_of_a_huge_payload_is_given_back,
    what_is_not_to_be_kept_says_so)
