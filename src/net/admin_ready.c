/* admin_ready: see admin_ready.h. */
#include "net/admin_ready.h"

#include "core/hub.h"
#include "core/worker.h"
#include "net/admin_view.h"
#include "net/jwks_sources.h"

static void put_away(const struct admin_view *view, struct buf *out)
{
	buf_printf(
	    out, "backend: %s is not connected and subscribed", view->backend);
	hub_name_away(view->hub, out);
	buf_puts(out, "\n");
}

void admin_ready_put(const struct admin_view *view, struct buf *out)
{
	if (atomic_load(&view->shared->is_stopping))
		buf_puts(out, "draining: the gateway is shutting down\n");
	if (!hub_is_up(view->hub))
		put_away(view, out);
	else if (!hub_is_warm(view->hub))
		buf_puts(out,
		    "warming up: other instances may have kept more of "
		    "what clients have missed (history.warmup)\n");
	jwks_sources_put_missing(view->jwks, out);
}
