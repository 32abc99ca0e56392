/*
 * hook_request: every value passes one check on its way in, put_header; the
 * bytes between the values are literals.
 */
#include "net/hook_request.h"

#include <errno.h>

#include "conf/reserved.h"
#include "conf/url.h"
#include "proto/http.h"

static int put(struct buf *out, struct slice s)
{
	return buf_append(out, s.ptr, s.len);
}

static int put_header(struct buf *out, struct slice name, struct slice value)
{
	if (!http_is_token(name) || !http_is_field_value(value))
		return 0;
	if (put(out, name) < 0 || put(out, slice_str(": ")) < 0 ||
	    put(out, value) < 0)
		return -ENOMEM;
	return put(out, slice_str("\r\n"));
}

static int put_named(struct buf *out, const char *name, struct slice value)
{
	return put_header(out, slice_str(name), value);
}

/* GET, and what the gateway says of itself and the client. */
static int put_head(
    struct buf *out, const struct url *u, const struct hook_request *rq)
{
	if (put(out, slice_str("GET ")) < 0 || put(out, u->path) < 0 ||
	    put(out, slice_str(" HTTP/1.1\r\n")) < 0 ||
	    put_named(out, "Host", u->authority) < 0 ||
	    put_named(out, "X-Original-URI", rq->uri) < 0 ||
	    put_named(out, "X-Forwarded-For", rq->client_address) < 0)
		return -ENOMEM;
	return put_named(out, "X-Connection-Id", rq->connection_id);
}

/* The client's headers, and a User-Agent, which is never the client's. */
static int put_chosen(struct buf *out, const struct hook_request *rq)
{
	for (size_t i = 0; i < rq->header_count; i++) {
		const struct hook_header *h = &rq->headers[i];

		if (!reserved_header(h->name) &&
		    put_header(out, h->name, h->value) < 0)
			return -ENOMEM;
	}
	return put_named(
	    out, "User-Agent", slice_str("roomcast/" ROOMCAST_VERSION));
}

int hook_request_print(
    const struct url *u, const struct hook_request *rq, struct buf *out)
{
	size_t before = out->len;

	if (put_head(out, u, rq) < 0 || put_chosen(out, rq) < 0 ||
	    put(out, slice_str("\r\n")) < 0) {
		out->len = before;
		return -ENOMEM;
	}
	return 0;
}
