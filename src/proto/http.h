/*
 * http: the head of one HTTP/1.1 or 1.0 request (RFC 9112), strictly.
 *
 * Incremental: call http_parse again with the same bytes and more behind
 * them. Nothing is copied; positions are offsets, so the bytes may move.
 * Strict where leniency has been an attack: no bare LF, no space before the
 * colon, no folded lines, no control characters, one Host. Lenient where the
 * RFC asks for it: empty lines before the request line (section 2.2), and a
 * target with scheme and authority, which takes the place of Host (3.2.2).
 * Nothing here goes by the host, so only its form is looked at.
 */
#ifndef PROTO_HTTP_H
#define PROTO_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

enum {
	HTTP_MAX_HEADERS = 64,
	HTTP_HEAD_MAX = 64 << 10, /* all of a span is below it */
};

struct http_span {
	uint16_t at;
	uint16_t len;
};

/*
 * The parser, and what it found. Zero-initialised is ready for a new head; of
 * headers only header_count count.
 */
struct http_head {
	uint32_t scanned;    /* bytes that need not be looked at again */
	uint32_t line_start; /* where the line being read began */
	bool has_request_line;
	bool is_1_0; /* HTTP/1.0: no upgrade, closed behind the answer */
	struct http_span method;
	struct http_span path;  /* raw, from the '/' up to '?'; see http_path */
	struct http_span query; /* raw, behind the '?'; may be empty */
	uint32_t size; /* of the whole head with its empty line, when done */
	size_t header_count;
	struct {
		struct http_span name;
		struct http_span value; /* without surrounding white space */
	} headers[HTTP_MAX_HEADERS];
};

/* Make it ready for a new head; most of it is headers, and stays as it is. */
static inline void http_head_init(struct http_head *head)
{
	memset(head, 0, offsetof(struct http_head, headers));
}

/* Without the headers that do not count. */
static inline void http_head_copy(
    struct http_head *to, const struct http_head *from)
{
	memcpy(to, from,
	    offsetof(struct http_head, headers) +
		from->header_count * sizeof from->headers[0]);
}

enum http_status {
	HTTP_MORE = 0, /* the head is not complete yet */
	HTTP_DONE = 1,
	/* otherwise the status to answer: 400, 414, 431, 505 */
};

/*
 * Parse what has come so far: bytes[0..len) is always the whole input since
 * the head began. max is limits.request_head, at most HTTP_HEAD_MAX: a longer
 * request line gives 414, a longer head or too many headers 431. *why is then a
 * short text for the body of the answer and the log. Returns HTTP_MORE,
 * HTTP_DONE or a status from 400. The method is checked to be a token, not to
 * be GET.
 */
int http_parse(struct http_head *head, const char *bytes, size_t len,
    size_t max, const char **why);

/* The bytes of a span of a head. */
static inline struct slice http_slice(const char *bytes, struct http_span span)
{
	return slice_of(bytes + span.at, span.len);
}

/*
 * The path, raw: "/" where an absolute target has none behind its authority,
 * and for OPTIONS *, which means the same.
 */
struct slice http_path(const struct http_head *head, const char *bytes);

/*
 * Whether s can be a host with its port (RFC 3986, section 3.2): nothing is in
 * it that would end one, and no user.
 */
bool http_is_host(struct slice s);

/* Whether s is a token: a method, a header name, a subprotocol (RFC 9110). */
bool http_is_token(struct slice s);

/* Whether no byte of it ends a header's line: no controls but the tab. */
bool http_is_field_value(struct slice s);

#endif
