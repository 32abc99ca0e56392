/*
 * conf_rows_redis: the rows of a Redis server, but for those of its sentinels.
 * See conf_rows.c.
 */
#include <errno.h>

#include "base/address.h"
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"
#include "conf/url.h"

static const char *const role_words[] = {
	[CONF_ROLE_MASTER] = "master",
	[CONF_ROLE_ANY] = "any",
	NULL,
};

static const char *const gap_words[] = {
	[CONF_GAP_IGNORE] = "ignore",
	[CONF_GAP_NOTIFY] = "notify",
	[CONF_GAP_CLOSE] = "close",
	NULL,
};

static const struct schema_row reconnect_rows[] = {
	{
	    .key = "min",
	    .type = SCHEMA_DURATION,
	    IN_REDIS(reconnect_min_ms),
	    .preset = "100ms",
	    .min = 10,
	    .max = MINUTE,
	    .prose = "How long to wait before the first attempt to "
		     "connect again; it doubles with each further one, "
		     "with jitter.",
	},
	{
	    .key = "max",
	    .type = SCHEMA_DURATION,
	    IN_REDIS(reconnect_max_ms),
	    .preset = "1s",
	    .min = 10,
	    .max = 10 * MINUTE,
	    .prose = "The longest wait between two attempts.",
	},
	END,
};

int conf_rows_check_server(const char *text, struct err *e)
{
	struct address a;
	int rc = address_parse(&a, text, e);

	if (rc < 0)
		return rc;
	if (a.is_unix || a.port == 0 || address_wildcard(&a))
		return err_set(e, -EINVAL,
		    "must be where a server is: HOST:PORT, [V6]:PORT");
	return 0;
}

const struct schema_row conf_rows_redis[] = {
	{
	    .key = "url",
	    .also = "address addr host port uri server database db redis_url",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(url),
	    .preset = "redis://127.0.0.1:6379",
	    .check = url_check_redis,
	    .print = url_print_masked,
	    .prose = "`redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` "
		     "or `unix:///PATH`; with `rediss://`, through TLS. User "
		     "and password are percent-encoded. The database is where "
		     "`history.stream` is; channels are the same in all of "
		     "them.",
	},
	{
	    .key = "username",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(username),
	    .prose = "User of Redis' access control list; goes before "
		     "the one in `url`.",
	},
	{
	    .key = "password_file",
	    .also = "password",
	    .type = SCHEMA_TEXT,
	    IN_REDIS(password_file),
	    .is_path = true,
	    .prose = "File that holds the password on its one line; a line "
		     "end and a byte order mark are no part of it. `url` must "
		     "then hold none. It is read each time that roomcast "
		     "connects.",
	},
	{
	    .key = "reconnect",
	    .type = SCHEMA_MAP,
	    .rows = reconnect_rows,
	},
	{
	    .key = "heartbeat",
	    .type = SCHEMA_DURATION,
	    IN_REDIS(heartbeat_ms),
	    .preset = "5s",
	    .min = 100,
	    .max = HOUR,
	    .prose = "How often roomcast publishes to itself through "
		     "Redis to see that messages still flow. When three "
		     "in a row do not come back, it connects again; and so "
		     "when the name of the server has led elsewhere for "
		     "three, or for many more where its answers vary "
		     "(docs/redis.md).",
	},
	{
	    .key = "role",
	    .type = SCHEMA_WORD,
	    IN_REDIS(role),
	    .preset = "master",
	    .words = role_words,
	    .prose = "Who the server must be. `master`: it is asked when "
		     "roomcast connects and at each heartbeat (`ROLE`, or "
		     "`INFO replication` where that is refused), and a replica "
		     "is never ready: it gives out what is published as long "
		     "as it hears of it, and answers heartbeats for ever. "
		     "`any`: it is not asked, for who reads from a replica on "
		     "purpose.",
	},
	{
	    .key = "on_gap",
	    .type = SCHEMA_WORD,
	    IN_REDIS(on_gap),
	    .preset = "ignore",
	    .words = gap_words,
	    .prose = "After an outage messages may have been missed. "
		     "`close` closes the clients with code 1012, 1,000 a "
		     "second, so that they connect again and fetch what "
		     "they missed; those too that came in while there was "
		     "no Redis, or before there was one. `notify` tells "
		     "those on a route with `welcome`, by the frame "
		     "`{\"type\":\"roomcast.gap\"}`, and event streams by "
		     "the event `gap`. `ignore` goes on. Clients with ids "
		     "(`since`) are told by a `gap` note whatever this says, "
		     "and stay.",
	},
	{
	    .key = "tls",
	    .type = SCHEMA_MAP,
	    IN_REDIS(tls.is_on),
	    .rows = conf_rows_tls,
	    .within = offsetof(struct conf_redis, tls),
	    .zero = "off",
	    .prose = "TLS with a `rediss://` URL, which alone means `{}`. A "
		     "server whose certificate is not valid, not signed by "
		     "who is trusted or not for its name is refused "
		     "(docs/redis.md).",
	},
	{
	    .key = "sentinel",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_sentinel,
	    .prose = "Sentinels that say where the server is, in place of "
		     "`url`: who is the master now, and when another one has "
		     "become it. `username`, `password_file` and `tls` of "
		     "`redis` are the server's.",
	},
	{
	    .key = "cluster",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_cluster,
	    .prose = "Nodes of a Redis Cluster, in place of `url`. What is "
		     "PUBLISHed at any of its nodes is heard; the stream is "
		     "read where its key is. `username`, `password_file` and "
		     "`tls` of `redis` are those of all nodes.",
	},
	END,
};
