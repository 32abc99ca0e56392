#include "net/shared.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "net/addresses.h"
#include "net/authenticators.h"
#include "net/certificates.h"
#include "net/listener.h"
#include "sys/tls_server.h"

int net_shared_init(struct net_shared *shared, const struct conf *conf,
    unsigned worker_count, struct err *e)
{
	const struct addresses_limits limits = {
		.connections = conf->limits.connections_per_address,
		.handshakes = conf->limits.handshakes_per_address,
	};
	struct mistakes problems = { 0 };

	shared->worker_count = worker_count;
	shared->addresses = addresses_new(&limits);
	shared->authenticators = authenticators_new(conf, &problems);
	if (!shared->authenticators) {
		mistakes_log(&problems, conf->file, "main");
		mistakes_fini(&problems);
		return err_set(e, -EINVAL,
		    "keys of authenticators cannot be used: mend the files "
		    "above");
	}
	return listeners_open(conf, worker_count, &shared->listeners, e);
}

static void check_certificate(const struct conf_listen *l, struct node *n,
    struct buf *notes, struct mistakes *problems)
{
	struct tls_dates dates;
	struct tls_server *t;
	struct err e;

	t = tls_server_new(l->tls.certificate, l->tls.key, &e);
	if (!t) {
		mistakes_at(problems, n, "%s", e.text);
		return;
	}
	dates = tls_server_dates(t);
	certificates_note(
	    l->tls.certificate, &dates, clock_wall_ms() / 1000, notes);
	tls_server_free(t);
}

void net_shared_check(
    const struct conf *conf, struct buf *notes, struct mistakes *problems)
{
	struct node *listen = node_find(conf->document, "listen");

	auth_keys_unref(auth_keys_read(conf, problems));
	for (size_t i = 0; i < conf->listen.count && i < listen->count; i++)
		if (conf->listen.items[i].tls.certificate)
			check_certificate(&conf->listen.items[i],
			    node_find(listen->children[i], "tls"), notes,
			    problems);
}

int net_shared_read(struct net_shared *shared, const struct conf *conf,
    struct mistakes *problems)
{
	shared->fresh = auth_keys_read(conf, problems);
	return listeners_read_tls(shared->listeners) == 0 && shared->fresh
		   ? 0
		   : -EINVAL;
}

void net_shared_use(struct net_shared *shared)
{
	authenticators_use(shared->authenticators, &shared->fresh);
	listeners_use_tls(shared->listeners);
}

void net_shared_drop(struct net_shared *shared)
{
	auth_keys_unref(shared->fresh);
	shared->fresh = NULL;
	listeners_drop_tls(shared->listeners);
}

void net_shared_fini(struct net_shared *shared)
{
	listeners_free(shared->listeners);
	authenticators_free(shared->authenticators);
	addresses_free(shared->addresses);
}
