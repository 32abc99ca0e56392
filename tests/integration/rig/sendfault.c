/*
 * sendfault: the first send(2) that says SUBSCRIBE while the file named by
 * ROOMCAST_TEST_FAULT is there fails with ENOBUFS, and takes the file away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	const char *file = getenv("ROOMCAST_TEST_FAULT");

	if (file && memmem(bytes, len, "SUBSCRIBE", 9) && unlink(file) == 0) {
		errno = ENOBUFS;
		return -1;
	}
	return sendto(fd, bytes, len, flags, NULL, 0);
}
