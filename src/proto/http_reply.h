/*
 * http_reply: the answer of an HTTP/1.1 server (RFC 9112), strictly.
 *
 * Incremental: every byte is given once, in whatever pieces. Interim answers
 * (1xx) are passed over. The body is gathered, bounded, with its framing
 * taken off. Where two readers could disagree on where an answer ends (two
 * lengths, a length and chunks, a bare line feed) it is refused: a connection
 * carries one client's answer behind another's.
 */
#ifndef PROTO_HTTP_REPLY_H
#define PROTO_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/handshake.h"

enum {
	/* The status line and headers, interim answers and trailers too. */
	HTTP_REPLY_HEAD_MAX = 16384,
};

enum http_reply_state {
	HTTP_REPLY_STATUS_LINE,
	HTTP_REPLY_HEADERS,
	HTTP_REPLY_LENGTH_BODY,
	HTTP_REPLY_CHUNK_SIZE,
	HTTP_REPLY_CHUNK_DATA,
	HTTP_REPLY_CHUNK_END,
	HTTP_REPLY_TRAILERS,
	HTTP_REPLY_BODY_UNTIL_CLOSE,
	HTTP_REPLY_COMPLETE,
};

struct http_reply {
	int status;        /* the last one read: final when it is complete */
	bool is_reusable;  /* when complete: the connection goes on */
	struct buf body;   /* owned */
	int64_t max_age_s; /* of Cache-Control; -1: it says none */
	const char *why;   /* a literal, when it was refused */

	/*
	 * Whoever asks for a WebSocket sets the first behind http_reply_init:
	 * 101 is then an answer without a body, and what follows is not of it.
	 * The second is its Sec-WebSocket-Accept, or "".
	 */
	bool may_upgrade;
	char accept[HANDSHAKE_ACCEPT_LEN + 1];

	/* The parser's own. */
	enum http_reply_state state;
	size_t max_body;
	struct buf line;   /* owned; a line until its end has come */
	size_t head_bytes; /* counted against HTTP_REPLY_HEAD_MAX */
	uint64_t left;     /* of a body with a length, or of a chunk */
	bool is_http_1_0;
	bool has_length;
	bool is_chunked;
	bool says_close;
	bool says_keep_alive;
	bool says_upgrade;
	bool is_websocket; /* of the Upgrade header */
};

/* Be ready for a new answer whose body holds at most max_body bytes. */
void http_reply_init(struct http_reply *r, size_t max_body);
/* Free what the parser holds; twice, and on a zeroed one, is fine. */
void http_reply_fini(struct http_reply *r);

/*
 * Take bytes; *used says how many belonged to this answer. Returns HTTP_DONE
 * when it is complete, HTTP_MORE (proto/http.h), or a negative errno with
 * r->why: -EPROTO for what is not HTTP, -EMSGSIZE when the head is too large,
 * -EFBIG when the body is, -ENOMEM. After that only http_reply_fini may follow.
 */
int http_reply_feed(struct http_reply *r, struct slice bytes, size_t *used)
    __attribute__((warn_unused_result));

/*
 * The server has closed the connection. Returns HTTP_DONE when that ends a
 * body without a length, else -EPROTO: it is cut short.
 */
int http_reply_end(struct http_reply *r) __attribute__((warn_unused_result));

#endif
