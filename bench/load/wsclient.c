#include "wsclient.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "dialect.h"
#include "inflater.h"

/*
 * The key of the RFC's own example, whose answer is known: so the answer is
 * checked in full without SHA-1 here. A real client takes a random one.
 */
#define WS_KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum {
	WS_FIN = 0x80,
	WS_RSV = 0x70,
	WS_RSV1 = 0x40, /* deflated */
	WS_MASK = 0x80,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
	WS_CONTROL_MAX = 125,
	ANSWER_MAX = 16384,
};

int wsclient_connect(struct wsclient *c, const struct sockaddr *address,
    socklen_t len, uint32_t room, int receive_buffer)
{
	int one = 1, error;

	*c = (struct wsclient){ .fd = -1, .state = WSCLIENT_CLOSED };
	c->room = room;
	c->fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (receive_buffer)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
		    sizeof receive_buffer);
	if (connect(c->fd, address, len) < 0 && errno != EINPROGRESS) {
		error = -errno;
		wsclient_close(c);
		return error;
	}
	c->state = WSCLIENT_CONNECTING;
	return 0;
}

int wsclient_secure(struct wsclient *c, struct tlsclient *tls)
{
	c->state = WSCLIENT_SECURING;
	return tlsclient_shake(tls, c->ssl);
}

int wsclient_begin(struct wsclient *c, struct tlsclient *tls)
{
	int error = 0;
	socklen_t size = sizeof error;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
		return error ? -error : -errno;
	if (!tls)
		return 0;
	c->ssl = tlsclient_open(tls, c->fd);
	return wsclient_secure(c, tls);
}

/* What a client asks for that speaks WebSocket, whatever is on top of it. */
#define WS_HANDSHAKE                                    \
	"Upgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Key: " WS_KEY "\r\n"             \
	"Sec-WebSocket-Version: 13\r\n"

static bool is_websocket(const struct dialect *dialect)
{
	return !dialect || !dialect->asks_for;
}

void wsclient_head(struct buf *out, const char *host, const char *path,
    const char *extra, const struct dialect *dialect)
{
	buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", path, host,
	    is_websocket(dialect) ? WS_HANDSHAKE : dialect->asks_for, extra);
}

/* What is sent is small: a socket that cannot take it has a dead peer. */
static int send_all(const struct wsclient *c, const void *p, size_t len)
{
	if (c->ssl)
		return tlsclient_write(c->ssl, p, len);
	return send(c->fd, p, len, MSG_NOSIGNAL) == (ssize_t)len ? 0
								 : -ECONNRESET;
}

int wsclient_send_head(struct wsclient *c, struct slice head)
{
	c->state = WSCLIENT_UPGRADING;
	return send_all(c, head.ptr, head.len);
}

ssize_t wsclient_read(struct wsclient *c, void *to, size_t size)
{
	ssize_t got;

	if (c->ssl)
		return tlsclient_read(c->ssl, to, size);
	got = recv(c->fd, to, size, 0);
	return got < 0 ? -errno : got;
}

void wsclient_close(struct wsclient *c)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (c->fd >= 0) {
		(void)setsockopt(
		    c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
		(void)close(c->fd);
	}
	tlsclient_close(c->ssl);
	buf_fini(&c->answer);
	buf_fini(&c->packed);
	c->ssl = NULL;
	c->fd = -1;
	c->state = WSCLIENT_CLOSED;
}

static bool is_good_answer(const char *head)
{
	static const char name[] = "\r\nSec-WebSocket-Accept:";
	const char *accept = strcasestr(head, name);

	if (strncmp(head, "HTTP/1.1 101 ", 13) != 0 || !accept)
		return false;
	accept += sizeof name - 1;
	accept += strspn(accept, " \t");
	return strncmp(accept, WS_ACCEPT "\r\n", sizeof WS_ACCEPT + 1) == 0;
}

int wsclient_send(const struct wsclient *c, uint8_t first, struct slice body)
{
	static const uint8_t key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	uint8_t frame[6 + WS_CONTROL_MAX] = { first };

	frame[1] = (uint8_t)(WS_MASK | body.len);
	memcpy(frame + 2, key, sizeof key);
	for (size_t i = 0; i < body.len; i++)
		frame[6 + i] = (uint8_t)body.ptr[i] ^ key[i % 4];
	return send_all(c, frame, 6 + body.len);
}

static size_t head_len(uint8_t second)
{
	return (second & 0x7f) == 126 ? 4 : (second & 0x7f) == 127 ? 10 : 2;
}

static uint64_t payload_len(const uint8_t *head)
{
	size_t end = head_len(head[1]);
	uint64_t len = 0;

	if (end == 2)
		return head[1] & 0x7f;
	for (size_t i = 2; i < end; i++)
		len = len << 8 | head[i];
	return len;
}

/* How many first bytes of a frame are wanted, as far as n of them tell. */
static size_t prefix_len(const uint8_t *p, size_t n)
{
	uint64_t len;

	if (n < 2)
		return 2;
	if (n < head_len(p[1]))
		return head_len(p[1]);
	len = payload_len(p);
	return head_len(p[1]) + (len < WS_CONTROL_MAX ? len : WS_CONTROL_MAX);
}

static int on_control(struct wsclient *c, const uint8_t *p, size_t len,
    struct wsclient_sink *sink)
{
	switch (p[0] & 0x0f) {
	case WS_PING:
		sink->pings++;
		return wsclient_send(
		    c, WS_FIN | WS_PONG, slice_of((const char *)p + 2, len));
	case WS_PONG:
		return 0;
	case WS_CLOSE:
		if (len >= 2)
			c->close_code = (uint16_t)(p[2] << 8 | p[3]);
		return -ECONNRESET;
	default:
		return -EPROTO;
	}
}

/* The frame is complete. */
static void on_data(struct wsclient *c, struct wsclient_sink *sink)
{
	struct slice whole;

	if (c->is_deflated) {
		whole = inflater_run(sink->inflater, buf_slice(&c->packed));
		c->size = whole.len;
		c->is_ours =
		    payload_parse(&c->message, whole.ptr, whole.len) == 0;
		c->packed.len = 0;
		sink->deflated++;
	}
	sink->on_message(sink->arg, c);
}

/* So many bytes of a data frame: the first ones, or more of them. */
static void on_payload(struct wsclient *c, const uint8_t *p, size_t len)
{
	if (c->is_deflated)
		buf_putn(&c->packed, (const char *)p, len);
	c->left -= len;
}

/*
 * The first count bytes of a frame are here, as many as prefix_len wants.
 * What is left of a long payload is only counted down.
 */
static int on_prefix(struct wsclient *c, const uint8_t *p, size_t count,
    struct wsclient_sink *sink)
{
	size_t head = head_len(p[1]);
	unsigned opcode = p[0] & 0x0f;

	if ((p[1] & WS_MASK) || !(p[0] & WS_FIN))
		return -EPROTO;
	c->is_deflated = sink->inflater && (p[0] & WS_RSV) == WS_RSV1;
	if ((p[0] & WS_RSV) && !c->is_deflated)
		return -EPROTO;
	c->size = c->left = payload_len(p);
	sink->frames++;
	if (opcode != WS_TEXT && opcode != WS_BINARY) {
		if (c->size > WS_CONTROL_MAX || c->is_deflated)
			return -EPROTO;
		c->left = 0;
		return on_control(c, p, count - head, sink);
	}
	if (!c->is_deflated)
		c->is_ours = payload_parse(&c->message, (const char *)p + head,
				 count - head) == 0;
	on_payload(c, p + head, count - head);
	if (c->left == 0)
		on_data(c, sink);
	return 0;
}

/* Go on with a prefix that an earlier read left cut; what it used in *used. */
static int feed_part(struct wsclient *c, const uint8_t *data, size_t len,
    size_t *used, struct wsclient_sink *sink)
{
	size_t wanted = prefix_len(c->part, c->part_len);

	*used = 0;
	while (c->part_len < wanted && *used < len) {
		c->part[c->part_len++] = data[(*used)++];
		wanted = prefix_len(c->part, c->part_len);
	}
	if (c->part_len < wanted)
		return 0;
	c->part_len = 0;
	return on_prefix(c, c->part, wanted, sink);
}

static size_t feed_payload(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	size_t used = len < c->left ? len : (size_t)c->left;

	on_payload(c, data, used);
	if (c->left == 0)
		on_data(c, sink);
	return used;
}

static int feed_frames(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	int error = 0;

	while (len > 0 && error == 0) {
		size_t used;

		if (c->left > 0) {
			used = feed_payload(c, data, len, sink);
		} else if (c->part_len > 0 || len < prefix_len(data, len)) {
			error = feed_part(c, data, len, &used, sink);
		} else {
			used = prefix_len(data, len);
			error = on_prefix(c, data, used, sink);
		}
		data += used;
		len -= used;
	}
	return error;
}

static int feed_open(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	if (sink->dialect)
		return dialect_feed(c, data, len, sink);
	return feed_frames(c, data, len, sink);
}

static bool is_let_in(const char *head, const struct wsclient_sink *sink)
{
	return is_websocket(sink->dialect)
		   ? is_good_answer(head)
		   : strncmp(head, "HTTP/1.1 200 ", 13) == 0;
}

/* A good answer has come. */
static int begin_open(struct wsclient *c, const struct wsclient_sink *sink)
{
	if (!sink->dialect || !is_websocket(sink->dialect)) {
		c->state = WSCLIENT_OPEN;
		return 0;
	}
	c->state = WSCLIENT_JOINING;
	if (!sink->dialect->greeting)
		return 0;
	return wsclient_send(
	    c, WSCLIENT_TEXT, slice_str(sink->dialect->greeting));
}

/* Frames may stand right behind the head of the answer. */
static int feed_answer(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	struct buf answer;
	char *end;
	int error = 0;

	if (c->answer.len + len > ANSWER_MAX)
		return -ECONNREFUSED;
	buf_putn(&c->answer, (const char *)data, len);
	end = memmem(c->answer.data, c->answer.len, "\r\n\r\n", 4);
	if (!end)
		return 0;
	answer = c->answer;
	c->answer = (struct buf){ 0 };
	end[3] = '\0'; /* the last header keeps its line end */
	if (is_let_in(answer.data, sink)) {
		size_t head = (size_t)(end + 4 - answer.data);

		error = begin_open(c, sink);
		if (error == 0)
			error = feed_open(c, (const uint8_t *)end + 4,
			    answer.len - head, sink);
	} else {
		error = -ECONNREFUSED;
	}
	buf_fini(&answer);
	return error;
}

int wsclient_feed(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	if (c->state == WSCLIENT_UPGRADING)
		return feed_answer(c, data, len, sink);
	return feed_open(c, data, len, sink);
}
