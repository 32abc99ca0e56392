/*
 * shortsend: a kernel that takes of each send(2) and sendmsg(2) on a socket of
 * TCP what it likes: all, a part, or nothing (EAGAIN). Each thread has the same
 * whims in each run.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static unsigned chance(unsigned below)
{
	static _Thread_local uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

static int is_tcp(int fd)
{
	struct sockaddr_storage own;
	socklen_t size = sizeof own;

	return getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
	       own.ss_family == AF_INET;
}

/* How much of so many bytes; below a byte: EAGAIN. */
static size_t whim(int fd, size_t len)
{
	static const unsigned some[] = { 40, 5000, 70000 };
	size_t part;

	switch (len > 0 && is_tcp(fd) ? chance(4) : 3) {
	case 0:
		return 0;
	case 3:
		return len;
	default:
		part = 1 + chance(some[chance(3)]);
		return part < len ? part : len;
	}
}

static ssize_t take(int fd, const void *bytes, size_t len, int flags)
{
	size_t part = whim(fd, len);

	if (part == 0 && len > 0) {
		errno = EAGAIN;
		return -1;
	}
	return sendto(fd, bytes, part, flags, NULL, 0);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	return take(fd, bytes, len, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static _Thread_local char bytes[1 << 20];
	size_t len = 0;

	for (size_t i = 0; i < msg->msg_iovlen; i++) {
		size_t room = sizeof bytes - len;
		size_t n = msg->msg_iov[i].iov_len;

		n = n < room ? n : room;
		memcpy(bytes + len, msg->msg_iov[i].iov_base, n);
		len += n;
	}
	return take(fd, bytes, len, flags);
}
