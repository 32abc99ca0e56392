/* admin_guard: see admin_guard.h. */
#include "net/admin_guard.h"

#include "base/address.h"
#include "base/ascii.h"
#include "base/crypto.h"
#include "base/ip.h"
#include "base/log.h"
#include "conf/conf.h"
#include "net/admin_call.h"
#include "net/admin_token.h"
#include "net/admin_view.h"
#include "proto/http_fields.h"

enum { HTTP_PORT = 80 };

/* --- with a token --- */

/* What the one Authorization header says behind Bearer; or nothing. */
static struct slice token_of(const struct http_head *head, const char *bytes)
{
	size_t count;
	struct slice value = http_header(head, bytes, "authorization", &count);
	struct slice scheme = slice_cut(&value, ' ');

	if (count != 1 || !ascii_eq(scheme, slice_str("bearer")))
		return slice_of(NULL, 0);
	return slice_trim(value);
}

/* That it takes no longer the more of it is right; its length is no secret. */
static bool is_right(struct slice token, const char *wanted)
{
	return token.len == strlen(wanted) &&
	       crypto_equal(token.ptr, wanted, token.len);
}

static void refuse_without_file(struct admin_call *c, const struct err *e)
{
	log_error(LOG_ADMIN, "cannot read admin.token_file",
	    kv_text("error", slice_str(e->text)));
	admin_call_refuse(c, 503, "the token of this gateway cannot be read",
	    "see its log for why; admin.token_file says where it is");
}

static void refuse_token(struct admin_call *c, bool has_one)
{
	if (has_one)
		log_warn(LOG_ADMIN,
		    "refused: another token than that of "
		    "admin.token_file",
		    kv_none);
	admin_call_refuse(c, 401,
	    has_one ? "this is not the token of this gateway"
		    : "a token is asked for",
	    "send Authorization: Bearer TOKEN, with what admin.token_file "
	    "holds; roomcastctl does so with --token-file");
}

static bool has_token(struct admin_call *c, const char *file,
    const struct http_head *head, const char *bytes)
{
	struct slice token = token_of(head, bytes);
	struct admin_token *wanted = c->view->token;
	struct err e;
	bool is_admitted;

	if (admin_token_read(wanted, file, &e) < 0) {
		refuse_without_file(c, &e);
		return false;
	}
	is_admitted = is_right(token, wanted->text);
	if (!is_admitted)
		refuse_token(c, token.len > 0);
	return is_admitted;
}

/* --- without --- */

/* No name but localhost: others may have been made to lead here. */
static bool is_plain_host(struct slice host)
{
	struct address a;
	struct ip ip;

	if (host.len == 0) /* no browser asks without */
		return true;
	if (address_parse_tcp(&a, host, HTTP_PORT, NULL) < 0)
		return false;
	return ascii_eq(slice_str(a.host), slice_str("localhost")) ||
	       ip_parse(slice_str(a.host), &ip);
}

/* Whether a page of this Origin came from the very address it asks. */
static bool is_own_page(struct slice origin, struct slice host)
{
	const struct slice scheme = slice_str("http://");

	return slice_starts_with(origin, scheme) &&
	       slice_eq(slice_after(origin, scheme.len), host);
}

static bool is_no_foreign_page(
    struct admin_call *c, const struct http_head *head, const char *bytes)
{
	size_t hosts, origins;
	struct slice host = http_header(head, bytes, "host", &hosts);
	struct slice origin = http_header(head, bytes, "origin", &origins);

	if (hosts > 1)
		admin_call_refuse(
		    c, 400, "more than one Host header", "send one");
	else if (!is_plain_host(host))
		admin_call_refuse(c, 403,
		    "without a token only requests to an address are "
		    "answered, not to a name",
		    "use the address or localhost, or set admin.token_file");
	else if (origins > 0 && !is_own_page(origin, host))
		admin_call_refuse(c, 403,
		    "a page of another site asks for this",
		    "ask without Origin, or set admin.token_file");
	else
		return true;
	return false;
}

bool admin_guard_admits(struct admin_call *c, const struct conf *conf,
    const struct http_head *head, const char *bytes)
{
	const char *file = conf->admin.token_file;

	return file ? has_token(c, file, head, bytes)
		    : is_no_foreign_page(c, head, bytes);
}
