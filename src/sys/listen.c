#include "sys/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "base/ip.h"
#include "sys/inherited.h"

bool listen_is_unix(const char *address)
{
	struct address a;

	return address_parse(&a, address, NULL) == 0 && a.is_unix;
}

bool listen_has_caller(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return poll(&one, 1, 0) > 0;
}

bool listen_is_starved(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

void listen_remove(const struct listen_place *place)
{
	struct address a;
	struct stat st;

	if (place->inode == 0 || address_parse(&a, place->text, NULL) < 0 ||
	    lstat(a.host, &st) < 0)
		return;
	if (st.st_dev == place->device && st.st_ino == place->inode)
		(void)unlink(a.host);
}

/* [::] as it is written, so that 0.0.0.0 finds its port free beside it. */
static bool is_v6_only(const struct sockaddr *addr, bool is_any)
{
	const struct sockaddr_in6 *in6 = (const void *)addr;

	return !is_any && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

/* Accepted sockets inherit these: no call for each of them. */
static int set_accepted_options(
    int fd, const struct sockaddr *addr, const struct listen_options *o)
{
	const int one = 1;

	if (o->send_buffer > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &o->send_buffer,
		sizeof o->send_buffer) < 0)
		return -errno;
	if (addr->sa_family != AF_UNIX &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
		return -errno;
	return 0;
}

static int set_options(int fd, const struct sockaddr *addr, bool is_any,
    const struct listen_options *o)
{
	const int one = 1;
	int error = set_accepted_options(fd, addr, o);

	if (error < 0 || addr->sa_family == AF_UNIX)
		return error;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0)
		return -errno;
	if (o->reuse_port &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0)
		return -errno;
	if (addr->sa_family == AF_INET6) {
		const int v6_only = is_v6_only(addr, is_any);

		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only,
			sizeof v6_only) < 0)
			return -errno;
	}
	return 0;
}

/* A socket that is bound and does not listen yet. */
static int open_socket(const struct sockaddr *addr, socklen_t len, bool is_any,
    const struct listen_options *o)
{
	int fd = socket(
	    addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = set_options(fd, addr, is_any, o);
	/* The file gets the socket's mode: nobody's, until give_access. */
	if (error == 0 && addr->sa_family == AF_UNIX && fchmod(fd, 0) < 0)
		error = -errno;
	if (error == 0 && bind(fd, addr, len) < 0)
		error = -errno;
	if (error < 0) {
		(void)close(fd);
		return error;
	}
	return fd;
}

static int start(int fd, const struct listen_options *o)
{
	int error;

	if (o->only_bind || listen(fd, o->backlog) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

/* The service manager's socket for this address, or a negative errno. */
static int take_inherited(const struct sockaddr *addr,
    const struct listen_options *o, struct listen_place *place)
{
	int fd = inherited_take(addr);
	int error = fd < 0 ? fd : set_accepted_options(fd, addr, o);

	if (error < 0)
		return error;
	place->is_inherited = true;
	return fd;
}

/* Whether the file is a socket that nobody accepts on, of a killed process. */
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

/* Let those in who may connect; the file is this process's own. */
static int give_access(const char *path, const struct listen_options *o,
    struct listen_place *place, struct err *e)
{
	struct stat st;

	if (o->gid >= 0 && lchown(path, (uid_t)-1, (gid_t)o->gid) < 0)
		return err_set(e, -errno,
		    "cannot give unix:%s to group %lld: %s%s", path,
		    (long long)o->gid, strerror(errno),
		    errno == EPERM ? " (this process's user is not in it)"
				   : "");
	if (chmod(path, (mode_t)o->mode) < 0 || lstat(path, &st) < 0)
		return err_set(e, -errno, "cannot set the mode of unix:%s: %s",
		    path, strerror(errno));
	place->device = st.st_dev;
	place->inode = st.st_ino;
	return 0;
}

static int refuse_unix(const char *path, int error, struct err *e)
{
	return err_set(e, error, "cannot listen on unix:%s: %s%s", path,
	    strerror(-error),
	    error == -EADDRINUSE
		? " (another process serves it, or the file is not ours)"
		: "");
}

static int listen_unix(const char *path, const struct listen_options *o,
    struct listen_place *place, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, error;

	memcpy(addr.sun_path, path, strnlen(path, ADDRESS_PATH_MAX));
	(void)snprintf(
	    place->text, sizeof place->text, "unix:%s", addr.sun_path);
	fd = take_inherited((struct sockaddr *)&addr, o, place);
	if (fd >= 0)
		return fd;
	if (is_stale(&addr))
		(void)unlink(addr.sun_path);
	fd = open_socket((struct sockaddr *)&addr, sizeof addr, false, o);
	if (fd < 0)
		return refuse_unix(path, fd, e);
	error = give_access(path, o, place, e);
	if (error < 0) {
		(void)unlink(addr.sun_path);
		(void)close(fd);
		return error;
	}
	fd = start(fd, o);
	return fd < 0 ? refuse_unix(path, fd, e) : fd;
}

/* Whether an IPv6 socket serves IPv4 as well. */
static bool is_dual(int fd, const struct sockaddr_in6 *in6)
{
	int v6_only = 1;
	socklen_t len = sizeof v6_only;

	(void)getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, &len);
	return !v6_only && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

static void describe(int fd, char actual[LISTEN_TEXT_MAX])
{
	struct sockaddr_storage addr = { 0 };
	const struct sockaddr *any = (const void *)&addr;
	socklen_t len = sizeof addr;
	struct ip ip;
	uint16_t port;

	(void)getsockname(fd, (struct sockaddr *)&addr, &len);
	(void)ip_from_sockaddr(any, &ip, &port);
	if (any->sa_family == AF_INET6 && is_dual(fd, (const void *)any))
		(void)snprintf(actual, LISTEN_TEXT_MAX, "*:%u", (unsigned)port);
	else
		ip_format_port(&ip, port, actual);
}

static int try_inherited(const struct addrinfo *list,
    const struct listen_options *o, struct listen_place *place)
{
	int fd = -ENOENT;

	for (const struct addrinfo *a = list; fd < 0 && a; a = a->ai_next)
		fd = take_inherited(a->ai_addr, o, place);
	return fd;
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
			fd = open_socket(a->ai_addr, a->ai_addrlen, is_any, o);
			if (fd >= 0)
				fd = start(fd, o);
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
		return " (another process listens there, or another address "
		       "of this configuration: choose another port)";
	case -EACCES:
		return " (ports below 1024 need CAP_NET_BIND_SERVICE)";
	case -EADDRNOTAVAIL:
		return " (not an address of this machine)";
	default:
		return "";
	}
}

int listen_open(const char *address, const struct listen_options *options,
    struct listen_place *place, struct err *e)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	struct address a;
	char port[8];
	bool is_any;
	int fd, status;

	*place = (struct listen_place){ 0 };
	if (address_parse(&a, address, e) < 0)
		return -EINVAL;
	if (a.is_unix)
		return listen_unix(a.host, options, place, e);
	is_any = strcmp(a.host, "*") == 0;
	(void)snprintf(port, sizeof port, "%u", a.port);
	status = getaddrinfo(is_any ? NULL : a.host, port, &hints, &list);
	if (status != 0)
		return err_set(e, -EADDRNOTAVAIL, "cannot listen on %s: %s",
		    address, gai_strerror(status));
	fd = try_inherited(list, options, place);
	if (fd < 0)
		fd = try_all(list, is_any, options);
	freeaddrinfo(list);
	if (fd < 0)
		return err_set(e, fd, "cannot listen on %s: %s%s", address,
		    strerror(-fd), remedy(fd));
	describe(fd, place->text);
	return fd;
}
