/* backends: see backends.h. */
#include "process/backends.h"

#include "backend/embedded.h"
#include "backend/redis.h"
#include "backend/sources.h"
#include "conf/conf.h"

const struct backend_ops *backends_choose(const struct conf *conf)
{
	static const struct backend_ops *const backends[] = {
		[CONF_BACKEND_REDIS] = &redis_backend,
		[CONF_BACKEND_EMBEDDED] = &embedded_backend,
	};

	return conf_source_count(conf) > 1 ? &sources_backend
					   : backends[conf->backend];
}
