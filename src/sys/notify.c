#include "sys/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof addr.sun_path ||
	    (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(addr.sun_path, path, len);
	if (path[0] == '@')
		addr.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&addr,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) <
	    0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Nobody to complain to when the manager does not listen. */
void notify_send_on(int fd, const char *state)
{
	if (fd >= 0)
		(void)send(
		    fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notify_send(const char *state)
{
	int fd = notify_open();

	notify_send_on(fd, state);
	if (fd >= 0)
		(void)close(fd);
}

static long read_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (!text || text[0] == '\0')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno == 0 && *end == '\0' ? number : -1;
}

long notify_watchdog_usec(void)
{
	long pid = read_number("WATCHDOG_PID");
	long usec = read_number("WATCHDOG_USEC");

	if (getenv("WATCHDOG_PID") && pid != (long)getpid())
		return 0;
	return usec > 0 ? usec : 0;
}
