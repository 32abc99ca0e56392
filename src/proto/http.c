/*
 * http: the head, line by line. A line is looked at once, when its line feed
 * has come; until then only the search for that line feed goes on where it
 * stopped, so bytes that come one at a time cost no more than all at once and
 * give the same result. Header look-ups are in http_fields.c, what is inside
 * a target in http_query.c.
 */
#include "proto/http.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"

enum {
	STATUS_BAD_REQUEST = 400,
	STATUS_URI_TOO_LONG = 414,
	STATUS_HEAD_TOO_LARGE = 431,
	STATUS_VERSION = 505,
	TLS_HANDSHAKE_RECORD = 0x16,
};

static int refuse(int status, const char **why, const char *text)
{
	*why = text;
	return status;
}

static int bad_request(const char **why, const char *text)
{
	return refuse(STATUS_BAD_REQUEST, why, text);
}

/* RFC 9110, section 5.6.2. */
static bool is_token_char(char c)
{
	if (ascii_is_letter(c) || ascii_is_digit(c))
		return true;
	switch (c) {
	case '!':
	case '#':
	case '$':
	case '%':
	case '&':
	case '\'':
	case '*':
	case '+':
	case '-':
	case '.':
	case '^':
	case '_':
	case '`':
	case '|':
	case '~':
		return true;
	default:
		return false;
	}
}

bool http_is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_char(s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool is_target(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || s.ptr[i] == '#')
			return false; /* bytes from 80 on are negative or > ~ */
	return true;
}

bool http_is_field_value(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool is_host_char(char c)
{
	switch (c) {
	case '"':
	case '#':
	case '/':
	case '<':
	case '>':
	case '?':
	case '@':
	case '\\':
	case '^':
	case '`':
	case '{':
	case '|':
	case '}':
		return false;
	default:
		return c > ' ' && c <= '~';
	}
}

bool http_is_host(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_host_char(s.ptr[i]))
			return false;
	return s.len > 0;
}

struct slice http_path(const struct http_head *head, const char *bytes)
{
	return head->path.len > 0 ? http_slice(bytes, head->path)
				  : slice_str("/");
}

static struct http_span span_between(
    const char *bytes, const char *from, const char *to)
{
	return (struct http_span){ (uint16_t)(from - bytes),
		(uint16_t)(to - from) };
}

/* HTTP/ DIGIT . DIGIT */
static bool is_version(struct slice s)
{
	return s.len == 8 && slice_starts_with(s, slice_str("HTTP/")) &&
	       ascii_is_digit(s.ptr[5]) && s.ptr[6] == '.' &&
	       ascii_is_digit(s.ptr[7]);
}

static int read_version(
    struct http_head *head, struct slice version, const char **why)
{
	head->is_1_0 = slice_eq(version, slice_str("HTTP/1.0"));
	if (head->is_1_0 || slice_eq(version, slice_str("HTTP/1.1")))
		return HTTP_MORE;
	if (is_version(version))
		return refuse(
		    STATUS_VERSION, why, "only HTTP/1.1 is spoken here");
	return bad_request(why, "malformed request line");
}

/* The target behind "http://" or "https://"; NULL when it has neither. */
static const char *behind_scheme(struct slice target)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t len = strlen(schemes[i]);

		if (target.len >= len &&
		    !strncasecmp(target.ptr, schemes[i], len))
			return target.ptr + len;
	}
	return NULL;
}

/*
 * Skip scheme and authority of an absolute target (RFC 9112, section 3.2.2).
 * What is left is a path, or nothing. False: it is no such target.
 */
static bool skip_authority(struct slice *target)
{
	const char *host = behind_scheme(*target);
	const char *end = target->ptr + target->len;
	const char *slash;

	if (!host)
		return false;
	slash = memchr(host, '/', (size_t)(end - host));
	if (!slash)
		slash = end;
	*target = slice_of(slash, (size_t)(end - slash));
	return http_is_host(slice_of(host, (size_t)(slash - host)));
}

/* OPTIONS *, which asks about no path (RFC 9112, section 3.2.4). */
static bool is_of_server(
    const struct http_head *head, const char *bytes, struct slice target)
{
	return slice_eq(target, slice_str("*")) &&
	       slice_eq(http_slice(bytes, head->method), slice_str("OPTIONS"));
}

static int read_target(struct http_head *head, const char *bytes,
    struct slice target, const char **why)
{
	const char *end = target.ptr + target.len;
	const char *mark;

	if (!is_target(target))
		return bad_request(
		    why, "a character that a request target must not hold");
	if (is_of_server(head, bytes, target))
		target = slice_of(end, 0);
	else if ((target.len == 0 || target.ptr[0] != '/') &&
		 !skip_authority(&target))
		return bad_request(why, "the request target is not a path");
	mark = memchr(target.ptr, '?', target.len);
	head->path = span_between(bytes, target.ptr, mark ? mark : end);
	head->query = span_between(bytes, mark ? mark + 1 : end, end);
	return HTTP_MORE;
}

/* METHOD SP TARGET SP VERSION; a further space ends up in the target. */
static int read_request_line(struct http_head *head, const char *bytes,
    struct slice line, const char **why)
{
	const char *end = line.ptr + line.len;
	const char *first = memchr(line.ptr, ' ', line.len);
	const char *last = memrchr(line.ptr, ' ', line.len);
	int status;

	if (!first || first == last)
		return bad_request(why, "malformed request line");
	head->method = span_between(bytes, line.ptr, first);
	if (!http_is_token(http_slice(bytes, head->method)))
		return bad_request(why, "malformed request line");
	status = read_version(
	    head, slice_of(last + 1, (size_t)(end - last - 1)), why);
	if (status != HTTP_MORE)
		return status;
	head->has_request_line = true;
	return read_target(
	    head, bytes, slice_of(first + 1, (size_t)(last - first - 1)), why);
}

static int read_header(struct http_head *head, const char *bytes,
    struct slice line, const char **why)
{
	const char *colon = memchr(line.ptr, ':', line.len);
	struct slice name, value;

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return bad_request(why, "a header that is folded");
	if (!colon)
		return bad_request(why, "a header without a colon");
	name = slice_of(line.ptr, (size_t)(colon - line.ptr));
	value = slice_trim(slice_after(line, name.len + 1));
	if (!http_is_token(name))
		return bad_request(why, "malformed header name");
	if (!http_is_field_value(value))
		return bad_request(why, "a control character in a header");
	if (head->header_count == HTTP_MAX_HEADERS)
		return refuse(STATUS_HEAD_TOO_LARGE, why, "too many headers");
	head->headers[head->header_count].name =
	    span_between(bytes, name.ptr, colon);
	head->headers[head->header_count].value =
	    span_between(bytes, value.ptr, value.ptr + value.len);
	head->header_count++;
	return HTTP_MORE;
}

/* The line that began at line_start and ends with the line feed at feed. */
static int read_line(struct http_head *head, const char *bytes,
    const char *feed, const char **why)
{
	const char *start = bytes + head->line_start;
	struct slice line;

	if (feed == start || feed[-1] != '\r')
		return bad_request(why, "a line that does not end in CR LF");
	line = slice_of(start, (size_t)(feed - 1 - start));
	head->scanned = head->line_start = (uint32_t)(feed + 1 - bytes);
	if (!head->has_request_line)
		return line.len > 0
			   ? read_request_line(head, bytes, line, why)
			   : HTTP_MORE; /* some clients end a body so */
	if (line.len > 0)
		return read_header(head, bytes, line, why);
	head->size = head->scanned;
	return HTTP_DONE;
}

/* A peer that does not speak HTTP at all need not wait for the time-out. */
static int check_first_byte(char c, const char **why)
{
	if (c == TLS_HANDSHAKE_RECORD)
		return bad_request(
		    why, "this looks like TLS; this listener is plain");
	if (c != '\r' && !is_token_char(c))
		return bad_request(why, "this is not HTTP");
	return HTTP_MORE;
}

int http_parse(struct http_head *head, const char *bytes, size_t len,
    size_t max, const char **why)
{
	size_t limit = len < max ? len : max;
	int status = HTTP_MORE;

	assert(max <= HTTP_HEAD_MAX);
	if (head->size > 0)
		return HTTP_DONE;
	if (head->scanned == 0 && limit > 0)
		status = check_first_byte(bytes[0], why);
	while (status == HTTP_MORE && head->scanned < limit) {
		const char *feed =
		    memchr(bytes + head->scanned, '\n', limit - head->scanned);

		if (feed)
			status = read_line(head, bytes, feed, why);
		else
			head->scanned = (uint32_t)limit;
	}
	if (status != HTTP_MORE || len < max)
		return status;
	if (head->has_request_line)
		return refuse(STATUS_HEAD_TOO_LARGE, why,
		    "the request head is too large");
	return refuse(STATUS_URI_TOO_LONG, why, "the request line is too long");
}
