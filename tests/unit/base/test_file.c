/*
 * file: whole, empty, too large, not there, not a file.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

START_TEST(a_pipe_is_waited_for_when_asked)
{
	struct buf out = { 0 };
	struct err e;
	int ends[2];
	char name[32];
	pid_t writer;

	ck_assert_int_eq(pipe(ends), 0);
	writer = fork();
	if (writer == 0) {
		(void)usleep(20000);
		_exit(write(ends[1], "late", 4) == 4 ? 0 : 1);
	}
	(void)close(ends[1]);
	(void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
	ck_assert_int_eq(file_read_pipe(name, 10, &out, &e), 0);
	ck_assert(slice_eq(buf_slice(&out), slice_str("late")));
	ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
	(void)close(ends[0]);
	buf_wipe(&out);
	ck_assert_ptr_null(out.data);
}
END_TEST

static void must_hold(const char *text, const char *expected)
{
	struct slice line;
	struct err e;

	ck_assert_int_eq(file_one_line(slice_str(text), &line, &e), 0);
	ck_assert(slice_eq(line, slice_str(expected)));
}

static void must_refuse(struct slice text, const char *why)
{
	struct slice line;
	struct err e;

	ck_assert_int_lt(file_one_line(text, &line, &e), 0);
	ck_assert_msg(strstr(e.text, why) != NULL, "%s", e.text);
}

START_TEST(a_secret_is_what_an_editor_shows)
{
	must_hold("s3cret", "s3cret");
	must_hold("s3cret\n", "s3cret");
	must_hold("s3cret\r\n", "s3cret");
	must_hold("\xef\xbb\xbfs3cret\r\n", "s3cret");
	must_hold(" s3 cret \n", " s3 cret ");
	must_refuse(slice_str(""), "empty");
	must_refuse(slice_str("\n"), "empty");
	must_refuse(slice_str("\r\n"), "empty");
	must_refuse(slice_str("\xef\xbb\xbf\n"), "empty");
	must_refuse(slice_str("s3cret\n\n"), "more than one line");
	must_refuse(slice_str("\ns3cret"), "more than one line");
	must_refuse(slice_str("s3cret\r\nb"), "more than one line");
	must_refuse(slice_of("s3\0cret", 7), "NUL");
	must_refuse(slice_of("\xff\xfes\0", 4), "UTF-16");
}
END_TEST

UNIT_MAIN("base/file", a_secret_is_what_an_editor_shows, a_file_is_read_whole,
    an_empty_file_is_empty, what_is_no_file_is_told,
    a_pipe_without_a_writer_does_not_hang, a_pipe_is_waited_for_when_asked)
