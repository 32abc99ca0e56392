/*
 * sse: server-sent events as text (WHATWG HTML, section 9.2): a stream's head
 * and what stands in it. Pure: text in, text out.
 */
#ifndef PROTO_SSE_H
#define PROTO_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum { SSE_HEAD_MAX = 256 }; /* without further headers */

/*
 * Write the head of a stream's answer with further headers, which are whole
 * lines; the stream ends where the connection does. Returns the end.
 */
char *sse_put_head(struct slice headers, char *out);

/* A line that no client looks at. */
#define SSE_COMMENT ":\n\n"

/* Types of events that no publisher has sent. */
#define SSE_GAP     "gap"
#define SSE_WELCOME "roomcast.welcome"
#define SSE_CLOSE   "roomcast.close"

/*
 * One event; zero-initialised it is a message without content. Text goes line
 * by line: a CR, an LF and both together end a line, and arrive as LF.
 */
struct sse_event {
	const char *type;  /* NULL: "message", which is not written */
	struct slice id;   /* empty: the client keeps the one that it has */
	struct slice data; /* UTF-8, unless is_binary */
	bool is_binary;    /* its type is "binary", its data goes as base64 */
	bool is_silent;    /* without data: the client takes the id, and that
			    * is all */
	uint32_t retry_ms; /* until the client comes back; 0: as before */
};

/* How many bytes it takes, never 0; and write them: returns their end. */
size_t sse_size(const struct sse_event *e);
char *sse_put(const struct sse_event *e, char *out);

#endif
