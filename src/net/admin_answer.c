#include "net/admin_answer.h"

#include <time.h>

#include "base/ascii.h"
#include "conf/conf.h"
#include "net/admin_call.h"
#include "net/admin_guard.h"
#include "net/admin_pages.h"
#include "net/admin_view.h"
#include "proto/http.h"
#include "proto/http_fields.h"
#include "proto/http_phrase.h"

enum { BODY_MAX = 1 << 20 };

/* --- what is asked for --- */

static const struct {
	unsigned method;
	const char *name;
} methods[] = {
	{ ADMIN_GET, "GET" },
	{ ADMIN_GET, "HEAD" },
	{ ADMIN_POST, "POST" },
	{ ADMIN_PUT, "PUT" },
};

enum { METHODS = sizeof methods / sizeof methods[0] };

static unsigned method_of(struct slice name)
{
	for (size_t i = 0; i < METHODS; i++)
		if (slice_eq(name, slice_str(methods[i].name)))
			return methods[i].method;
	return 0;
}

static bool has_body(const struct http_head *head, const char *bytes)
{
	size_t count, codings;
	struct slice length =
	    http_header(head, bytes, "content-length", &count);

	(void)http_header(head, bytes, "transfer-encoding", &codings);
	return codings > 0 || count > 1 ||
	       (count == 1 && !slice_eq(length, slice_str("0")));
}

static void refuse_path(struct admin_call *c)
{
	struct buf remedy = { 0 };

	buf_puts(&remedy, "there are:");
	admin_pages_list(&remedy);
	buf_putn(&remedy, "", 1);
	admin_call_refuse(c, 404, "nothing is here", remedy.data);
	buf_fini(&remedy);
}

/* What is too large for this port is published like all else. */
static size_t body_max(const struct admin_call *c)
{
	size_t payload = (*c->view->conf)->limits.payload;

	return payload < BODY_MAX ? payload : BODY_MAX;
}

static bool measure_body(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	size_t count, codings;
	struct slice text = http_header(head, bytes, "content-length", &count);
	uint64_t len = 0;

	(void)http_header(head, bytes, "transfer-encoding", &codings);
	if (codings > 0)
		admin_call_refuse(c, 411, "the body's length is not given",
		    "send Content-Length, and no Transfer-Encoding");
	else if (count > 1 ||
		 (count == 1 && !ascii_decimal(text, UINT32_MAX, &len)))
		admin_call_refuse(
		    c, 400, "Content-Length is not one whole number", NULL);
	else if (len > body_max(c))
		admin_call_refuse(c, 413, "the body is too large",
		    "at most limits.payload and 1 MiB are taken here; what is "
		    "larger is published at the backend");
	c->body_len = (size_t)len;
	return c->status == 0;
}

static bool read_params(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	struct err e;

	if (!c->page->params ||
	    admin_params_read(&c->params, http_slice(bytes, head->query),
		c->page->params, &e) == 0)
		return true;
	admin_call_refuse(
	    c, 400, e.text, "docs/admin.md has the parameters of each page");
	return false;
}

static bool find_page(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	struct slice name = http_slice(bytes, head->method);
	struct slice path = http_path(head, bytes);

	c->page = admin_pages_find(path, method_of(name), &c->allowed);
	c->is_head = slice_eq(name, slice_str("HEAD"));
	c->is_json = slice_starts_with(path, slice_str("/api/"));
	if (slice_eq(name, slice_str("OPTIONS")))
		c->status = 204;
	else if (!c->allowed)
		refuse_path(c);
	else if (!c->page)
		admin_call_refuse(c, 405, "this method is not answered here",
		    "the Allow field says which are");
	return c->status == 0;
}

/* Until it is known that it will be taken no byte of a body is awaited. */
static bool admit(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	return find_page(c, head, bytes) &&
	       (c->page->is_open ||
		   admin_guard_admits(c, *c->view->conf, head, bytes)) &&
	       (c->page->method == ADMIN_GET || measure_body(c, head, bytes)) &&
	       read_params(c, head, bytes);
}

void admin_answer_open(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	c->is_last |=
	    head->is_1_0 || http_has_token(head, bytes, "connection", "close");
	if (admit(c, head, bytes))
		c->type = c->page->type;
	else
		c->body_len = 0;
	c->is_last |= c->body_len == 0 && has_body(head, bytes);
	c->expects_continue =
	    !head->is_1_0 && /* whose client would take it for the answer */
	    http_has_token(head, bytes, "expect", "100-continue");
}

/* --- the answer --- */

static void put_date(struct buf *out)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	(void)gmtime_r(&now, &tm);
	if (strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
		buf_printf(out, "Date: %s\r\n", text);
}

static void put_head(int status, bool is_last, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\n", status, http_phrase(status));
	put_date(out);
	if (is_last)
		buf_puts(out, "Connection: close\r\n");
}

static void put_allowed(unsigned allowed, struct buf *out)
{
	buf_puts(out, "Allow: ");
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].method & allowed)
			buf_printf(out, "%s, ", methods[i].name);
	buf_puts(out, "OPTIONS\r\n");
}

/* A HEAD's answer says how long the body would be (RFC 9110, 9.3.2). */
static void put_body(
    const char *type, struct slice body, bool wants_body, struct buf *out)
{
	buf_printf(out,
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n\r\n",
	    type, body.len);
	if (wants_body)
		buf_putn(out, body.ptr, body.len);
}

void admin_answer_put(const struct admin_call *c, struct buf *out)
{
	put_head(c->status, c->is_last, out);
	if (c->status == 204 || c->status == 405)
		put_allowed(c->allowed, out);
	if (c->status == 401)
		buf_puts(out, "WWW-Authenticate: Bearer\r\n");
	buf_putn(out, c->fields.data, c->fields.len);
	if (c->status == 204)
		buf_puts(out, "\r\n");
	else
		put_body(c->type, buf_slice(&c->answer), !c->is_head, out);
}

void admin_answer_refusal(int status, const char *why, struct buf *out)
{
	struct buf body = { 0 };

	put_head(status, true, out);
	buf_printf(&body, "%s\n", why);
	put_body("text/plain; charset=utf-8", buf_slice(&body), true, out);
	buf_fini(&body);
}
