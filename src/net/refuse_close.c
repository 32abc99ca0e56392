#include "net/refuse_close.h"

#include "conf/conf.h"
#include "core/conn.h"
#include "core/worker.h"
#include "net/events.h"
#include "net/pending.h"
#include "net/route.h"
#include "net/websocket.h"

enum { CODE_BASE = 4000 }; /* of applications: RFC 6455, section 7.4.2 */

/*
 * A WebSocket whose upgrade can complete. An offer of extensions that cannot be
 * read is none, though its route is known by then.
 */
static bool is_handshake(const struct request *r, enum refused why)
{
	const char *unused;

	return r->head && r->head->size > 0 && why != REFUSED_EXTENSIONS &&
	       handshake_check(r->head, r->bytes.ptr, &unused) == 0;
}

/* Who is refused before it is decided on has no route yet. */
static void need_route(struct conn *c, const struct request *r)
{
	const struct conf_route *route = c->route ? NULL : r->match->route;

	if (route && route->refuse == CONF_REFUSE_CLOSE)
		conn_set_route(c, route);
}

/* By what is configured. */
static bool may_close(const struct conn *c)
{
	if (events_has(c))
		return false;
	return c->route ? c->route->refuse == CONF_REFUSE_CLOSE
			: c->worker->conf->refuses_by_close;
}

uint16_t refuse_close_code(struct conn *c, enum refused why)
{
	struct request r;

	if (!may_close(c))
		return 0;
	r = pending_or_current(c);
	if (!is_handshake(&r, why))
		return 0;
	need_route(c, &r);
	return c->route ? (uint16_t)(CODE_BASE + refused_status(why)) : 0;
}

size_t refuse_close_print(
    const struct conn *c, uint16_t code, const char *text, char *out)
{
	const struct request r = pending_or_current(c);
	size_t len = websocket_put_upgrade(c->route, &r, 0, out);

	return len + frame_put_close(
			 code, slice_str(text), (unsigned char *)out + len);
}
