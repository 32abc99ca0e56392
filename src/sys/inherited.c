#include "sys/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/ip.h"

/*
 * Sockets come as these descriptors, open across exec. One that was taken is
 * close-on-exec from then on; that tells them apart.
 */
enum { FIRST = 3, COUNT_MAX = 1024, WHERE_MAX = 128 };

static long number_of(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtol(text, NULL, 10) : 0;
}

static int count(void)
{
	long fds = number_of("LISTEN_FDS");

	/* Sockets may be meant for the process that started this one. */
	if (number_of("LISTEN_PID") != (long)getpid() || fds < 0)
		return 0;
	return fds < COUNT_MAX ? (int)fds : COUNT_MAX;
}

static bool is_taken(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static bool is_listening(int fd)
{
	int answer = 0;
	socklen_t len = sizeof answer;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &len) == 0 &&
	       answer;
}

static bool is_same(const struct sockaddr *x, const struct sockaddr *y)
{
	if (x->sa_family != y->sa_family)
		return false;
	if (x->sa_family == AF_INET) {
		const struct sockaddr_in *a = (const void *)x;
		const struct sockaddr_in *b = (const void *)y;

		return a->sin_port == b->sin_port &&
		       a->sin_addr.s_addr == b->sin_addr.s_addr;
	}
	if (x->sa_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const void *)x;
		const struct sockaddr_in6 *b = (const void *)y;

		return a->sin6_port == b->sin6_port &&
		       !memcmp(
			   &a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr);
	}
	return x->sa_family == AF_UNIX &&
	       !strncmp(((const struct sockaddr_un *)(const void *)x)->sun_path,
		   ((const struct sockaddr_un *)(const void *)y)->sun_path,
		   sizeof(((struct sockaddr_un *)NULL)->sun_path));
}

/* The address of a socket; zeroed, of no family, when it has none. */
static struct sockaddr_storage name_of(int fd)
{
	struct sockaddr_storage name = { 0 };
	socklen_t len = sizeof name;

	(void)getsockname(fd, (struct sockaddr *)&name, &len);
	return name;
}

int inherited_take(const struct sockaddr *addr)
{
	int last = FIRST + count();

	for (int fd = FIRST; fd < last; fd++) {
		struct sockaddr_storage name = name_of(fd);
		int flags = fcntl(fd, F_GETFL);

		if (is_taken(fd) || !is_listening(fd) ||
		    !is_same((const struct sockaddr *)&name, addr))
			continue;
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
		    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
			return -errno;
		return fd;
	}
	return -ENOENT;
}

static void describe(int fd, char out[WHERE_MAX])
{
	struct sockaddr_storage name = name_of(fd);
	const struct sockaddr *any = (const void *)&name;
	struct ip ip;
	uint16_t port;

	if (any->sa_family == AF_UNIX)
		(void)snprintf(out, WHERE_MAX, "unix:%.107s",
		    ((const struct sockaddr_un *)(const void *)any)->sun_path);
	else if (ip_from_sockaddr(any, &ip, &port))
		ip_format_port(&ip, port, out);
	else
		(void)snprintf(out, WHERE_MAX, "descriptor %d", fd);
}

int inherited_check(struct err *e)
{
	int last = FIRST + count();

	for (int fd = FIRST; fd < last; fd++) {
		char where[WHERE_MAX];

		if (is_taken(fd))
			continue;
		describe(fd, where);
		return err_set(e, -EINVAL,
		    "the service manager passes a socket (%s) that no listen "
		    "address of the configuration has: change one of the two",
		    where);
	}
	return 0;
}
