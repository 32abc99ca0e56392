#include "dialect.h"

#include <errno.h>
#include <string.h>

enum {
	FIN_TEXT = 0x81,
	FIN_PING = 0x89,
	FIN_PONG = 0x8a,
	FIN_CLOSE = 0x88,
	/* A message in several frames: */
	FIRST_TEXT = 0x01,
	MORE = 0x00,
	FIN_MORE = 0x80,
};

const struct dialect *dialect_find(const char *name)
{
	static const struct dialect *const all[] = {
		&dialect_centrifuge,
		&dialect_centrifugo,
		&dialect_anycable,
		&dialect_socketio,
		&dialect_since,
		&dialect_events,
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

void dialect_deliver(
    struct wsclient *c, struct slice body, struct wsclient_sink *sink)
{
	sink->frames++;
	c->size = body.len;
	c->is_ours = payload_parse(&c->message, body.ptr, body.len) == 0;
	sink->on_message(sink->arg, c);
}

struct frame {
	uint8_t first;
	struct slice body;
	size_t len; /* with its head */
};

/* The frame at p, of which n bytes are here; -EAGAIN when it is cut. */
static int take_frame(const uint8_t *p, size_t n, struct frame *f)
{
	size_t head = 2;
	uint64_t len;

	if (n < head)
		return -EAGAIN;
	len = p[1];
	if (len > 125)
		head = len == 126 ? 4 : 10;
	if (n < head)
		return -EAGAIN;
	if (head > 2)
		len = 0;
	for (size_t i = 2; i < head; i++)
		len = len << 8 | p[i];
	if (p[1] & 0x80)
		return -EPROTO; /* a server does not mask */
	if (n - head < len)
		return -EAGAIN;
	f->first = p[0];
	f->body = slice_of((const char *)p + head, (size_t)len);
	f->len = head + (size_t)len;
	return 0;
}

static int on_close(struct wsclient *c, struct slice body)
{
	if (body.len >= 2)
		c->close_code = (uint16_t)((uint8_t)body.ptr[0] << 8 |
					   (uint8_t)body.ptr[1]);
	return -ECONNRESET;
}

/* A frame of several of a message, which waits in c->packed until it is whole. */
static int on_part(
    struct wsclient *c, const struct frame *f, struct wsclient_sink *sink)
{
	int error = 0;

	buf_putn(&c->packed, f->body.ptr, f->body.len);
	if (f->first == FIN_MORE) {
		error = sink->dialect->on_text(c, buf_slice(&c->packed), sink);
		c->packed.len = 0;
	}
	return error;
}

static int on_frame(
    struct wsclient *c, const struct frame *f, struct wsclient_sink *sink)
{
	switch (f->first) {
	case FIN_TEXT:
		return sink->dialect->on_text(c, f->body, sink);
	case FIRST_TEXT:
	case MORE:
	case FIN_MORE:
		return on_part(c, f, sink);
	case FIN_PING:
		sink->pings++;
		return wsclient_send(c, FIN_PONG, f->body);
	case FIN_PONG:
		return 0;
	case FIN_CLOSE:
		return on_close(c, f->body);
	default:
		return -EPROTO;
	}
}

/* Handle all whole frames; *used says how many bytes they were. */
static int feed_whole(struct wsclient *c, const uint8_t *data, size_t len,
    size_t *used, struct wsclient_sink *sink)
{
	struct frame f;
	int error;

	*used = 0;
	while ((error = take_frame(data + *used, len - *used, &f)) == 0) {
		*used += f.len;
		error = on_frame(c, &f, sink);
		if (error < 0)
			return error;
	}
	return error == -EAGAIN ? 0 : error;
}

static int feed_some(struct wsclient *c, const uint8_t *data, size_t len,
    size_t *used, struct wsclient_sink *sink)
{
	return sink->dialect->feed
		   ? sink->dialect->feed(c, data, len, used, sink)
		   : feed_whole(c, data, len, used, sink);
}

/* What a read leaves of a frame waits in c->answer. */
int dialect_feed(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink)
{
	size_t used;
	int error;

	if (c->answer.len == 0) {
		error = feed_some(c, data, len, &used, sink);
		if (error == 0 && used < len)
			buf_putn(
			    &c->answer, (const char *)data + used, len - used);
		return error;
	}
	buf_putn(&c->answer, (const char *)data, len);
	error = feed_some(
	    c, (const uint8_t *)c->answer.data, c->answer.len, &used, sink);
	buf_consume(&c->answer, used);
	return error;
}
