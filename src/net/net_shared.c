#include "net/net_shared.h"

#include <errno.h>

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "net/addresses.h"
#include "net/auth_files.h"
#include "net/listener.h"

static struct addresses_limits limits_of(const struct conf *conf)
{
	return (struct addresses_limits){
		.connections = conf->limits.connections_per_address,
		.handshakes = conf->limits.handshakes_per_address,
	};
}

int net_shared_init(struct net_shared *shared, const struct conf *conf,
    unsigned worker_count, struct err *e)
{
	const struct addresses_limits limits = limits_of(conf);
	struct mistakes problems = { 0 };

	shared->worker_count = worker_count;
	shared->addresses = addresses_new(&limits);
	shared->files = auth_files_read(conf, NULL, &problems);
	if (!shared->files) {
		mistakes_log(&problems, conf->file, LOG_MAIN);
		mistakes_fini(&problems);
		return err_set(e, -EINVAL,
		    "files of authenticators cannot be used: mend the files "
		    "above");
	}
	return listeners_open(conf, worker_count, &shared->listeners, e);
}

void net_shared_use_conf(struct net_shared *shared, const struct conf *conf)
{
	const struct addresses_limits limits = limits_of(conf);

	addresses_set_limits(shared->addresses, &limits);
	listeners_use_conf(shared->listeners, conf);
}

void net_shared_fini(struct net_shared *shared)
{
	listeners_free(shared->listeners);
	auth_files_unref(shared->files);
	addresses_free(shared->addresses);
}
