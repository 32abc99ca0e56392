/*
 * The gateway as an event stream: no WebSocket. A message of ours is one line of
 * data; whatever else an event says is passed over.
 */
#include <errno.h>
#include <string.h>

#include "dialect.h"

/* One line of an event; an empty one ends it, which no message needs. */
static int on_line(
    struct wsclient *c, struct slice line, struct wsclient_sink *sink)
{
	static const char data[] = "data: ", last[] = "event: roomcast.close";

	if (slice_starts_with(line, slice_str(data)))
		dialect_deliver(c, slice_after(line, sizeof data - 1), sink);
	else if (slice_eq(line, slice_str(last)))
		return -ECONNRESET;
	else if (line.len == 1 && line.ptr[0] == ':')
		sink->pings++;
	return 0;
}

static int feed(struct wsclient *c, const uint8_t *data, size_t len,
    size_t *used, struct wsclient_sink *sink)
{
	const char *at = (const char *)data, *end = at + len, *lf;
	int error = 0;

	while (
	    error == 0 && (lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		error = on_line(c, slice_of(at, (size_t)(lf - at)), sink);
		at = lf + 1;
	}
	*used = (size_t)(at - (const char *)data);
	return error;
}

const struct dialect dialect_events = {
	.name = "events",
	.asks_for = "Accept: text/event-stream\r\n",
	.feed = feed,
};
