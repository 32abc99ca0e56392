/*
 * Socket.IO 4 over WebSocket alone (engine.io 4): "0{...}" opens, the client
 * joins the namespace with "40" and is in with the server's "40{...}"; an
 * event is 42["NAME",ARGUMENT]; the server's ping "2" wants a "3".
 */
#include <errno.h>
#include <string.h>

#include "dialect.h"

/* As the publisher's form names the event. */
#define EVENT "42[\"m\","

static bool has_prefix(struct slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

static int on_text(
    struct wsclient *c, struct slice text, struct wsclient_sink *sink)
{
	size_t before = sizeof EVENT - 1;

	if (has_prefix(text, EVENT)) {
		dialect_deliver(c,
		    slice_of(text.ptr + before, text.len - before - 1), sink);
		return 0;
	}
	if (has_prefix(text, "2")) {
		sink->pings++;
		return wsclient_send(c, WSCLIENT_TEXT, slice_str("3"));
	}
	if (has_prefix(text, "0"))
		return wsclient_send(c, WSCLIENT_TEXT, slice_str("40"));
	if (!has_prefix(text, "40"))
		return -EPROTO;
	c->state = WSCLIENT_OPEN;
	return 0;
}

const struct dialect dialect_socketio = {
	.name = "socketio",
	.on_text = on_text,
};
