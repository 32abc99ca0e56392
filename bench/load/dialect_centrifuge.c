/*
 * Centrifuge's JSON protocol: the client connects; then the server's answer
 * subscribes it, or, in Centrifugo, the client does, to one room. Pushes wrap
 * the payload, and what waits together goes in one frame, a line each; an empty
 * object is a ping, answered by another.
 */
#include <errno.h>
#include <string.h>

#include "dialect.h"

static bool holds(struct slice line, const char *text)
{
	return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

static int on_push(
    struct wsclient *c, struct slice line, struct wsclient_sink *sink)
{
	static const char before[] = "\"pub\":{\"data\":", after[] = "}}}";
	const char *found =
	    memmem(line.ptr, line.len, before, sizeof before - 1);
	const char *end = line.ptr + line.len - (sizeof after - 1);

	if (!found || found + sizeof before - 1 > end)
		return -EPROTO;
	found += sizeof before - 1;
	dialect_deliver(c, slice_of(found, (size_t)(end - found)), sink);
	return 0;
}

/* An answer to what we said; the last of them lets us in. */
static int on_answer(
    struct wsclient *c, struct slice line, const struct dialect *dialect)
{
	if (holds(line, "\"error\":"))
		return -EPROTO;
	if (holds(line, dialect == &dialect_centrifugo ? "\"subscribe\":"
						       : "\"connect\":"))
		c->state = WSCLIENT_OPEN;
	return 0;
}

static int on_line(
    struct wsclient *c, struct slice line, struct wsclient_sink *sink)
{
	if (line.len == 2) {
		sink->pings++;
		return wsclient_send(c, WSCLIENT_TEXT, slice_str("{}"));
	}
	return c->state == WSCLIENT_OPEN ? on_push(c, line, sink)
					 : on_answer(c, line, sink->dialect);
}

static int on_text(
    struct wsclient *c, struct slice text, struct wsclient_sink *sink)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	int error = 0;

	while (at < end && error == 0) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((line_end ? line_end : end) - at);

		if (len > 0)
			error = on_line(c, slice_of(at, len), sink);
		at += len + 1;
	}
	return error;
}

const struct dialect dialect_centrifuge = {
	.name = "centrifuge",
	.greeting = "{\"id\":1,\"connect\":{}}",
	.on_text = on_text,
};

const struct dialect dialect_centrifugo = {
	.name = "centrifugo",
	.greeting =
	    "{\"id\":1,\"connect\":{}}\n"
	    "{\"id\":2,\"subscribe\":{\"channel\":\"" DIALECT_ROOM "\"}}",
	.on_text = on_text,
};
