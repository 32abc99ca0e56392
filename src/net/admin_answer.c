#include "net/admin_answer.h"

#include <time.h>

#include "net/admin_pages.h"
#include "proto/http.h"
#include "proto/http_fields.h"
#include "proto/http_phrase.h"

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
	if (status == 204 || status == 405)
		buf_puts(out, "Allow: GET, HEAD, OPTIONS\r\n");
	if (is_last)
		buf_puts(out, "Connection: close\r\n");
}

/* A HEAD's answer says how long the body would be (RFC 9110, 9.3.2). */
static void put_page(const struct admin_page *page, bool is_last,
    bool wants_body, struct buf *out)
{
	put_head(page->status, is_last, out);
	buf_printf(out,
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n\r\n",
	    page->type, page->body.len);
	if (wants_body)
		buf_putn(out, page->body.data, page->body.len);
}

static void put_text(
    int status, const char *text, bool is_last, struct buf *out)
{
	struct admin_page page = { status, "text/plain; charset=utf-8", { 0 } };

	buf_printf(&page.body, "%s\n", text);
	put_page(&page, is_last, true, out);
	buf_fini(&page.body);
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

bool admin_answer(const struct admin_view *view, const struct http_head *head,
    const char *bytes, bool is_last, struct buf *out)
{
	struct slice method = http_slice(bytes, head->method);
	bool is_get = slice_eq(method, slice_str("GET"));
	struct admin_page page;

	is_last |= head->is_1_0 || has_body(head, bytes) ||
		   http_has_token(head, bytes, "connection", "close");
	if (is_get || slice_eq(method, slice_str("HEAD"))) {
		admin_pages_show(view, http_path(head, bytes), &page);
		put_page(&page, is_last, is_get, out);
		buf_fini(&page.body);
	} else if (slice_eq(method, slice_str("OPTIONS"))) {
		put_head(204, is_last, out);
		buf_puts(out, "\r\n");
	} else {
		put_text(
		    405, "only GET and HEAD are answered here", is_last, out);
	}
	return is_last;
}

void admin_answer_refusal(int status, const char *why, struct buf *out)
{
	put_text(status, why, true, out);
}
