/*
 * embedded_port: a backend that listens on a socket of a test's own, and what
 * publishers say and hear at it.
 */
#ifndef EMBEDDED_PORT_H
#define EMBEDDED_PORT_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/embedded.h"
#include "recorder.h"

struct fixture {
	struct recorder r;
	char dir[64];
	char path[80];
	char listen[96];
	char secret[80]; /* a file; "": there is none */
	unsigned port;   /* 0: it listens on a unix socket */
};

static inline struct fixture *set_up(void)
{
	static struct fixture f;

	recorder_init(&f.r, &embedded_backend);
	f.port = 0;
	f.secret[0] = '\0';
	(void)snprintf(f.dir, sizeof f.dir, "/tmp/roomcast-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(f.dir));
	(void)snprintf(f.path, sizeof f.path, "%s/e.sock", f.dir);
	(void)snprintf(f.listen, sizeof f.listen, "unix:%s", f.path);
	f.r.conf.embedded.listen = f.listen;
	return &f;
}

/* What is in the file of the password. */
static inline void set_password(struct fixture *f, const char *text)
{
	FILE *file;

	(void)snprintf(f->secret, sizeof f->secret, "%s/s", f->dir);
	f->r.conf.embedded.password_file = f->secret;
	file = fopen(f->secret, "w");
	ck_assert_ptr_nonnull(file);
	(void)fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static inline struct fixture *set_up_and_open(void)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	return f;
}

/* A port that was free a moment ago. */
static inline unsigned free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	getsockname(fd, (struct sockaddr *)&addr, &len);
	close(fd);
	return ntohs(addr.sin_port);
}

/* On a TCP port: there, closing over unread input resets the connection. */
static inline struct fixture *set_up_and_open_port(void)
{
	struct fixture *f = set_up();

	f->port = free_port();
	(void)snprintf(f->listen, sizeof f->listen, "127.0.0.1:%u", f->port);
	recorder_come_up(&f->r);
	return f;
}

static inline void tear_down(struct fixture *f)
{
	recorder_fini(&f->r);
	if (f->secret[0])
		unlink(f->secret);
	rmdir(f->dir);
}

static inline int join_port(unsigned port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline int join(struct fixture *f)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (f->port)
		return join_port(f->port);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	(void)snprintf(addr.sun_path, sizeof addr.sun_path, "%s", f->path);
	ck_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
	return fd;
}

/* Send all of it; the loop runs while the socket is full. */
static inline void say_bytes(
    struct fixture *f, int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, p, len, MSG_NOSIGNAL);

		if (sent < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			recorder_turn(&f->r, 5);
			continue;
		}
		p += sent;
		len -= (size_t)sent;
	}
}

static inline void say(struct fixture *f, int fd, const char *text)
{
	say_bytes(f, fd, text, strlen(text));
}

/* What the publisher can hear right now; how many bytes. No reset may come. */
static inline size_t listen_to(int fd, char *text, size_t size)
{
	ssize_t len = recv(fd, text, size, 0);

	ck_assert_msg(len >= 0 || errno == EAGAIN, "%s", strerror(errno));
	return len > 0 ? (size_t)len : 0;
}

/* Run until the publisher has heard exactly this, and nothing behind it. */
static inline void hear(struct fixture *f, int fd, const char *expected)
{
	size_t len = strlen(expected), got = 0;
	char text[4096] = "";

	recorder_until(&f->r,
	    (got += listen_to(fd, text + got, sizeof text - 1 - got)) >= len);
	ck_assert_str_eq(text, expected);
}

static inline bool has_ended(int fd)
{
	char c;
	ssize_t len = recv(fd, &c, 1, 0);

	ck_assert_msg(len >= 0 || errno == EAGAIN, "%s", strerror(errno));
	ck_assert_int_le(len, 0);
	return len == 0;
}

/* Run until the gateway has closed the connection, in good order. */
static inline void hear_end(struct fixture *f, int fd)
{
	recorder_until(&f->r, has_ended(fd));
	close(fd);
}

static inline uint64_t publishers(struct fixture *f)
{
	return recorder_metric(&f->r, METRIC_PUBLISHERS);
}

/* How many descriptors this process may have. */
static inline void set_fd_limit(rlim_t count)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
