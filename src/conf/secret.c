/*
 * secret: see secret.h. Opened without blocking, so that a pipe that nobody
 * writes to is an empty file and not a gateway that hangs at boot.
 */
#include "conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* Returns the number of bytes, up to size, or a negative errno. */
static ssize_t read_up_to(const char *file, char *bytes, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	while (got > 0 && len < size) {
		got = read(fd, bytes + len, size - len);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			len += (size_t)got;
	}
	got = got < 0 ? -errno : (ssize_t)len;
	(void)close(fd);
	return got;
}

/* Length of the one line in len bytes, or -EINVAL. */
static ssize_t line_length(const char *bytes, size_t len, struct err *e)
{
	if (len > 0 && bytes[len - 1] == '\n')
		len--;
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	if (len == 0)
		return err_set(e, -EINVAL, "the file is empty");
	if (memchr(bytes, '\n', len))
		return err_set(e, -EINVAL, "the file has more than one line");
	if (memchr(bytes, '\0', len))
		return err_set(e, -EINVAL, "the file holds a NUL byte");
	return (ssize_t)len;
}

static int refuse_unreadable(ssize_t rc, struct err *e)
{
	return err_set(
	    e, (int)rc, "the file cannot be read: %s", strerror((int)-rc));
}

int secret_check(const char *file, struct err *e)
{
	char byte;
	ssize_t len = read_up_to(file, &byte, sizeof byte);

	explicit_bzero(&byte, sizeof byte);
	if (len < 0)
		return refuse_unreadable(len, e);
	return len ? 0 : err_set(e, -EINVAL, "the file is empty");
}

int secret_read(const char *file, char **secret, struct err *e)
{
	char bytes[SECRET_MAX + 1];
	ssize_t len = read_up_to(file, bytes, sizeof bytes);

	if (len < 0)
		return refuse_unreadable(len, e);
	if (len > SECRET_MAX)
		len = err_set(e, -EINVAL, "the file is larger than 4KiB");
	else
		len = line_length(bytes, (size_t)len, e);
	if (len > 0)
		*secret = xstrndup(bytes, (size_t)len);
	explicit_bzero(bytes, sizeof bytes);
	return len < 0 ? (int)len : 0;
}

void secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
