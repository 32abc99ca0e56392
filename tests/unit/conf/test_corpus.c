/*
 * Every file of tests/conf, as it is read from the top of the source tree:
 * those in bad/ give exactly the lines that their "# expect: " comments name,
 * those in good/ and the shipped ones in conf/ load and survive a dump.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/conf_load.h"
#include "conf/conf_print.h"
#include "conf/conf_ref.h"
#include "unit.h"

static void set_environment(void)
{
	ck_assert_int_eq(unsetenv("ROOMCAST_TEST_UNSET"), 0);
	ck_assert_int_eq(setenv("ROOMCAST_TEST_SECRET", "hunter2", 1), 0);
	ck_assert_int_eq(setenv("ROOMCAST_TEST_LATIN1", "caf\xe9", 1), 0);
	ck_assert_int_eq(setenv("ROOMCAST_TEST_EMPTY", "", 1), 0);
	ck_assert_int_eq(
	    setenv("ROOMCAST_TEST_LIST", "hunter2, http://a", 1), 0);
	ck_assert_int_eq(setenv("ROOMCAST_TEST_COMMAS", "hunter2,,x", 1), 0);
}

/* Run check on each file that matches; returns how many there are. */
static size_t each_file(const char *pattern, void (*check)(const char *file))
{
	size_t count;
	glob_t found;

	ck_assert_msg(glob(pattern, 0, NULL, &found) == 0,
	    "%s: nothing there; run from the top of the source tree", pattern);
	count = found.gl_pathc;
	for (size_t i = 0; i < count; i++)
		check(found.gl_pathv[i]);
	globfree(&found);
	return count;
}

/* FOLDER in a line stands for where the files are. */
static void put_expected(const char *line, struct buf *out)
{
	const char *folder = strstr(line, "FOLDER");
	char here[1024];

	if (!folder) {
		buf_puts(out, line);
		return;
	}
	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	buf_putn(out, line, (size_t)(folder - line));
	buf_printf(out, "%s/tests/conf/bad%s", here, folder + strlen("FOLDER"));
}

/* What the comments on top of the file say that it gives. */
static void read_expected(const char *file, struct buf *out)
{
	static const char mark[] = "# expect: ";
	FILE *f = fopen(file, "re");
	char line[1024];

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, mark, strlen(mark)) != 0)
			break;
		buf_printf(out, "%s:", file);
		put_expected(line + strlen(mark), out);
	}
	ck_assert_int_eq(fclose(f), 0);
}

static void check_bad(const char *file)
{
	struct buf expected = { 0 }, errors = { 0 };
	struct conf *c;
	int rc = conf_load(file, &c, &errors);

	ck_assert_msg(rc < 0, "%s is accepted", file);
	ck_assert_ptr_null(c);
	read_expected(file, &expected);
	buf_putn(&expected, "", 1);
	buf_putn(&errors, "", 1);
	/* check itself ends on messages of more than some kilobytes. */
	ck_assert_msg(!strcmp(errors.data, expected.data),
	    "gave:\n%.1500s\nexpected:\n%.1500s", errors.data, expected.data);
	ck_assert_ptr_null(strstr(errors.data, "hunter2"));
	buf_fini(&expected);
	buf_fini(&errors);
}

START_TEST(bad_files_give_exactly_their_mistakes)
{
	set_environment();
	ck_assert_uint_ge(each_file("tests/conf/bad/*.yaml", check_bad), 45);
}
END_TEST

static struct conf *must_load(const char *file)
{
	struct buf errors = { 0 };
	struct conf *c;
	int rc = conf_load(file, &c, &errors);

	ck_assert_msg(rc == 0, "%.*s", (int)errors.len, errors.data);
	ck_assert_uint_eq(errors.len, 0);
	buf_fini(&errors);
	return c;
}

static void dump_again(const struct buf *first, struct buf *second)
{
	struct buf errors = { 0 };
	struct conf *c;
	int rc = conf_parse("dump", first->data, first->len, &c, &errors);

	ck_assert_msg(rc == 0, "%.*s%.*s", (int)errors.len, errors.data,
	    (int)first->len, first->data);
	conf_dump(c, second);
	conf_unref(c);
}

static void check_good(const char *file)
{
	struct buf first = { 0 }, second = { 0 };
	struct conf *c = must_load(file);

	conf_dump(c, &first);
	conf_unref(c);
	dump_again(&first, &second);
	buf_putn(&first, "", 1);
	buf_putn(&second, "", 1);
	ck_assert_str_eq(first.data, second.data);
	buf_fini(&first);
	buf_fini(&second);
}

START_TEST(good_files_load_and_their_dump_dumps_the_same)
{
	set_environment();
	ck_assert_uint_ge(each_file("tests/conf/good/*.yaml", check_good), 8);
}
END_TEST

START_TEST(shipped_files_load_and_their_dump_dumps_the_same)
{
	ck_assert_uint_ge(each_file("conf/*.yaml", check_good), 3);
}
END_TEST

/* Uncommented or not, the annotated example says what the defaults are. */
START_TEST(the_full_example_shows_the_defaults)
{
	static const char text[] =
	    "routes:\n"
	    "  - {path: '/ws/{room}', rooms: ['{room}']}\n"
	    "  - {path: /ws, rooms: ['{query.rooms}']}\n"
	    "admin: {listen: 127.0.0.1:9180}\n";
	struct conf *shown = must_load("conf/roomcast.yaml"), *bare;
	struct buf a = { 0 }, b = { 0 }, errors = { 0 };

	ck_assert_int_eq(
	    conf_parse("bare", text, strlen(text), &bare, &errors), 0);
	conf_dump(shown, &a);
	conf_dump(bare, &b);
	buf_putn(&a, "", 1);
	buf_putn(&b, "", 1);
	ck_assert_str_eq(a.data, b.data);
	conf_unref(shown);
	conf_unref(bare);
	buf_fini(&a);
	buf_fini(&b);
}
END_TEST

UNIT_MAIN("conf/corpus", bad_files_give_exactly_their_mistakes,
    good_files_load_and_their_dump_dumps_the_same,
    shipped_files_load_and_their_dump_dumps_the_same,
    the_full_example_shows_the_defaults)
