/* admin_token: the file's, and for want of descriptors the last one known. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/admin_token.h"
#include "unit.h"

static char path[64];
static struct admin_token t;
static struct err e;

static void write_token(const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void set_up(void)
{
	int fd;

	(void)snprintf(path, sizeof path, "/tmp/roomcast-token-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
	write_token("first\n");
}

static void tear_down(void)
{
	admin_token_fini(&t);
	(void)unlink(path);
}

/* No file can be opened from now on; those that are open stay so. */
static void run_out_of_files(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void have_files(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(it_is_the_files_each_time)
{
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	ck_assert_str_eq(t.text, "first");
	write_token("second\n");
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	ck_assert_str_eq(t.text, "second");
}
END_TEST

START_TEST(without_descriptors_it_is_the_last_one)
{
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	run_out_of_files();
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	ck_assert_str_eq(t.text, "first");
	have_files();
	write_token("second\n");
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	ck_assert_str_eq(t.text, "second");
}
END_TEST

START_TEST(without_descriptors_none_is_made_up)
{
	run_out_of_files();
	ck_assert_int_eq(admin_token_read(&t, path, &e), -EMFILE);
	ck_assert_ptr_null(t.text);
	have_files();
}
END_TEST

START_TEST(a_file_that_is_gone_or_empty_is_forgotten)
{
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	write_token("");
	ck_assert_int_eq(admin_token_read(&t, path, &e), -ENODATA);
	ck_assert_ptr_null(t.text);
	write_token("second\n");
	ck_assert_int_eq(admin_token_read(&t, path, &e), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(admin_token_read(&t, path, &e), -ENOENT);
	run_out_of_files();
	ck_assert_int_eq(admin_token_read(&t, path, &e), -EMFILE);
	ck_assert_ptr_null(t.text);
	have_files();
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "net/admin_token", it_is_the_files_each_time,
    without_descriptors_it_is_the_last_one, without_descriptors_none_is_made_up,
    a_file_that_is_gone_or_empty_is_forgotten)
