/*
 * dialect: what a server speaks on top of WebSocket.
 *
 * roomcast and most peers speak nothing: a message is a frame. Where a
 * protocol stands between, a dialect knows what a client has to say before it
 * is in its room, how to answer the server's own pings, and where our payload
 * lies inside a frame, which may hold several.
 *
 * A dialect may do without WebSocket: an event stream is text behind a 200.
 *
 * Frames of a dialect are looked at whole, which costs the client more than
 * the plain path of wsclient does.
 */
#ifndef BENCH_DIALECT_H
#define BENCH_DIALECT_H

#include "wsclient.h"

struct dialect {
	const char *name;
	/* Said at once behind the 101; NULL: the server speaks first. */
	const char *greeting;
	/*
	 * One text frame, whole. Sets the state to OPEN when it says that we
	 * are in. 0, or a negative errno as of wsclient_feed.
	 */
	int (*on_text)(
	    struct wsclient *c, struct slice text, struct wsclient_sink *sink);
	/*
	 * Without WebSocket: a header line of the request instead of its
	 * handshake; and read what has come: *used is how much of it was whole.
	 * 0, or a negative errno. Both NULL elsewhere.
	 */
	const char *asks_for;
	int (*feed)(struct wsclient *c, const uint8_t *data, size_t len,
	    size_t *used, struct wsclient_sink *sink);
};

extern const struct dialect dialect_centrifuge, dialect_centrifugo,
    dialect_anycable, dialect_socketio, dialect_since, dialect_events;

/* Where a client names its room itself, this is the one that it names. */
#define DIALECT_ROOM "bench-0"

/* By its name; NULL when there is none. */
const struct dialect *dialect_find(const char *name);

/* Feed what stands behind the answer's head. As wsclient_feed. */
int dialect_feed(struct wsclient *c, const uint8_t *data, size_t len,
    struct wsclient_sink *sink) __attribute__((warn_unused_result));

/* For on_text: a message, whose payload is body, has come. */
void dialect_deliver(
    struct wsclient *c, struct slice body, struct wsclient_sink *sink);

#endif
