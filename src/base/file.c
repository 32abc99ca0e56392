/* file: see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Fill up to size bytes; returns how many there were, or a negative errno. */
static ssize_t read_up_to(int fd, char *bytes, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, bytes + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static int read_file(
    const char *path, int flags, size_t max, struct buf *out, struct err *e)
{
	ssize_t len = buf_reserve(out, max + 1); /* one more tells "larger" */
	int fd;

	if (len < 0)
		return err_set(e, (int)len, "%s: out of memory", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
	if (fd < 0)
		return err_set(
		    e, -errno, "%s: cannot be read: %s", path, strerror(errno));
	len = read_up_to(fd, out->data, max + 1);
	(void)close(fd);
	if (len < 0)
		return err_set(e, (int)len, "%s: cannot be read: %s", path,
		    strerror((int)-len));
	out->len = (size_t)len;
	if (out->len > max)
		return err_set(
		    e, -EFBIG, "%s: larger than %zu bytes", path, max);
	return 0;
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, O_NONBLOCK, max, out, e);
}

int file_read_pipe(const char *path, size_t max, struct buf *out, struct err *e)
{
	return read_file(path, 0, max, out, e);
}

static bool is_utf16(struct slice text)
{
	return slice_starts_with(text, slice_str("\xff\xfe")) ||
	       slice_starts_with(text, slice_str("\xfe\xff"));
}

int file_pass_mark(struct slice *text, struct err *e)
{
	struct slice mark = slice_str("\xef\xbb\xbf");

	if (is_utf16(*text))
		return err_set(e, -EINVAL,
		    "the file is in UTF-16: save it as UTF-8 or ASCII");
	if (slice_starts_with(*text, mark))
		*text = slice_after(*text, mark.len);
	return 0;
}

static bool holds(struct slice text, char c)
{
	return text.len > 0 && memchr(text.ptr, c, text.len);
}

int file_one_line(struct slice text, struct slice *line, struct err *e)
{
	int rc = file_pass_mark(&text, e);

	if (rc < 0)
		return rc;
	if (text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0 && text.ptr[text.len - 1] == '\r')
		text.len--;
	if (text.len == 0)
		return err_set(e, -ENODATA, "the file is empty");
	if (holds(text, '\n'))
		return err_set(e, -EINVAL,
		    "the file has more than one line: a secret stands on the "
		    "only one");
	if (holds(text, '\0'))
		return err_set(e, -EINVAL, "the file holds a NUL byte");
	*line = text;
	return 0;
}
