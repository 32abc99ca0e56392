/* ws_url: see ws_url.h. */
#include "ctl/ws_url.h"

#include <errno.h>
#include <string.h>

#include "ctl/inquire.h"

enum { WS_PORT = 80, WSS_PORT = 443 };

static bool take_scheme(struct slice *rest, const char *scheme)
{
	struct slice s = slice_str(scheme);

	if (!slice_starts_with(*rest, s))
		return false;
	*rest = slice_after(*rest, s.len);
	return true;
}

/* What stands in a request line ends at a space; a fragment is never sent. */
static int check_target(struct slice target, struct err *e)
{
	for (size_t i = 0; i < target.len; i++)
		if ((unsigned char)target.ptr[i] <= ' ' ||
		    target.ptr[i] == 0x7f || target.ptr[i] == '#')
			return err_set(e, -EINVAL,
			    "the URL has a character that must be written as "
			    "%%%02X",
			    (unsigned char)target.ptr[i]);
	return 0;
}

int ws_url_parse(struct ws_url *u, const char *text, struct err *e)
{
	struct slice rest = slice_str(text);
	size_t len;
	struct err why;
	int rc;

	u->is_tls = take_scheme(&rest, "wss://");
	if (!u->is_tls && !take_scheme(&rest, "ws://"))
		return err_set(e, -EINVAL, "a URL begins with ws:// or wss://");
	len = strcspn(rest.ptr, "/?#");
	u->authority = slice_of(rest.ptr, len);
	u->target = slice_after(rest, len);
	rc = address_parse_tcp(
	    &u->address, u->authority, u->is_tls ? WSS_PORT : WS_PORT, &why);
	if (rc < 0)
		return err_set(e, rc, "the host of the URL %s", why.text);
	if (u->address.port == 0 || address_wildcard(&u->address))
		return err_set(
		    e, -EINVAL, "nobody can be reached at the host of the URL");
	return check_target(u->target, e);
}

static bool has_query(const struct ws_url *u)
{
	return u->target.len > 0 && memchr(u->target.ptr, '?', u->target.len);
}

void ws_url_put_target(
    const struct ws_url *u, const char *since, struct buf *out)
{
	if (u->target.len == 0 || u->target.ptr[0] != '/')
		buf_puts(out, "/");
	if (u->target.len > 0)
		buf_putn(out, u->target.ptr, u->target.len);
	if (!since)
		return;
	buf_puts(out, has_query(u) ? "&since=" : "?since=");
	inquire_put_value(out, since);
}
