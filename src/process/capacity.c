/* capacity: see capacity.h. */
#include "process/capacity.h"

#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/interest.h"
#include "net/admin.h"
#include "net/transport.h"
#include "sys/limits.h"

/* Of `auto`: the tables that grow with it stay those of one machine. */
enum { CONNECTIONS_AUTO = 100000 };

unsigned capacity_workers(const struct conf *conf)
{
	unsigned count = conf->workers ? conf->workers : limits_count_cores();

	return count < INTEREST_MAX_WORKERS ? count : INTEREST_MAX_WORKERS;
}

/*
 * Descriptors that are not those of clients up to the limit: whoever may hold
 * some is counted, so that clients cannot use up what the others need. Where
 * there are few, clients still get half.
 */
static size_t reserved_files(const struct conf *conf, unsigned workers,
    const struct backend_ops *backend, size_t files)
{
	enum {
		FILES_MAIN = 16, /* standard streams, log, signals, manager */
		FILES_LOOP = 4,  /* of a worker: polled sets, mailbox */
	};
	size_t reserved = FILES_MAIN + workers * FILES_LOOP +
			  transport_files_max(conf, workers) +
			  backend->files_max(conf);

	if (conf->admin.listen)
		reserved += ADMIN_FILES_MAX;
	return reserved < files / 2 ? reserved : files / 2;
}

static void log_few(size_t wanted, size_t possible, size_t files)
{
	if (wanted > 0)
		log_warn(LOG_MAIN,
		    "limits.connections cannot be met: raise LimitNOFILE "
		    "(ulimit -n) or lower the limit",
		    kv_int("limit", (int64_t)wanted),
		    kv_int("possible", (int64_t)possible),
		    kv_int("files", (int64_t)files));
	else
		log_info(LOG_MAIN,
		    "as many connections as the descriptors permit: a higher "
		    "LimitNOFILE (ulimit -n) permits more",
		    kv_int("connections", (int64_t)possible),
		    kv_int("files", (int64_t)files));
}

size_t capacity_connections(const struct conf *conf, unsigned workers,
    const struct backend_ops *backend)
{
	size_t files = limits_raise_files();
	size_t possible = files - reserved_files(conf, workers, backend, files);
	size_t wanted = conf->limits.connections;
	size_t most = wanted > 0 ? wanted : CONNECTIONS_AUTO;

	if (possible >= most)
		return most;
	log_few(wanted, possible, files);
	return possible;
}
