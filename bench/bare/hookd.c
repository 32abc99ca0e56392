/*
 * hookd: the app behind an authenticator of type http, as fast as an app can
 * be, so that what a handshake costs is the gateway's part. Keep-alive
 * HTTP/1.1, one thread, epoll: whoever asks is admitted as user 42.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { EVENTS = 256, HEAD_BYTES = 16384, BACKLOG = 1024, EXIT_USAGE = 2 };

static const char answer[] = "HTTP/1.1 200 OK\r\n"
			     "Content-Type: application/json\r\n"
			     "Content-Length: 13\r\n\r\n"
			     "{\"user\":\"42\"}";

/* A connection; asks one question at a time. */
struct caller {
	int fd;
	size_t len;
	char head[HEAD_BYTES]; /* of the request, as far as it has come */
};

static void watch(int epoll, int fd, struct caller *caller)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = caller };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		abort();
}

static void accept_all(int epoll, int listener)
{
	int one = 1, fd;

	while ((fd = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct caller *c = xmalloc(sizeof *c);

		c->fd = fd;
		c->len = 0;
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		watch(epoll, fd, c);
	}
}

/* A question is a head that ends; its body would be none of ours. */
static bool reply(struct caller *c)
{
	const char *end = memmem(c->head, c->len, "\r\n\r\n", 4);
	size_t used;

	if (!end)
		return c->len < sizeof c->head;
	used = (size_t)(end + 4 - c->head);
	c->len -= used;
	memmove(c->head, c->head + used, c->len);
	return send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) ==
	       (ssize_t)(sizeof answer - 1);
}

static void on_readable(struct caller *c)
{
	ssize_t got = recv(c->fd, c->head + c->len, sizeof c->head - c->len, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0) {
		c->len += (size_t)got;
		if (reply(c))
			return;
	}
	(void)close(c->fd);
	free(c);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		(void)fprintf(
		    stderr, "hookd: port %u: %s\n", port, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return fd;
}

static uint16_t parse(int argc, char **argv)
{
	char *end = NULL;
	unsigned long port = argc == 2 ? strtoul(argv[1], &end, 10) : 0;

	if (!end || *end || port == 0 || port > UINT16_MAX) {
		(void)fputs("usage: hookd PORT\n", stderr);
		exit(EXIT_USAGE);
	}
	return (uint16_t)port;
}

int main(int argc, char **argv)
{
	int listener = listen_on(parse(argc, argv));
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[EVENTS];

	watch(epoll, listener, NULL);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				on_readable(events[i].data.ptr);
			else
				accept_all(epoll, listener);
		}
	}
}
