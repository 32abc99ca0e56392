#include "sys/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"

bool listen_is_unix(const char *address)
{
	struct address a;

	return address_parse(&a, address, NULL) == 0 && a.is_unix;
}

void listen_remove(const char *address)
{
	struct address a;

	if (address_parse(&a, address, NULL) == 0 && a.is_unix)
		(void)unlink(a.host);
}

static int set_options(int fd, int family, const struct listen_options *o)
{
	const int one = 1, zero = 0;

	if (o->send_buffer > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &o->send_buffer,
		sizeof o->send_buffer) < 0)
		return -errno;
	if (family == AF_UNIX)
		return 0;
	/* Accepted sockets inherit these: no call for each of them. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
		return -errno;
	if (o->reuse_port &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0)
		return -errno;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero) < 0)
		return -errno;
	return 0;
}

static int open_socket(
    const struct sockaddr *addr, socklen_t len, const struct listen_options *o)
{
	int fd = socket(
	    addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = set_options(fd, addr->sa_family, o);
	if (error == 0 &&
	    (bind(fd, addr, len) < 0 || listen(fd, o->backlog) < 0))
		error = -errno;
	if (error < 0) {
		(void)close(fd);
		return error;
	}
	return fd;
}

/* The file is a socket that nobody accepts on: left by a killed process. */
static bool is_stale(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, error = 0;

	if (lstat(addr->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)addr, sizeof *addr) < 0)
		error = errno;
	(void)close(fd);
	return error == ECONNREFUSED;
}

static int listen_unix(const char *path, const struct listen_options *o,
    char *actual, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	memcpy(addr.sun_path, path, strnlen(path, ADDRESS_PATH_MAX));
	if (is_stale(&addr))
		(void)unlink(addr.sun_path);
	fd = open_socket((struct sockaddr *)&addr, sizeof addr, o);
	if (fd < 0)
		return err_set(
		    e, fd, "cannot listen on unix:%s: %s", path, strerror(-fd));
	(void)snprintf(
	    actual, LISTEN_TEXT_MAX, "unix:%.*s", ADDRESS_PATH_MAX, path);
	return fd;
}

static void describe(int fd, char *actual)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof addr;
	char host[INET6_ADDRSTRLEN] = "?";

	(void)getsockname(fd, (struct sockaddr *)&addr, &len);
	if (addr.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)&addr;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
		(void)snprintf(actual, LISTEN_TEXT_MAX, "[%s]:%u", host,
		    (unsigned)ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in = (const void *)&addr;

		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
		(void)snprintf(actual, LISTEN_TEXT_MAX, "%s:%u", host,
		    (unsigned)ntohs(in->sin_port));
	}
}

/* For "*": IPv6 first, since such a socket serves IPv4 as well. */
static int try_all(
    const struct addrinfo *list, bool is_any, const struct listen_options *o)
{
	int fd = -EADDRNOTAVAIL;

	for (int pass = is_any ? 0 : 1; pass < 2; pass++)
		for (const struct addrinfo *a = list; a; a = a->ai_next) {
			if (pass == 0 && a->ai_family != AF_INET6)
				continue;
			fd = open_socket(a->ai_addr, a->ai_addrlen, o);
			/* In use is an answer; no IPv6 here is not. */
			if (fd >= 0 || fd == -EADDRINUSE || fd == -EACCES)
				return fd;
		}
	return fd;
}

static const char *remedy(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return " (another process listens there: "
		       "stop it or choose another port)";
	case -EACCES:
		return " (ports below 1024 need CAP_NET_BIND_SERVICE)";
	case -EADDRNOTAVAIL:
		return " (not an address of this machine)";
	default:
		return "";
	}
}

int listen_open(const char *address, const struct listen_options *options,
    char *actual, struct err *e)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	struct address a;
	char port[8];
	bool is_any;
	int fd, status;

	if (address_parse(&a, address, e) < 0)
		return -EINVAL;
	if (a.is_unix)
		return listen_unix(a.host, options, actual, e);
	is_any = strcmp(a.host, "*") == 0;
	(void)snprintf(port, sizeof port, "%u", a.port);
	status = getaddrinfo(is_any ? NULL : a.host, port, &hints, &list);
	if (status != 0)
		return err_set(e, -EADDRNOTAVAIL, "cannot listen on %s: %s",
		    address, gai_strerror(status));
	fd = try_all(list, is_any, options);
	freeaddrinfo(list);
	if (fd < 0)
		return err_set(e, fd, "cannot listen on %s: %s%s", address,
		    strerror(-fd), remedy(fd));
	describe(fd, actual);
	return fd;
}
