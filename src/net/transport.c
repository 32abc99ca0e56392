#include "net/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/transport.h"
#include "core/worker.h"
#include "net/accept.h"
#include "net/access_log.h"
#include "net/auth_files.h"
#include "net/clients.h"
#include "net/decide.h"
#include "net/goodbye.h"
#include "net/hook.h"
#include "net/hooks.h"
#include "net/io.h"
#include "net/jwks_sources.h"
#include "net/keys_wait.h"
#include "net/linger.h"
#include "net/net_shared.h"
#include "net/pending.h"
#include "net/refuse.h"
#include "net/session.h"
#include "net/upgrade.h"
#include "proto/wsdec.h"

/* --- a worker --- */

static int start(struct worker *w, struct err *e)
{
	struct net_shared *shared = w->shared->net;
	struct net_worker *n = xcalloc(1, sizeof *n);

	w->net = n;
	list_init(&n->retired_hooks);
	n->files = auth_files_ref(shared->files);
	n->keys_wait = keys_wait_new(w->base);
	n->access = access_log_new(w, &shared->access_budget);
	n->hooks = hooks_new(
	    w->base, w->conf, n->files, shared->worker_count, &w->metrics, e);
	if (!n->hooks)
		return -EINVAL;
	n->accepting = accept_start(w, shared->listeners);
	return n->accepting ? 0 : err_set(e, -ENOMEM, "out of memory");
}

/* Who is being asked about is answered by what was before. */
static void use_conf(struct worker *w, void *files)
{
	const struct net_shared *shared = w->shared->net;
	struct net_worker *n = w->net;
	struct hooks *hooks;
	struct err e;

	hooks = hooks_new(
	    w->base, w->conf, files, shared->worker_count, &w->metrics, &e);
	if (!hooks)
		fatal("hook", e.text);
	hooks_retire(n->hooks, &n->retired_hooks);
	n->hooks = hooks;
	auth_files_unref(n->files);
	n->files = files;
}

static void on_keys(struct worker *w)
{
	keys_wait_looked(((struct net_worker *)w->net)->keys_wait);
}

static void on_quiet(struct worker *w)
{
	pending_free_spares(w->net);
}

static void stop(struct worker *w)
{
	struct net_worker *n = w->net;

	accept_stop(w);
	accept_free(n->accepting);
	n->accepting = NULL;
}

static void fini(struct worker *w)
{
	struct net_worker *n = w->net;

	w->net = NULL;
	if (!n)
		return;
	accept_free(n->accepting);
	access_log_free(n->access);
	keys_wait_free(n->keys_wait);
	hooks_free(n->hooks);
	hook_free_retired(&n->retired_hooks);
	auth_files_unref(n->files);
	pending_free_spares(n);
	free(n);
}

size_t transport_files_max(const struct conf *conf, unsigned worker_count)
{
	return worker_count * conf->listen.count + ACCEPT_REFUSALS_MAX +
	       hooks_files_max(conf, worker_count) +
	       jwks_sources_files_max(conf);
}

/* --- a connection, by its state --- */

static void on_readable(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_HANDSHAKE:
		upgrade_on_readable(c);
		break;
	case CONN_ASKING:
	case CONN_WAITING:
		decide_on_readable(c);
		break;
	case CONN_OPEN:
	case CONN_CLOSING:
		session_on_readable(c);
		break;
	case CONN_LINGER:
		io_discard(c);
		break;
	case CONN_DEAD: /* it died in this very turn */
		break;
	}
}

static void on_due(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_HANDSHAKE:
		upgrade_on_due(c);
		break;
	case CONN_ASKING:
	case CONN_WAITING:
		decide_on_due(c);
		break;
	case CONN_OPEN:
	case CONN_CLOSING:
		session_on_due(c);
		break;
	case CONN_LINGER:
		linger_on_due(c);
		break;
	case CONN_DEAD:
		break;
	}
}

static void close_for(struct conn *c, enum close_reason reason, bool flush)
{
	if (c->state < CONN_OPEN)
		decide_on_close(c, reason);
	else
		goodbye_close(c, reason, flush);
}

static void disconnect(struct conn *c, uint16_t code, struct slice reason)
{
	if (c->state == CONN_OPEN)
		goodbye_disconnect(c, code, reason);
	else
		refuse(c, REFUSED_DISCONNECT);
}

/* The union holds the one or the other. */
static void dispose(struct conn *c)
{
	if (c->is_upgraded)
		wsdec_free(c->decoder);
	else
		pending_free(c->worker, c->pending);
	clients_release(c);
	access_log_forget(c);
	io_close(c);
	accept_on_closed(c->worker);
}

const struct transport_ops transport_sockets = {
	.start = start,
	.use_conf = use_conf,
	.on_keys = on_keys,
	.on_quiet = on_quiet,
	.stop = stop,
	.fini = fini,
	.on_readable = on_readable,
	.writev = io_writev,
	.unsent = io_unsent,
	.sent = io_sent_bytes,
	.on_rooms_ready = decide_on_rooms_ready,
	.on_room_refused = decide_on_room_refused,
	.on_due = on_due,
	.close = close_for,
	.disconnect = disconnect,
	.on_flushed = goodbye_on_flushed,
	.dispose = dispose,
};
