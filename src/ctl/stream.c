/* stream: see stream.h. */
#include "ctl/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/mem.h"
#include "sys/connect.h"
#include "sys/tls.h"
#include "sys/tls_client.h"
#include "sys/tls_refusal.h"

struct stream {
	int fd;          /* owned; does not block */
	struct tls *tls; /* owned; NULL: plain */
};

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->tls)
		tls_shutdown(s->tls);
	tls_free(s->tls);
	(void)close(s->fd);
	free(s);
}

/*
 * Until the socket is ready for it, or the time is over: -EAGAIN. Behind a
 * signal its call is made again.
 */
static int wait_for(
    const struct stream *s, short events, int64_t until_ms, struct err *e)
{
	struct pollfd fd = { .fd = s->fd, .events = events };
	int64_t left_ms = until_ms - clock_ms();
	int rc = poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0);

	if (rc > 0 || (rc < 0 && errno == EINTR))
		return 0;
	return rc < 0 ? err_set(e, -errno, "%s", strerror(errno))
		      : err_set(e, -EAGAIN, "no answer in time");
}

/* What a failed call on the socket has come to. */
static ssize_t fail(const struct stream *s, ssize_t error, struct err *e)
{
	const char *words = NULL;

	if (s->tls && error == -EPROTO)
		words = tls_refusal_words(s->tls);
	return err_set(e, (int)error, "%s%s", words ? "TLS: " : "",
	    words ? words : strerror((int)-error));
}

/* --- reading --- */

/* Who is killed leaves without a close_notify; HTTP has lengths of its own. */
static bool is_end(const struct stream *s, ssize_t got)
{
	return got == -EPROTO && tls_is_up(s->tls) &&
	       tls_refusal_of(s->tls) == TLS_REFUSAL_CLOSED;
}

static ssize_t read_tls(struct stream *s, char *to)
{
	ssize_t got = tls_read(s->tls, to, STREAM_READ_MIN);

	return is_end(s, got) ? 0 : got;
}

static ssize_t read_some(struct stream *s, char *to)
{
	ssize_t got;

	if (s->tls)
		return read_tls(s, to);
	got = recv(s->fd, to, STREAM_READ_MIN, 0);
	return got < 0 ? -errno : got;
}

/* TLS writes answers of its own while it reads. */
static short wanted_to_read(const struct stream *s)
{
	return s->tls && tls_has_answers(s->tls) ? POLLIN | POLLOUT : POLLIN;
}

static void send_answers(struct stream *s)
{
	if (s->tls && tls_unsent(s->tls) > 0)
		(void)tls_writev(s->tls, NULL, 0);
}

ssize_t stream_read(struct stream *s, char *to, int64_t until_ms, struct err *e)
{
	for (;;) {
		ssize_t got = read_some(s, to);
		int rc;

		if (got >= 0)
			return got;
		if (got != -EAGAIN && got != -EINTR)
			return fail(s, got, e);
		send_answers(s);
		rc = wait_for(s, wanted_to_read(s), until_ms, e);
		if (rc < 0)
			return rc;
	}
}

/* --- writing --- */

static ssize_t write_some(struct stream *s, struct slice bytes)
{
	struct iovec iov = { (void *)(uintptr_t)bytes.ptr, bytes.len };
	ssize_t sent;

	if (s->tls)
		return tls_writev(s->tls, &iov, bytes.len > 0);
	sent = send(s->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

static bool is_written(const struct stream *s, struct slice rest)
{
	return rest.len == 0 && (!s->tls || tls_unsent(s->tls) == 0);
}

int stream_write(
    struct stream *s, struct slice bytes, int64_t until_ms, struct err *e)
{
	int rc = 0;

	while (rc == 0 && !is_written(s, bytes)) {
		ssize_t sent = write_some(s, bytes);

		if (sent >= 0)
			bytes = slice_after(bytes, (size_t)sent);
		else if (sent != -EAGAIN && sent != -EINTR)
			return (int)fail(s, sent, e);
		if (sent == -EAGAIN)
			rc = wait_for(s, POLLOUT, until_ms, e);
	}
	return rc;
}

/* --- its begin --- */

/* Servers that are talked to here say nothing first: nothing is read. */
static int shake_hands(struct stream *s, int64_t until_ms, struct err *e)
{
	char nothing[STREAM_READ_MIN];
	int rc = 0;

	while (rc == 0 && !tls_is_up(s->tls)) {
		ssize_t got = read_tls(s, nothing);

		send_answers(s);
		if (got == -EAGAIN && !tls_is_up(s->tls))
			rc = wait_for(s, wanted_to_read(s), until_ms, e);
		else if (got != -EAGAIN)
			rc = (int)fail(s, got < 0 ? got : -ECONNRESET, e);
	}
	return rc;
}

static int start_tls(struct stream *s, const struct tls_client_files *files,
    const char *name, int64_t until_ms, struct err *e)
{
	int rc = tls_client_connect(&s->tls, files, name, s->fd, e);

	return rc < 0 ? rc : shake_hands(s, until_ms, e);
}

int stream_open(struct stream **out, const struct address *to,
    const struct tls_client_files *files, int64_t until_ms, struct err *e)
{
	int rc, fd = connect_to(to, (int)(until_ms - clock_ms()), e);
	struct stream *s;

	if (fd < 0)
		return fd;
	s = xcalloc(1, sizeof *s);
	s->fd = fd;
	rc = fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (rc < 0)
		rc = (int)fail(s, -errno, e);
	else if (files)
		rc = start_tls(s, files, to->host, until_ms, e);
	if (rc < 0) {
		stream_close(s);
		return rc;
	}
	*out = s;
	return 0;
}
