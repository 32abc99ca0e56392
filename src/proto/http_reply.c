/*
 * http_reply: one step a state. All but bodies comes in lines; a line is
 * gathered until its end is there, so that pieces of any size give the same
 * result. Every kind of line has a bound: a head its own, a chunk's size line
 * one a chunk, and there are no more chunks than the body may have bytes.
 */
#include "proto/http_reply.h"

#include <errno.h>
#include <string.h>

#include "base/ascii.h"
#include "proto/http.h"
#include "proto/http_fields.h"

enum {
	CHUNK_LINE_MAX = 256,
	CHUNK_SIZE_DIGITS = 8,
	SWITCHING_PROTOCOLS = 101,
	NO_CONTENT = 204,
	NOT_MODIFIED = 304,
};

/* No body is as long. */
static const uint64_t LENGTH_MAX = 999999999999999999;

void http_reply_init(struct http_reply *r, size_t max_body)
{
	*r = (struct http_reply){ .max_body = max_body, .max_age_s = -1 };
}

void http_reply_fini(struct http_reply *r)
{
	buf_fini(&r->body);
	buf_fini(&r->line);
}

static int refuse(struct http_reply *r, int code, const char *why)
{
	r->why = why;
	return code;
}

static bool is_word(struct slice s, const char *word)
{
	return ascii_eq(s, slice_str(word));
}

/* --- lines --- */

static bool is_line_too_long(struct http_reply *r, size_t more)
{
	if (r->state == HTTP_REPLY_CHUNK_SIZE ||
	    r->state == HTTP_REPLY_CHUNK_END)
		return r->line.len + more > CHUNK_LINE_MAX;
	r->head_bytes += more;
	return r->head_bytes > HTTP_REPLY_HEAD_MAX;
}

/*
 * Move bytes up to the next line feed. HTTP_DONE: *line is a whole one,
 * without its end, valid until the next call.
 */
static int take_line(
    struct http_reply *r, struct slice *bytes, struct slice *line)
{
	const char *feed = memchr(bytes->ptr, '\n', bytes->len);
	size_t count = feed ? (size_t)(feed + 1 - bytes->ptr) : bytes->len;

	if (is_line_too_long(r, count))
		return refuse(r, -EMSGSIZE, "the head is too large");
	if (buf_append(&r->line, bytes->ptr, count) < 0)
		return refuse(r, -ENOMEM, "out of memory");
	*bytes = slice_after(*bytes, count);
	if (!feed)
		return HTTP_MORE;
	*line = buf_slice(&r->line);
	r->line.len = 0;
	if (line->len < 2 || line->ptr[line->len - 2] != '\r')
		return refuse(r, -EPROTO, "a line that does not end in CR LF");
	line->len -= 2;
	return HTTP_DONE;
}

/* --- the head --- */

/* HTTP/1.x SP three digits, then nothing or SP and a phrase. */
static int read_status_line(struct http_reply *r, struct slice *bytes)
{
	static const char prefix[] = "HTTP/1.";
	enum { VERSION = sizeof prefix - 1, CODE = VERSION + 2 };
	struct slice line;
	int rc = take_line(r, bytes, &line);
	const char *p;

	if (rc != HTTP_DONE)
		return rc;
	p = line.ptr;
	if (line.len < CODE + 3 || memcmp(p, prefix, VERSION) != 0 ||
	    !ascii_is_digit(p[VERSION]) || p[VERSION + 1] != ' ' ||
	    !ascii_is_digit(p[CODE]) || !ascii_is_digit(p[CODE + 1]) ||
	    !ascii_is_digit(p[CODE + 2]) || p[CODE] < '1' || p[CODE] > '5' ||
	    (line.len > CODE + 3 && p[CODE + 3] != ' ') ||
	    !http_is_field_value(line))
		return refuse(r, -EPROTO, "malformed status line");
	r->is_http_1_0 = p[VERSION] == '0';
	r->status = 100 * (p[CODE] - '0') + 10 * (p[CODE + 1] - '0') +
		    (p[CODE + 2] - '0');
	r->state = HTTP_REPLY_HEADERS;
	return HTTP_MORE;
}

static int note_length(struct http_reply *r, struct slice value)
{
	if (r->has_length)
		return refuse(r, -EPROTO, "more than one Content-Length");
	if (!ascii_decimal(value, LENGTH_MAX, &r->left))
		return refuse(r, -EPROTO, "malformed Content-Length");
	r->has_length = true;
	return HTTP_MORE;
}

static int note_encoding(struct http_reply *r, struct slice value)
{
	if (r->is_chunked || !is_word(value, "chunked"))
		return refuse(r, -EPROTO, "an unknown Transfer-Encoding");
	r->is_chunked = true;
	return HTTP_MORE;
}

static void note_connection(struct http_reply *r, struct slice value)
{
	struct slice option;

	while (http_list_next(&value, &option)) {
		if (is_word(option, "close"))
			r->says_close = true;
		if (is_word(option, "keep-alive"))
			r->says_keep_alive = true;
		if (is_word(option, "upgrade"))
			r->says_upgrade = true;
	}
}

/* One that is too long is none that could be right. */
static int note_accept(struct http_reply *r, struct slice value)
{
	if (r->accept[0])
		return refuse(r, -EPROTO, "more than one Sec-WebSocket-Accept");
	if (value.len < sizeof r->accept)
		*slice_put(value, r->accept) = '\0';
	return HTTP_MORE;
}

static int split_field(struct http_reply *r, struct slice line,
    struct slice *name, struct slice *value)
{
	const char *colon = memchr(line.ptr, ':', line.len);

	if (!colon)
		return refuse(r, -EPROTO, "a header without a colon");
	*name = slice_of(line.ptr, (size_t)(colon - line.ptr));
	*value = slice_trim(slice_after(line, name->len + 1));
	if (!http_is_token(*name)) /* a folded line too */
		return refuse(r, -EPROTO, "malformed header name");
	if (!http_is_field_value(*value))
		return refuse(r, -EPROTO, "a control character in a header");
	return HTTP_MORE;
}

static int read_field(struct http_reply *r, struct slice line)
{
	struct slice name, value;
	int rc = split_field(r, line, &name, &value);

	if (rc != HTTP_MORE)
		return rc;
	if (is_word(name, "Content-Length"))
		return note_length(r, value);
	if (is_word(name, "Transfer-Encoding"))
		return note_encoding(r, value);
	if (is_word(name, "Sec-WebSocket-Accept"))
		return note_accept(r, value);
	if (is_word(name, "Connection"))
		note_connection(r, value);
	if (is_word(name, "Upgrade"))
		r->is_websocket = is_word(value, "websocket");
	if (is_word(name, "Cache-Control") && r->max_age_s < 0)
		r->max_age_s = http_max_age_s(value);
	return HTTP_MORE;
}

static int complete(struct http_reply *r)
{
	r->state = HTTP_REPLY_COMPLETE;
	return HTTP_DONE;
}

static int upgrade(struct http_reply *r)
{
	if (!r->may_upgrade)
		return refuse(r, -EPROTO, "an upgrade nobody asked for");
	if (!r->says_upgrade || !r->is_websocket || r->is_http_1_0)
		return refuse(r, -EPROTO, "an upgrade to no WebSocket");
	return complete(r);
}

/* An interim answer is over: what it said counts for nothing. */
static int begin_again(struct http_reply *r)
{
	if (r->status == SWITCHING_PROTOCOLS)
		return upgrade(r);
	r->state = HTTP_REPLY_STATUS_LINE;
	r->has_length = r->is_chunked = false;
	r->says_close = r->says_keep_alive = false;
	r->says_upgrade = r->is_websocket = false;
	r->accept[0] = '\0';
	r->left = 0;
	r->max_age_s = -1;
	return HTTP_MORE;
}

/* A body that must not be there could pass for the next answer. */
static int end_without_body(struct http_reply *r)
{
	if (r->is_chunked || r->left > 0)
		r->is_reusable = false;
	return complete(r);
}

static int begin_body(struct http_reply *r)
{
	r->is_reusable =
	    !r->says_close && (!r->is_http_1_0 || r->says_keep_alive);
	if (r->is_chunked && (r->has_length || r->is_http_1_0))
		return refuse(r, -EPROTO, "a body with two framings");
	if (r->status == NO_CONTENT || r->status == NOT_MODIFIED)
		return end_without_body(r);
	if (r->is_chunked) {
		r->state = HTTP_REPLY_CHUNK_SIZE;
		return HTTP_MORE;
	}
	if (!r->has_length) {
		r->is_reusable = false;
		r->state = HTTP_REPLY_BODY_UNTIL_CLOSE;
		return HTTP_MORE;
	}
	if (r->left > r->max_body)
		return refuse(r, -EFBIG, "the body is too large");
	if (r->left == 0)
		return complete(r);
	r->state = HTTP_REPLY_LENGTH_BODY;
	return HTTP_MORE;
}

static int read_header_line(struct http_reply *r, struct slice *bytes)
{
	struct slice line;
	int rc = take_line(r, bytes, &line);

	if (rc != HTTP_DONE)
		return rc;
	if (line.len > 0)
		return read_field(r, line);
	return r->status < 200 ? begin_again(r) : begin_body(r);
}

/* --- the body --- */

static int take_body(struct http_reply *r, struct slice *bytes, size_t count)
{
	if (count > r->max_body - r->body.len)
		return refuse(r, -EFBIG, "the body is too large");
	if (buf_append(&r->body, bytes->ptr, count) < 0)
		return refuse(r, -ENOMEM, "out of memory");
	*bytes = slice_after(*bytes, count);
	return HTTP_MORE;
}

/* Take as much of the body's rest as there is. */
static int take_left(struct http_reply *r, struct slice *bytes)
{
	size_t count = bytes->len < r->left ? bytes->len : (size_t)r->left;

	r->left -= count;
	return take_body(r, bytes, count);
}

static int read_length_body(struct http_reply *r, struct slice *bytes)
{
	int rc = take_left(r, bytes);

	return rc == HTTP_MORE && r->left == 0 ? complete(r) : rc;
}

static int read_chunk_data(struct http_reply *r, struct slice *bytes)
{
	int rc = take_left(r, bytes);

	if (r->left == 0)
		r->state = HTTP_REPLY_CHUNK_END;
	return rc;
}

/* Hexadecimal digits, then nothing or an extension, which is ignored. */
static int read_chunk_size(struct http_reply *r, struct slice *bytes)
{
	struct slice line, rest;
	int rc = take_line(r, bytes, &line);
	size_t digits = 0;

	if (rc != HTTP_DONE)
		return rc;
	r->left = 0;
	for (; digits < line.len && ascii_hex(line.ptr[digits]) >= 0; digits++)
		r->left = 16 * r->left + (unsigned)ascii_hex(line.ptr[digits]);
	rest = slice_trim(slice_after(line, digits));
	if (digits == 0 || digits > CHUNK_SIZE_DIGITS ||
	    !http_is_field_value(line) || (rest.len > 0 && rest.ptr[0] != ';'))
		return refuse(r, -EPROTO, "malformed chunk");
	if (r->left > r->max_body - r->body.len)
		return refuse(r, -EFBIG, "the body is too large");
	r->state = r->left > 0 ? HTTP_REPLY_CHUNK_DATA : HTTP_REPLY_TRAILERS;
	return HTTP_MORE;
}

static int read_chunk_end(struct http_reply *r, struct slice *bytes)
{
	struct slice line;
	int rc = take_line(r, bytes, &line);

	if (rc != HTTP_DONE)
		return rc;
	if (line.len > 0)
		return refuse(r, -EPROTO, "malformed chunk");
	r->state = HTTP_REPLY_CHUNK_SIZE;
	return HTTP_MORE;
}

static int read_trailer(struct http_reply *r, struct slice *bytes)
{
	struct slice line, name, value;
	int rc = take_line(r, bytes, &line);

	if (rc != HTTP_DONE)
		return rc;
	return line.len > 0 ? split_field(r, line, &name, &value) : complete(r);
}

/* --- all --- */

static int step(struct http_reply *r, struct slice *bytes)
{
	switch (r->state) {
	case HTTP_REPLY_STATUS_LINE:
		return read_status_line(r, bytes);
	case HTTP_REPLY_HEADERS:
		return read_header_line(r, bytes);
	case HTTP_REPLY_LENGTH_BODY:
		return read_length_body(r, bytes);
	case HTTP_REPLY_CHUNK_SIZE:
		return read_chunk_size(r, bytes);
	case HTTP_REPLY_CHUNK_DATA:
		return read_chunk_data(r, bytes);
	case HTTP_REPLY_CHUNK_END:
		return read_chunk_end(r, bytes);
	case HTTP_REPLY_TRAILERS:
		return read_trailer(r, bytes);
	case HTTP_REPLY_BODY_UNTIL_CLOSE:
		return take_body(r, bytes, bytes->len);
	case HTTP_REPLY_COMPLETE:
		break;
	}
	return HTTP_DONE;
}

int http_reply_feed(struct http_reply *r, struct slice bytes, size_t *used)
{
	struct slice rest = bytes;
	int rc = r->state == HTTP_REPLY_COMPLETE ? HTTP_DONE : HTTP_MORE;

	while (rc == HTTP_MORE && rest.len > 0)
		rc = step(r, &rest);
	*used = bytes.len - rest.len;
	return rc;
}

int http_reply_end(struct http_reply *r)
{
	if (r->state == HTTP_REPLY_BODY_UNTIL_CLOSE)
		return complete(r);
	return refuse(r, -EPROTO, "the answer is cut short");
}
