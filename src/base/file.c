/*
 * file: see file.h. Opened without blocking, so that a pipe that nobody
 * writes to is an empty file and not a gateway that hangs at boot.
 */
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

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
	ssize_t len = buf_reserve(out, max + 1); /* one more tells "larger" */
	int fd;

	if (len < 0)
		return err_set(e, (int)len, "%s: out of memory", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
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
