/* connect: see connect.h. */
#include "sys/connect.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"

/* Calls that block end by then. Of 0 they never would. */
static int set_patience(int fd, int64_t patience_ms)
{
	int64_t ms = patience_ms > 0 ? patience_ms : 1;
	const struct timeval most = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};
	int rc = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);

	return rc == 0
		   ? setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most)
		   : rc;
}

/* Connected, or a negative errno. Linux heeds SO_SNDTIMEO in connect, too. */
static int connect_one(
    const struct sockaddr *to, socklen_t len, int64_t patience_ms)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	if (set_patience(fd, patience_ms) == 0 && connect(fd, to, len) == 0)
		return fd;
	error = errno == EINPROGRESS ? ETIMEDOUT : errno;
	(void)close(fd);
	return -error;
}

static int connect_unix(const struct address *a, int patience_ms, struct err *e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	(void)snprintf(
	    to.sun_path, sizeof to.sun_path, "%.*s", ADDRESS_PATH_MAX, a->host);
	fd = connect_one((const struct sockaddr *)&to, sizeof to, patience_ms);
	return fd >= 0 ? fd : err_set(e, fd, "%s", strerror(-fd));
}

static int connect_tcp(const struct address *a, int patience_ms, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *host = address_wildcard(a) ? NULL : a->host;
	struct addrinfo *all = NULL;
	int64_t until_ms;
	char port[8];
	int rc, fd = -EADDRNOTAVAIL;

	(void)snprintf(port, sizeof port, "%u", a->port);
	rc = getaddrinfo(host, port, &hints, &all);
	if (rc != 0)
		return err_set(e, -EADDRNOTAVAIL, "%s", gai_strerror(rc));
	until_ms = clock_ms() + patience_ms;
	for (struct addrinfo *i = all; i && fd < 0; i = i->ai_next)
		fd = connect_one(
		    i->ai_addr, i->ai_addrlen, until_ms - clock_ms());
	freeaddrinfo(all);
	return fd >= 0 ? fd : err_set(e, fd, "%s", strerror(-fd));
}

int connect_to(const struct address *a, int patience_ms, struct err *e)
{
	return a->is_unix ? connect_unix(a, patience_ms, e)
			  : connect_tcp(a, patience_ms, e);
}
