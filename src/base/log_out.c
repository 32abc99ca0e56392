/* log_out: see log_out.h. */
#include "base/log_out.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A part of the logger's state. */
static struct {
	_Atomic uint64_t dropped;
	int fd;
	bool is_journal;            /* as it was at the start */
	pthread_mutex_t write_lock; /* lines never interleave */
	char rest[LOG_OUT_MAX];     /* of a line that was taken in part */
	size_t rest_len;
} out = { .fd = STDERR_FILENO, .write_lock = PTHREAD_MUTEX_INITIALIZER };

/*
 * Whether this is the journal's socket, as it says itself. Who was started with
 * standard error somewhere else has inherited the variable all the same.
 */
static bool is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char text[64];

	(void)snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	return stream && !strcmp(stream, text);
}

/*
 * O_NONBLOCK on descriptor 2 itself would be the shell's, too. A socket cannot
 * be opened so and a file need not be; who may not open the terminal (su) keeps
 * descriptor 2 and what poll says of it.
 */
void log_out_open(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) < 0)
		return;
	out.is_journal = is_journal(&st);
	if (!S_ISCHR(st.st_mode) && !S_ISFIFO(st.st_mode))
		return;
	fd = open(
	    "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		out.fd = fd;
}

bool log_out_is_journal(void)
{
	return out.is_journal;
}

uint64_t log_out_dropped(void)
{
	return atomic_load(&out.dropped);
}

/* Write as much as the reader's end takes at once; never wait for it. */
static size_t write_some(const char *p, size_t len)
{
	struct pollfd pfd = { .fd = out.fd, .events = POLLOUT };
	ssize_t written = -1;

	if (poll(&pfd, 1, 0) == 1 && pfd.revents & POLLOUT)
		written = write(out.fd, p, len);
	return written > 0 ? (size_t)written : 0;
}

/* The rest of a line that was taken in part goes before the next one. */
static void keep_rest(const char *p, size_t len)
{
	memmove(out.rest, p, len);
	out.rest_len = len;
}

static bool write_rest(void)
{
	size_t written = 0;

	if (out.rest_len > 0)
		written = write_some(out.rest, out.rest_len);
	keep_rest(out.rest + written, out.rest_len - written);
	return out.rest_len == 0;
}

void log_out_write(const char *line, size_t len)
{
	size_t written = 0;

	(void)pthread_mutex_lock(&out.write_lock);
	if (write_rest())
		written = write_some(line, len);
	if (written > 0)
		keep_rest(line + written, len - written);
	else
		atomic_fetch_add(&out.dropped, 1);
	(void)pthread_mutex_unlock(&out.write_lock);
}
