#include "net/net_shared.h"

#include <errno.h>

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "net/addresses.h"
#include "net/authenticators.h"
#include "net/listener.h"

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

void net_shared_fini(struct net_shared *shared)
{
	listeners_free(shared->listeners);
	authenticators_free(shared->authenticators);
	addresses_free(shared->addresses);
}
