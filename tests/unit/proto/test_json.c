/*
 * json: tables of what is and is not JSON, a recursive model that the scanner
 * must agree with on mutated texts, and the decoding of strings.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "../base/rng.h"
#include "corpus.h"
#include "proto/json.h"
#include "unit.h"

/* Whether the whole text is one value; *at is where the scanner stopped. */
static int scan(struct slice text, size_t *at)
{
	char *copy = exact_copy(text);
	struct json_scan s = { copy, copy + text.len };
	int code;

	json_skip_space(&s);
	code = json_skip_value(&s);
	if (code == 0) {
		json_skip_space(&s);
		code = s.at == s.end ? 0 : -EINVAL;
	}
	*at = (size_t)(s.at - copy);
	free(copy);
	return code;
}

START_TEST(values_of_every_kind_are_passed)
{
	static const char *const texts[] = { "null", "true", "false", "0", "-0",
		"10", "-1.5", "0.0", "1e400", "1E+5", "1e-05", "0e0",
		"12345678901234567890", "\"\"", "\"a\"", "[]", "{}", "[ ]",
		"{ }", "[1,2]", "[[],{}]", "{\"\":0}", " [ 1 , \"\" ] ",
		"{\"a\" : {\"a\":[{\"b\":null}]} , \"a\":1}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD800\"",
		"\"\x7f\xc2\x80\xf0\x9f\x98\x80\"", "\t\r\n 1 \t\r\n" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t at;

		ck_assert_msg(scan(slice_str(texts[i]), &at) == 0,
		    "%s: stopped at %zu", texts[i], at);
	}
}
END_TEST

START_TEST(mistakes_are_found_at_their_byte)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = { { "", 0 }, { " ", 1 }, { "nul", 3 }, { "nulL", 3 },
		{ "True", 0 }, { "01", 1 }, { "-", 1 }, { "-a", 1 },
		{ "+1", 0 }, { ".5", 0 }, { "1.", 2 }, { "1.e5", 2 },
		{ "1e", 2 }, { "1e+", 3 }, { "1e5.5", 3 }, { "NaN", 0 },
		{ "-Infinity", 1 }, { "0x1", 1 }, { "1 2", 2 }, { "\"", 1 },
		{ "\"a", 2 }, { "\"\\", 2 }, { "\"\\a\"", 2 },
		{ "\"\\u12\"", 5 }, { "\"\\u123g\"", 6 }, { "\"\n\"", 1 },
		{ "\"01234567\x1f\"", 9 }, { "[", 1 }, { "[1", 2 },
		{ "[1,", 3 }, { "[1,]", 3 }, { "[,1]", 1 }, { "[1 2]", 3 },
		{ "[1}", 2 }, { "]", 0 }, { "[]]", 2 }, { "{", 1 },
		{ "{1:2}", 1 }, { "{\"a\"}", 4 }, { "{\"a\":}", 5 },
		{ "{\"a\":1,}", 7 }, { "{\"a\":1]", 6 }, { "{\"a\" 1}", 5 },
		{ "{\"a\":1 \"b\":2}", 7 }, { "[\"a\":1]", 4 }, { "{]", 1 },
		{ "'a'", 0 }, { "/**/1", 0 }, { "[1,/**/2]", 3 } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t at;
		int code = scan(slice_str(rows[i].text), &at);

		ck_assert_msg(code == -EINVAL && at == rows[i].at,
		    "%s: %d at %zu", rows[i].text, code, at);
	}
}
END_TEST

START_TEST(a_nul_byte_is_no_escape_and_no_value)
{
	size_t at;

	ck_assert_int_eq(scan(slice_of("\0", 1), &at), -EINVAL);
	ck_assert_int_eq(scan(slice_of("\"\\\0\"", 4), &at), -EINVAL);
	ck_assert_uint_eq(at, 2);
	ck_assert_int_eq(scan(slice_of("\"a\0\"", 4), &at), -EINVAL);
	ck_assert_uint_eq(at, 2);
}
END_TEST

static int scan_nested(size_t depth, const char *open, size_t *at)
{
	char *text = malloc(depth * strlen(open));
	int code;

	for (size_t i = 0; i < depth; i++)
		memcpy(text + i * strlen(open), open, strlen(open));
	code = scan(slice_of(text, depth * strlen(open)), at);
	free(text);
	return code;
}

START_TEST(nesting_ends_at_the_bracket_that_is_too_deep)
{
	size_t at;

	ck_assert_int_eq(scan_nested(128, "[", &at), -EINVAL);
	ck_assert_uint_eq(at, 128);
	ck_assert_int_eq(scan_nested(129, "[", &at), -ELOOP);
	ck_assert_uint_eq(at, 128);
	ck_assert_int_eq(scan_nested(100000, "[", &at), -ELOOP);
	ck_assert_int_eq(scan_nested(128, "{\"a\":", &at), -EINVAL);
	ck_assert_int_eq(scan_nested(129, "{\"a\":", &at), -ELOOP);
	ck_assert_uint_eq(at, 128 * 5);
}
END_TEST

/* The model: the grammar of RFC 8259, a function a rule; NULL is no match. */

static const char *model_value(const char *p);

static const char *model_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

static const char *model_number(const char *p)
{
	p += *p == '-';
	if (*p == '0')
		p++;
	else if (strspn(p, "0123456789") == 0)
		return NULL;
	else
		p += strspn(p, "0123456789");
	if (*p == '.') {
		p++;
		if (strspn(p, "0123456789") == 0)
			return NULL;
		p += strspn(p, "0123456789");
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '+' || *p == '-';
		if (strspn(p, "0123456789") == 0)
			return NULL;
		p += strspn(p, "0123456789");
	}
	return p;
}

static const char *model_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (*p != '"') {
		if ((unsigned char)*p < 0x20)
			return NULL;
		if (*p++ != '\\')
			continue;
		if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") >= 4)
			p += 5;
		else if (*p != '\0' && strchr("\"\\/bfnrt", *p))
			p++;
		else
			return NULL;
	}
	return p + 1;
}

static const char *model_members(const char *p, bool named, char closer)
{
	p = model_space(p);
	if (*p == closer)
		return p + 1;
	for (;;) {
		if (named) {
			p = model_string(model_space(p));
			if (!p || *(p = model_space(p)) != ':')
				return NULL;
			p++;
		}
		p = model_value(p);
		if (!p || (*p != ',' && *p != closer))
			return NULL;
		if (*p++ == closer)
			return p;
	}
}

static const char *model_value(const char *p)
{
	static const char *const words[] = { "true", "false", "null" };

	p = model_space(p);
	if (*p == '"')
		p = model_string(p);
	else if (*p == '{')
		p = model_members(p + 1, true, '}');
	else if (*p == '[')
		p = model_members(p + 1, false, ']');
	else if (strchr("tfn", *p) && *p != '\0') {
		const char *word = words[*p == 't' ? 0 : *p == 'f' ? 1 : 2];

		p = strncmp(p, word, strlen(word)) ? NULL : p + strlen(word);
	} else
		p = model_number(p);
	return p ? model_space(p) : NULL;
}

/* Change, drop, double or insert bytes of a text without NUL. */
static void mutate(uint64_t *seed, char *text, size_t size)
{
	static const char alphabet[] = "{}[]\",:\\u0123.eE+-tfn a\x01\x80";

	for (uint64_t n = 1 + rng_below(seed, 3); n > 0; n--) {
		size_t len = strlen(text);
		size_t at = len ? rng_below(seed, len) : 0;
		char c = alphabet[rng_below(seed, sizeof alphabet - 1)];

		if (len == 0 || (len + 2 < size && rng_below(seed, 2))) {
			memmove(text + at + 1, text + at, len - at + 1);
			text[at] = c;
		} else if (rng_below(seed, 2)) {
			memmove(text + at, text + at + 1, len - at);
		} else {
			text[at] = c;
		}
	}
}

START_TEST(the_scanner_and_the_grammar_agree_on_mutated_texts)
{
	static const char *const starts[] = { "{\"a\":[1,2.5e3,\"x\\n\"]}",
		"[true,false,null,{},[]]", "\"\\u0041\\\\longer than eight\"",
		"-0.1e+10", "{\"a\" : {\"b\" : [ ] } , \"c\":\"\"}" };
	uint64_t seed = 11;
	int valid_count = 0;

	for (int i = 0; i < 60000; i++) {
		char text[128];
		const char *end;
		size_t at;
		bool valid;

		strcpy(text, starts[rng_below(&seed, 5)]);
		mutate(&seed, text, sizeof text);
		end = model_value(text);
		valid = end && *end == '\0';
		valid_count += valid;
		ck_assert_msg((scan(slice_str(text), &at) == 0) == valid,
		    "%s: the grammar says %d", text, valid);
	}
	ck_assert_int_gt(valid_count, 1000); /* or it would show little */
}
END_TEST

/* Every prefix of a good text goes wrong exactly at its end. */
START_TEST(a_text_cut_anywhere_is_wrong_at_the_cut)
{
	struct slice text = slice_str(
	    "{\"k\\u00e9y\":[true,null,{\"a\":-1.5e+7,\"b\":\"x\\\\y\"}],\"z\":"
	    "false}");

	for (size_t len = 0; len < text.len; len++) {
		size_t at;

		ck_assert_int_eq(scan(slice_of(text.ptr, len), &at), -EINVAL);
		ck_assert_uint_eq(at, len);
	}
}
END_TEST

/* Decode what stands between the quotes of text; the length, or -EILSEQ. */
static long decode(const char *text, char *out, size_t *bad_at)
{
	char *copy = exact_copy(slice_str(text));
	struct json_scan s = { copy, copy + strlen(text) };
	struct slice raw;
	bool has_escapes;
	char *exact;
	long len;

	ck_assert_int_eq(json_string(&s, &raw, &has_escapes), 0);
	ck_assert_ptr_eq(s.at, s.end);
	ck_assert_int_eq(has_escapes, strchr(text, '\\') != NULL);
	exact = malloc(raw.len + 1);
	len = json_unescape(raw, exact, bad_at);
	if (len > 0)
		memcpy(out, exact, (size_t)len);
	free(exact);
	free(copy);
	return len;
}

static void decodes_to(const char *text, const char *expected, size_t len)
{
	char out[128];
	size_t bad_at;
	long got = decode(text, out, &bad_at);

	ck_assert_msg(got == (long)len, "%s: %ld", text, got);
	ck_assert_mem_eq(out, expected, len);
}

START_TEST(escapes_are_decoded)
{
	decodes_to("\"\"", "", 0);
	decodes_to("\"plain, and long enough\"", "plain, and long enough", 22);
	decodes_to("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	decodes_to("\"a\\u0000b\"", "a\0b", 3);
	decodes_to("\"\\u007F\\u0080\"", "\x7f\xc2\x80", 3);
	decodes_to("\"\\u07ff\\u0800\"", "\xdf\xbf\xe0\xa0\x80", 5);
	decodes_to("\"\\uD7FF\\uE000\\uffff\"",
	    "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 9);
	decodes_to("\"\\ud800\\udc00\\uDBFF\\uDFFF\"",
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8);
	decodes_to("\"\xc3\xa9\\n\xc3\xa9\"", "\xc3\xa9\n\xc3\xa9", 5);
}
END_TEST

START_TEST(a_lone_surrogate_cannot_be_decoded)
{
	static const struct {
		const char *text;
		size_t bad_at;
	} rows[] = { { "\"\\ud800\"", 0 }, { "\"ab\\udfff\"", 2 },
		{ "\"\\ud800x\\udc00\"", 0 }, { "\"\\ud800\\n12345\"", 0 },
		{ "\"\\ud800xudc00\"", 0 }, { "\"\\ud800\\\\dc00\"", 0 },
		{ "\"\\ud800\\ud800\\udc00\"", 0 },
		{ "\"\\ud800\\udc00\\udc00\"", 12 } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[128];
		size_t bad_at = 99;

		ck_assert_int_eq(decode(rows[i].text, out, &bad_at), -EILSEQ);
		ck_assert_uint_eq(bad_at, rows[i].bad_at);
	}
}
END_TEST

UNIT_MAIN("proto/json", values_of_every_kind_are_passed,
    mistakes_are_found_at_their_byte, a_nul_byte_is_no_escape_and_no_value,
    nesting_ends_at_the_bracket_that_is_too_deep,
    the_scanner_and_the_grammar_agree_on_mutated_texts,
    a_text_cut_anywhere_is_wrong_at_the_cut, escapes_are_decoded,
    a_lone_surrogate_cannot_be_decoded)
