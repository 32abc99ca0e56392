/*
 * file: whole, empty, too large, not there, not a file.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char path[] = "/tmp/roomcast-file-XXXXXX";

static void write_file(size_t len)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(a_file_is_read_whole)
{
	struct buf out = { 0 };
	struct err e;

	write_file(100);
	ck_assert_int_eq(file_read(path, 100, &out, &e), 0);
	ck_assert_uint_eq(out.len, 100);
	buf_fini(&out);
	ck_assert_int_eq(file_read(path, 99, &out, &e), -EFBIG);
	ck_assert_ptr_nonnull(strstr(e.text, path));
	buf_fini(&out);
	unlink(path);
}
END_TEST

START_TEST(an_empty_file_is_empty)
{
	struct buf out = { 0 };
	struct err e;

	write_file(0);
	ck_assert_int_eq(file_read(path, 10, &out, &e), 0);
	ck_assert_uint_eq(out.len, 0);
	buf_fini(&out);
	unlink(path);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	struct buf out = { 0 };
	struct err e;

	ck_assert_int_eq(file_read("/nowhere/at/all", 10, &out, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, "/nowhere/at/all"));
	ck_assert_int_eq(file_read("/tmp", 10, &out, &e), -EISDIR);
	ck_assert_int_eq(file_read("/dev/zero", 10, &out, &e), -EFBIG);
	buf_fini(&out);
}
END_TEST

START_TEST(a_pipe_without_a_writer_does_not_hang)
{
	struct buf out = { 0 };
	struct err e;

	write_file(0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(file_read(path, 10, &out, &e), 0);
	ck_assert_uint_eq(out.len, 0);
	buf_fini(&out);
	unlink(path);
}
END_TEST

UNIT_MAIN("base/file", a_file_is_read_whole, an_empty_file_is_empty,
    what_is_no_file_is_told, a_pipe_without_a_writer_does_not_hang)
