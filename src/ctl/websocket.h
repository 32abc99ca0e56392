/*
 * websocket: a client's end of a WebSocket (RFC 6455) on a stream: frames by
 * wslay, which the gateway decodes with as well, in its role as client.
 */
#ifndef CTL_WEBSOCKET_H
#define CTL_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"

struct stream;
struct websocket;

/* A message, whole: the bytes are borrowed for the call. */
typedef void (*websocket_fn)(void *arg, bool is_text, struct slice bytes);

/* What is asked for; all borrowed. */
struct websocket_request {
	struct slice host;    /* of the Host header */
	struct slice target;  /* path and query */
	struct slice headers; /* further ones, whole lines */
	size_t max_message;   /* bytes of one */
};

/*
 * Shake hands on a stream, by a time (clock_ms); it owns that from now on, and
 * *s is then NULL. 0 with *out, for websocket_close. Otherwise a negative errno
 * with e; *status is that of an answer but 101, which e then tells of, or 0.
 */
int websocket_open(struct websocket **out, struct stream **s,
    const struct websocket_request *r, int64_t until_ms, int *status,
    struct err *e) __attribute__((warn_unused_result));

/*
 * Wait for some bytes, and call fn for each message that is whole. 0; -EAGAIN
 * when nothing has come in patience_ms; -ECONNRESET, with e, when the end has
 * come, and another negative errno when it has failed. Pings are answered.
 */
int websocket_step(struct websocket *w, int patience_ms, websocket_fn fn,
    void *arg, struct err *e) __attribute__((warn_unused_result));

/* Ask for a sign of life: 0, or a negative errno with e. */
int websocket_ping(struct websocket *w, struct err *e)
    __attribute__((warn_unused_result));

/* The code of the end: as the server has said, or 1006. */
uint16_t websocket_code(const struct websocket *w);

/* Say goodbye, unless the server has, and free. NULL is fine. */
void websocket_close(struct websocket *w);

#endif
