/*
 * bare: the yardstick. The least that a WebSocket server can do to carry a
 * published message to every member of a room: encode the frame once, then
 * send() it to one socket after the other, in one thread.
 *
 *     bare_upgrade   the handshake's answer
 *     bare_resp      commands of publishers
 *     bare_room      members, pending frames, the loop of send()
 *
 * A socket takes as much as the gateway lets one take, so that both meet
 * partial writes alike. With --batch K, up to K messages that are pending go in
 * one write. With --fault it cheats on purpose, so that the load client's
 * checks can be checked. It is no gateway: no limits, no pings, no queues.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bare_resp.h"
#include "bare_room.h"
#include "bare_upgrade.h"
#include "base/buf.h"
#include "base/mem.h"

enum {
	EVENTS = 256,
	READ_BYTES = 64 * 1024,
	SOCKET_BUFFER = 256 * 1024, /* as the gateway's, by default */
	BACKLOG = 4096,
	EXIT_USAGE = 2,
};

enum role {
	ROLE_NONE,
	ROLE_CLIENTS,
	ROLE_PUBLISHERS,
	ROLE_CLIENT,
	ROLE_PUBLISHER
};

/* One file descriptor; the table is indexed by it. */
struct peer {
	enum role role;
	bool is_member;
	struct bare_place place;
	struct buf in; /* head of a request, or cut commands */
};

struct bare {
	int epoll;
	struct peer *peers; /* owned */
	size_t peer_count;
	struct bare_rooms *rooms;
	char *buffer;
};

static void watch(struct bare *b, int fd, enum role role)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	b->peers[fd] = (struct peer){ .role = role };
	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		abort();
}

static void drop(struct bare *b, int fd)
{
	struct peer *p = &b->peers[fd];

	if (p->is_member)
		bare_room_leave(b->rooms, &p->place);
	buf_fini(&p->in);
	*p = (struct peer){ .role = ROLE_NONE };
	(void)close(fd);
}

static void accept_all(struct bare *b, int listener, enum role role)
{
	int one = 1, fd;

	while ((fd = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if ((size_t)fd >= b->peer_count) {
			(void)close(fd);
			continue;
		}
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		watch(b, fd, role);
	}
}

/* The head of the request grows until it is whole; then it is a member. */
static int on_head(struct bare *b, int fd, size_t len)
{
	struct peer *p = &b->peers[fd];
	uint32_t room;
	char answer[BARE_ANSWER_MAX];
	int count;

	if (buf_append(&p->in, b->buffer, len) < 0)
		return -ENOMEM;
	count = bare_upgrade(buf_slice(&p->in), answer, &room);
	if (count <= 0)
		return count;
	if (send(fd, answer, (size_t)count, MSG_NOSIGNAL) != count)
		return -ECONNRESET;
	buf_fini(&p->in);
	p->is_member = true;
	bare_room_join(b->rooms, &p->place, fd, room);
	return 0;
}

static int on_commands(struct bare *b, int fd, size_t len)
{
	struct peer *p = &b->peers[fd];
	struct buf replies = { 0 };
	int error;

	if (buf_append(&p->in, b->buffer, len) < 0)
		return -ENOMEM;
	error = bare_resp_run(&p->in, b->rooms, &replies);
	bare_room_flush(b->rooms);
	if (send(fd, replies.data, replies.len, MSG_NOSIGNAL) !=
	    (ssize_t)replies.len)
		error = -ECONNRESET;
	buf_fini(&replies);
	return error;
}

/* What members send after the handshake is read and thrown away. */
static void on_readable(struct bare *b, int fd)
{
	struct peer *p = &b->peers[fd];
	ssize_t got = recv(fd, b->buffer, READ_BYTES, 0);
	int error = 0;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		error = -ECONNRESET;
	else if (p->role == ROLE_PUBLISHER)
		error = on_commands(b, fd, (size_t)got);
	else if (!p->is_member)
		error = on_head(b, fd, (size_t)got);
	if (error < 0)
		drop(b, fd);
}

static void poll_full(void *arg, int fd, bool is_full)
{
	const struct bare *b = arg;
	struct epoll_event event = { .data.fd = fd,
		.events = is_full ? EPOLLIN | EPOLLOUT : EPOLLIN };

	if (epoll_ctl(b->epoll, EPOLL_CTL_MOD, fd, &event) < 0)
		abort();
}

static void on_client(struct bare *b, int fd, uint32_t events)
{
	if (events & EPOLLOUT)
		bare_room_continue(b->rooms, &b->peers[fd].place);
	if (events & ~(uint32_t)EPOLLOUT)
		on_readable(b, fd);
}

static void on_event(struct bare *b, int fd, uint32_t events)
{
	switch (b->peers[fd].role) {
	case ROLE_CLIENTS:
		accept_all(b, fd, ROLE_CLIENT);
		break;
	case ROLE_PUBLISHERS:
		accept_all(b, fd, ROLE_PUBLISHER);
		break;
	case ROLE_CLIENT:
		on_client(b, fd, events);
		break;
	case ROLE_PUBLISHER:
		on_readable(b, fd);
		break;
	case ROLE_NONE:
		break;
	}
}

static void listen_on(struct bare *b, uint16_t port, enum role role)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, size = SOCKET_BUFFER;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
	    (role == ROLE_CLIENTS && setsockopt(fd, SOL_SOCKET, SO_SNDBUF,
					 &size, sizeof size) < 0) ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		(void)fprintf(
		    stderr, "bare: port %u: %s\n", port, strerror(errno));
		exit(EXIT_FAILURE);
	}
	watch(b, fd, role);
}

static size_t raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max < 1 << 20 ? limit.rlim_max : 1 << 20;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	return limit.rlim_cur;
}

struct settings {
	uint16_t port;
	uint16_t publish_port;
	struct bare_policy policy;
};

static _Noreturn void usage(void)
{
	(void)fputs("usage: bare --port N --publish-port N [--batch K]\n"
		    "            [--fault drop|dup|reorder|foreign:EVERY]\n"
		    "Listens on 127.0.0.1, for WebSocket clients and for\n"
		    "PUBLISH commands. The room is the number that ends the\n"
		    "path, and the channel.\n",
	    stderr);
	exit(EXIT_USAGE);
}

static unsigned number(const char *text, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value == 0 || value > max)
		usage();
	return (unsigned)value;
}

static void take_fault(struct bare_policy *policy, const char *text)
{
	static const char *const names[] = { "none", "drop", "dup", "reorder",
		"foreign" };
	const char *colon = strchr(text, ':');

	for (int i = 1; colon && i < (int)(sizeof names / sizeof *names); i++)
		if (strncmp(text, names[i], (size_t)(colon - text)) == 0 &&
		    strlen(names[i]) == (size_t)(colon - text))
			policy->fault = (enum bare_fault)i;
	if (policy->fault == BARE_FAULT_NONE)
		usage();
	policy->every = number(colon + 1, 1000000000);
}

static struct settings parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "publish-port", required_argument, NULL, 'P' },
		{ "batch", required_argument, NULL, 'b' },
		{ "fault", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	struct settings s = { .policy = { .batch = 1 } };
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'p')
			s.port = (uint16_t)number(optarg, UINT16_MAX);
		else if (option == 'P')
			s.publish_port = (uint16_t)number(optarg, UINT16_MAX);
		else if (option == 'b')
			s.policy.batch = number(optarg, 1000000);
		else if (option == 'f')
			take_fault(&s.policy, optarg);
		else
			usage();
	}
	if (!s.port || !s.publish_port || optind != argc)
		usage();
	return s;
}

int main(int argc, char **argv)
{
	struct settings settings = parse(argc, argv);
	struct bare b = { .peer_count = raise_file_limit() };
	struct epoll_event events[EVENTS];

	b.epoll = epoll_create1(EPOLL_CLOEXEC);
	b.peers = xcalloc(b.peer_count, sizeof *b.peers);
	b.buffer = xmalloc(READ_BYTES);
	b.rooms = bare_rooms_new(
	    &settings.policy, (struct bare_poll){ poll_full, &b });
	listen_on(&b, settings.port, ROLE_CLIENTS);
	listen_on(&b, settings.publish_port, ROLE_PUBLISHERS);
	for (;;) {
		int count = epoll_wait(b.epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++)
			on_event(&b, events[i].data.fd, events[i].events);
	}
}
