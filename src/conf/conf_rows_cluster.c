/*
 * conf_rows_cluster: the rows of a Redis Cluster. See conf_rows.c.
 */
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"

enum { ADDRESSES_MAX = 16 };

const struct schema_row conf_rows_cluster[] = {
	{
	    .key = "addresses",
	    .type = SCHEMA_TEXTS,
	    IN_REDIS(cluster.addresses),
	    .is_required = true,
	    .is_distinct = true,
	    .min = 1,
	    .max = ADDRESSES_MAX,
	    .check = conf_rows_check_server,
	    .prose = "Where some of its nodes are, masters or replicas: they "
		     "know all others. One that answers is enough; name "
		     "several, as one may be away when roomcast starts.",
	},
	{
	    .key = "sharded",
	    .type = SCHEMA_BOOL,
	    IN_REDIS(cluster.is_sharded),
	    .prose = "Rooms' channels are those of sharded pub/sub: each is "
		     "subscribed at the master of its slot, and publishers "
		     "use `SPUBLISH` for them. So a room costs one server and "
		     "not all. The other channels stay as they are.",
	},
	END,
};
