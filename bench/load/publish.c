#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "publish_forms.h"

int publish_open(
    struct publish *p, const char *url, enum publish_form form, struct err *e)
{
	struct dial where;
	int error = dial_parse(&where, url, e);

	*p = (struct publish){ .fd = -1, .form = form, .is_line_start = true };
	if (strncmp(url, "http://", 7) == 0) {
		p->http_path = strchr(url + 7, '/');
		if (!p->http_path)
			return err_set(e, -EINVAL, "%s: no path", url);
	}
	if (error < 0)
		return error;
	p->fd = socket(where.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return err_set(e, -errno, "%s: no socket", url);
	if (connect(p->fd, (struct sockaddr *)&where.address, where.len) < 0 ||
	    fcntl(p->fd, F_SETFL, O_NONBLOCK) < 0) {
		error = err_set(e, -errno, "%s: %s", url, strerror(errno));
		publish_close(p);
	}
	return error;
}

void publish_close(struct publish *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	buf_fini(&p->out);
	buf_fini(&p->message);
	buf_fini(&p->filler);
}

static void put_argument(struct buf *out, struct slice text)
{
	buf_printf(out, "$%zu\r\n", text.len);
	buf_putn(out, text.ptr, text.len);
	buf_puts(out, "\r\n");
}

void publish_add(struct publish *p, const char *room_name,
    const struct payload *message, size_t size)
{
	struct payload filled = *message;
	char channel[PUBLISH_CHANNEL_MAX];

	filled.filler = buf_slice(&p->filler);
	p->message.len = 0;
	if (p->http_path) {
		publish_put_post(
		    &p->out, p->http_path, p->form, room_name, &filled, size);
		return;
	}
	publish_put_form(
	    &p->message, channel, p->form, room_name, &filled, size);
	buf_puts(&p->out, "*3\r\n$7\r\nPUBLISH\r\n");
	put_argument(&p->out, slice_str(channel));
	put_argument(&p->out, buf_slice(&p->message));
}

size_t publish_pending(const struct publish *p)
{
	return p->out.len - p->written;
}

int publish_flush(struct publish *p)
{
	while (publish_pending(p) > 0) {
		ssize_t sent = send(p->fd, p->out.data + p->written,
		    publish_pending(p), MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 0 : -errno;
		p->written += (size_t)sent;
	}
	p->written = p->out.len = 0;
	return 0;
}

/* Wherever a status line stands: bodies say no such thing. */
static void count_http_byte(struct publish *p, char c)
{
	static const char status[] = "HTTP/1.1 ";

	if (p->http_matched == sizeof status - 1) {
		p->replies++;
		p->refusals += c != '2';
		p->http_matched = 0;
	} else {
		p->http_matched = c == status[p->http_matched]
				      ? p->http_matched + 1
				      : c == status[0];
	}
}

/* A reply to PUBLISH is one line: a number, or an error's text. */
static void count_reply_byte(struct publish *p, char c)
{
	if (p->http_path) {
		count_http_byte(p, c);
		return;
	}
	if (p->is_line_start) {
		p->is_line_start = false;
		p->is_refusal = c == '-';
		p->refusals += p->is_refusal;
	}
	if (p->is_refusal && p->refusals == 1 && c >= ' ' &&
	    p->refusal_len < sizeof p->refusal - 1)
		p->refusal[p->refusal_len++] = c;
	if (c == '\n') {
		p->replies++;
		p->is_line_start = true;
	}
}

int publish_read(struct publish *p)
{
	char data[16384];
	ssize_t got;

	while ((got = recv(p->fd, data, sizeof data, 0)) > 0)
		for (ssize_t i = 0; i < got; i++)
			count_reply_byte(p, data[i]);
	if (got == 0)
		return -ECONNRESET;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}
