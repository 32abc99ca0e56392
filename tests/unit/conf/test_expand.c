/*
 * expand, and variable below it: a table of texts with what they come to, and
 * what must hold for any text.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf/expand.h"
#include "conf/variable.h"
#include "unit.h"

static void set_environment(void)
{
	ck_assert_int_eq(setenv("A", "apple", 1), 0);
	ck_assert_int_eq(setenv("B_2", "${A}$$", 1), 0);
	ck_assert_int_eq(setenv("EMPTY", "", 1), 0);
	ck_assert_int_eq(setenv("LATIN1", "s3cret\xe9", 1), 0);
	ck_assert_int_eq(unsetenv("UNSET"), 0);
}

/* What text comes to, or "" with e; free with free. */
static char *expanded(const char *text, char **names, struct err *e)
{
	struct buf out = { 0 }, used = { 0 };

	e->text[0] = '\0';
	if (expand(text, &out, &used, e) < 0) {
		ck_assert_str_ne(e->text, "");
		out.len = 0;
	}
	buf_putn(&out, "", 1);
	buf_putn(&used, "", 1);
	*names = used.data;
	return out.data;
}

START_TEST(a_text_comes_to)
{
	static const struct {
		const char *text, *result, *names;
	} rows[] = {
		{ "", "", "" },
		{ "plain", "plain", "" },
		{ "a$b$", "a$b$", "" },
		{ "$$", "$", "" },
		{ "$$$", "$$", "" },
		{ "$${A}", "${A}", "" },
		{ "$$${A}", "$apple", "A" },
		{ "$A", "$A", "" },
		{ "${A}", "apple", "A" },
		{ "<${A}>", "<apple>", "A" },
		{ "${A}${B_2}", "apple${A}$$", "A, B_2" },
		{ "{${A}}", "{apple}", "A" },
		{ "${EMPTY}", "", "EMPTY" },
		{ "x${EMPTY}y", "xy", "EMPTY" },
		{ "${A:-no}", "apple", "A" },
		{ "${A:-}", "apple", "A" },
		{ "${UNSET:-yes}", "yes", "" },
		{ "${EMPTY:-yes}", "yes", "" },
		{ "${UNSET:-}", "", "" },
		{ "${EMPTY:-}", "", "" },
		{ "${UNSET:- a b }", " a b ", "" },
		{ "${UNSET:-redis://[::1]:6379/0}", "redis://[::1]:6379/0",
		    "" },
		{ "${UNSET:-a:-b}", "a:-b", "" },
		{ "${UNSET:-a[],b}", "a[],b", "" },
		{ "${UNSET:-/ws}/{room}", "/ws/{room}", "" },
		{ "${UNSET:-a}b}", "ab}", "" },
		{ "${UNSET:-x}${A}", "xapple", "A" },
		{ "${A:-${B_2:-}}", "apple", "A" },
		{ "<${UNSET:-${A:-}}>", "<apple>", "A" },
		{ "${EMPTY:-${A:-no}}}", "apple}", "A" },
		{ "${UNSET:-${EMPTY:-yes}}", "yes", "" },
		{ "${UNSET:-${EMPTY:-}}", "", "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e;
		char *names, *got = expanded(rows[i].text, &names, &e);

		ck_assert_msg(!e.text[0], "%s: %s", rows[i].text, e.text);
		ck_assert_str_eq(got, rows[i].result);
		ck_assert_str_eq(names, rows[i].names);
		free(got);
		free(names);
	}
}
END_TEST

#define SPELLING                                                           \
	"'${' must go on as ${NAME}, ${NAME:-DEFAULT} or, for items of a " \
	"list, ${NAME[]} (letters, digits and _); a dollar itself is written $$"
#define NESTED                                                                \
	"the default of A must not hold '$' or '{': it is plain text, which " \
	"the first '}' ends"
#define ITEMS                                                                  \
	"${NAME[]} stands for items of a list: it must be all of one item of " \
	"a list"

START_TEST(a_text_is_refused)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "${", SPELLING },
		{ "${}", SPELLING },
		{ "${A", SPELLING },
		{ "${A-x}", SPELLING },
		{ "${A:x}", SPELLING },
		{ "${A:+x}", SPELLING },
		{ "${A:?x}", SPELLING },
		{ "${A=x}", SPELLING },
		{ "${A B}", SPELLING },
		{ "${:-x}", SPELLING },
		{ "${[]}", SPELLING },
		{ "${A[}", SPELLING },
		{ "${A[0]}", SPELLING },
		{ "${A[]", SPELLING },
		{ "${\xc3\xa9}", SPELLING },
		{ "${A:-", "the default of A has no '}' behind it" },
		{ "${A:-x", "the default of A has no '}' behind it" },
		{ "${A[]:-x", "the default of A has no '}' behind it" },
		{ "${A:-${B_2}}", NESTED },
		{ "${A:-$B_2}", NESTED },
		{ "${A:-x${B_2:-}}", NESTED },
		{ "${A:-${B_2:-}x}", NESTED },
		{ "${A:-${B_2[]:-}}", NESTED },
		{ "${A[]:-${B_2:-}}", NESTED },
		{ "${A:-${B_2:-${C:-}}}", NESTED },
		{ "${UNSET:-${LATIN1:-}}",
		    "the environment variable LATIN1 is not UTF-8" },
		{ "${A:-$$}", NESTED },
		{ "${A:-{room}}", NESTED },
		{ "${A[]}", ITEMS },
		{ "x${A[]:-a,b}", ITEMS },
		{ "${UNSET}",
		    "the environment variable UNSET is not set; set it, or "
		    "write ${UNSET:-DEFAULT} here" },
		{ "${LATIN1}", "the environment variable LATIN1 is not UTF-8" },
		{ "${LATIN1:-x}",
		    "the environment variable LATIN1 is not UTF-8" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e;
		char *names, *got = expanded(rows[i].text, &names, &e);

		ck_assert_msg(e.text[0], "%s is accepted", rows[i].text);
		ck_assert_str_eq(e.text, rows[i].why);
		free(got);
		free(names);
	}
}
END_TEST

/* A small generator of its own: the same texts in every run. */
static unsigned next(unsigned *state, unsigned below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) % below;
}

static const char *random_text(unsigned *state, char *out, size_t max)
{
	static const char chars[] = "aA_0${}[]:-, \\\"'#";
	size_t len = next(state, (unsigned)max);

	for (size_t i = 0; i < len; i++)
		out[i] = chars[next(state, sizeof chars - 1)];
	out[len] = '\0';
	return out;
}

START_TEST(a_text_with_its_dollars_doubled_comes_to_itself)
{
	unsigned state = 1;

	for (int i = 0; i < 20000; i++) {
		char text[16], twice[32], *to = twice;
		struct err e;
		char *names, *got;

		for (const char *p = random_text(&state, text, sizeof text); *p;
		     p++) {
			*to++ = *p;
			if (*p == '$')
				*to++ = '$';
		}
		*to = '\0';
		got = expanded(twice, &names, &e);
		ck_assert_str_eq(got, text);
		ck_assert_str_eq(names, "");
		free(got);
		free(names);
	}
}
END_TEST

START_TEST(any_text_is_expanded_or_told_why_not)
{
	unsigned state = 2;
	unsigned fine = 0;

	for (int i = 0; i < 50000; i++) {
		char text[16];
		struct err e;
		char *names, *got;

		got = expanded(
		    random_text(&state, text, sizeof text), &names, &e);
		fine += e.text[0] == '\0';
		ck_assert_ptr_null(strstr(e.text, "apple"));
		free(got);
		free(names);
	}
	ck_assert_uint_gt(fine, 1000);
	ck_assert_uint_lt(fine, 49000);
}
END_TEST

START_TEST(a_default_is_taken_as_it_stands)
{
	unsigned state = 3;

	for (int i = 0; i < 20000; i++) {
		char preset[16], text[64];
		struct err e;
		char *names, *got;

		(void)random_text(&state, preset, sizeof preset);
		preset[strcspn(preset, "${}")] = '\0';
		(void)snprintf(text, sizeof text, "<${UNSET:-%s}>", preset);
		got = expanded(text, &names, &e);
		(void)snprintf(text, sizeof text, "<%s>", preset);
		ck_assert_str_eq(got, text);
		free(got);
		free(names);
	}
}
END_TEST

START_TEST(a_long_name_is_cut_in_a_mistake)
{
	struct buf text = { 0 };
	struct variable v;
	struct err e;

	buf_puts(&text, "${");
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "N");
	buf_puts(&text, "}");
	buf_putn(&text, "", 1);
	ck_assert_int_eq(variable_parse(text.data, &v, &e), 0);
	ck_assert_uint_eq(v.name.len, 1000);
	ck_assert_uint_eq(v.len, text.len - 1);
	ck_assert_int_eq(variable_look_up(&v, &e), -EINVAL);
	ck_assert_uint_lt(strlen(e.text), 300);
	ck_assert_ptr_nonnull(strstr(e.text, "NNN:-DEFAULT} here"));
	buf_fini(&text);
}
END_TEST

UNIT_MAIN_WITH(set_environment, NULL, "conf/expand", a_text_comes_to,
    a_text_is_refused, a_text_with_its_dollars_doubled_comes_to_itself,
    any_text_is_expanded_or_told_why_not, a_default_is_taken_as_it_stands,
    a_long_name_is_cut_in_a_mistake)
