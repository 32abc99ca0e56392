/* inquire: see inquire.h. */
#include "ctl/inquire.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "ctl/reach.h"
#include "ctl/stream.h"
#include "proto/http.h"
#include "proto/http_reply.h"

/* By an address or localhost no page of another site asks: net/admin_guard. */
static const char *host_of(const struct reach *r)
{
	return r->address.is_unix || address_wildcard(&r->address) ? "localhost"
								   : r->name;
}

/* The token has no line end in it: conf/secret. */
static void put_request(const struct reach *r, const char *method,
    const char *path, struct slice body, struct buf *out)
{
	buf_printf(out, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n",
	    method, path, host_of(r));
	if (r->token)
		buf_printf(out, "Authorization: Bearer %s\r\n", r->token);
	if (body.ptr)
		buf_printf(out, "Content-Length: %zu\r\n", body.len);
	buf_puts(out, "\r\n");
	if (body.len > 0)
		buf_putn(out, body.ptr, body.len);
}

static int feed(struct http_reply *reply, struct slice bytes, struct err *e)
{
	size_t used;
	int rc = bytes.len > 0 ? http_reply_feed(reply, bytes, &used)
			       : http_reply_end(reply);

	return rc < 0 ? err_set(e, rc, "%s", reply->why) : rc;
}

static int read_reply(
    struct stream *s, int64_t until_ms, struct http_reply *reply, struct err *e)
{
	char bytes[STREAM_READ_MIN];
	int rc = HTTP_MORE;

	while (rc == HTTP_MORE) {
		ssize_t got = stream_read(s, bytes, until_ms, e);

		if (got < 0)
			return (int)got;
		rc = feed(reply, slice_of(bytes, (size_t)got), e);
	}
	return rc < 0 ? rc : 0;
}

static int talk(struct stream *s, struct slice request, int64_t until_ms,
    struct answer *answer, struct err *e)
{
	struct http_reply reply;
	int rc;

	http_reply_init(&reply, INQUIRE_ANSWER_MAX);
	rc = stream_write(s, request, until_ms, e);
	if (rc == 0)
		rc = read_reply(s, until_ms, &reply, e);
	if (rc == 0) {
		*answer = (struct answer){ reply.status, reply.body };
		reply.body = (struct buf){ 0 };
	}
	http_reply_fini(&reply);
	return rc;
}

int inquire(const struct reach *r, const char *method, const char *path,
    struct slice body, int patience_ms, struct answer *answer, struct err *e)
{
	int64_t until_ms = clock_ms() + patience_ms;
	struct buf request = { 0 };
	struct stream *s;
	int rc = stream_open(&s, &r->address, NULL, until_ms, e);

	if (rc < 0)
		return rc;
	put_request(r, method, path, body, &request);
	rc = talk(s, buf_slice(&request), until_ms, answer, e);
	buf_wipe(&request); /* it has the token */
	stream_close(s);
	return rc;
}

void inquire_put_value(struct buf *path, const char *text)
{
	for (; *text; text++)
		if (ascii_is_letter(*text) || ascii_is_digit(*text))
			buf_putn(path, text, 1);
		else
			buf_printf(path, "%%%02X", (unsigned char)*text);
}
