/* args: options by a table, operands, and what is wrong with either. */
#include <errno.h>

#include "ctl/args.h"
#include "unit.h"

static const struct option own[] = {
	{ "--room", "NAME", "" },
	{ "--all", NULL, "" },
	{ NULL, NULL, NULL },
};

static const struct option common[] = {
	{ "--timeout", "TIME", "" },
	{ NULL, NULL, NULL },
};

static int parse(struct args *a, struct err *e, const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return args_parse(a, words, count, own, common, e);
}

/* The text of the error. */
static void check_refused(const char *text, const char *const *words)
{
	struct args a;
	struct err e;

	ck_assert_int_eq(parse(&a, &e, words), -EINVAL);
	ck_assert_str_eq(e.text, text);
}

#define WORDS(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

START_TEST(a_value_stands_behind_or_in_the_same_word)
{
	struct args a;
	struct err e;

	ck_assert_int_eq(
	    parse(&a, &e, WORDS("--room", "a", "--room=b=c", "x", "--all")), 0);
	ck_assert_str_eq(args_nth(&a, "--room", 0), "a");
	ck_assert_str_eq(args_nth(&a, "--room", 1), "b=c");
	ck_assert_ptr_null(args_nth(&a, "--room", 2));
	ck_assert_str_eq(args_text(&a, "--room"), "b=c");
	ck_assert(args_has(&a, "--all"));
	ck_assert(!args_has(&a, "--timeout"));
	ck_assert_str_eq(args_operand(&a, 0), "x");
	ck_assert_ptr_null(args_operand(&a, 1));
	args_fini(&a);
}
END_TEST

START_TEST(a_value_may_look_like_an_option)
{
	struct args a;
	struct err e;

	ck_assert_int_eq(
	    parse(&a, &e, WORDS("--room", "--all", "-", "--", "--room")), 0);
	ck_assert_str_eq(args_text(&a, "--room"), "--all");
	ck_assert(!args_has(&a, "--all"));
	ck_assert_str_eq(args_operand(&a, 0), "-");
	ck_assert_str_eq(args_operand(&a, 1), "--room");
	args_fini(&a);
}
END_TEST

START_TEST(what_there_is_not_is_refused)
{
	check_refused("there is no option --romo; did you mean --room?",
	    WORDS("--romo", "a"));
	check_refused("there is no option --timout; did you mean --timeout?",
	    WORDS("--timout=3"));
	check_refused("there is no option -x", WORDS("-x"));
	check_refused("--room: NAME must follow", WORDS("--room"));
	check_refused("--all takes no value", WORDS("--all=yes"));
}
END_TEST

static void check_quantity(
    enum quantity kind, const char *word, int rc, int64_t wanted)
{
	struct args a;
	int64_t value;
	struct err e;

	ck_assert_int_eq(parse(&a, &e, WORDS("--timeout", word)), 0);
	ck_assert_int_eq(
	    args_quantity(&a, "--timeout", kind, 60000, 7, &value, &e), rc);
	if (rc == 0)
		ck_assert_int_eq(value, wanted);
	else
		ck_assert_ptr_nonnull(strstr(e.text, "--timeout: is '"));
	ck_assert_int_eq(
	    args_quantity(&a, "--room", kind, 60000, 7, &value, &e), 0);
	ck_assert_int_eq(value, 7);
	args_fini(&a);
}

START_TEST(a_quantity_has_a_unit_and_a_bound)
{
	check_quantity(QUANTITY_DURATION, "5s", 0, 5000);
	check_quantity(QUANTITY_DURATION, "1m", 0, 60000);
	check_quantity(QUANTITY_DURATION, "61s", -EINVAL, 0);
	check_quantity(QUANTITY_DURATION, "5", -EINVAL, 0);
	check_quantity(QUANTITY_DURATION, "99999999999999999999h", -EINVAL, 0);
	check_quantity(QUANTITY_COUNT, "12", 0, 12);
	check_quantity(QUANTITY_COUNT, "-1", -EINVAL, 0);
	check_quantity(QUANTITY_COUNT, "", -EINVAL, 0);
}
END_TEST

UNIT_MAIN("ctl/args", a_value_stands_behind_or_in_the_same_word,
    a_value_may_look_like_an_option, what_there_is_not_is_refused,
    a_quantity_has_a_unit_and_a_bound)
