#include "process/ask_health.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "conf/conf.h"
#include "sys/arguments.h"
#include "sys/connect.h"

enum { PATIENCE_MS = 3000 }; /* for each step: the answer is short */

static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
			      "Connection: close\r\n\r\n";
static const char good[] = "HTTP/1.1 200 ";

static bool hears_good(int fd)
{
	char answer[sizeof good - 1];

	return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) ==
		   (ssize_t)sizeof request - 1 &&
	       recv(fd, answer, sizeof answer, MSG_WAITALL) ==
		   (ssize_t)sizeof answer &&
	       memcmp(answer, good, sizeof answer) == 0;
}

static int fail(const char *what, const char *address, int status)
{
	(void)fprintf(stderr, "roomcast: %s%s\n", what, address);
	return status;
}

int ask_health(const struct conf *conf)
{
	const char *address = conf->admin.listen;
	struct address a;
	struct err e;
	bool is_good;
	int fd;

	if (!address || address_parse(&a, address, &e) < 0)
		return fail("--health asks at admin.listen, which is not set",
		    "", ARGUMENTS_EXIT_USAGE);
	fd = connect_to(&a, PATIENCE_MS, &e);
	if (fd < 0)
		return fail("nobody answers at ", address, EXIT_FAILURE);
	is_good = hears_good(fd);
	(void)close(fd);
	if (!is_good)
		return fail("not well, says ", address, EXIT_FAILURE);
	return EXIT_SUCCESS;
}
