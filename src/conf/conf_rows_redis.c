/*
 * conf_rows_redis: the rows of a Redis server, but for those of its sentinels.
 * See conf_rows.c.
 */
#include <errno.h>
#include <string.h>

#include "base/address.h"
#include "base/ip.h"
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"
#include "conf/secret.h"
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
	    IN_CONF(redis.reconnect_min_ms),
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
	    IN_CONF(redis.reconnect_max_ms),
	    .preset = "1s",
	    .min = 10,
	    .max = 10 * MINUTE,
	    .prose = "The longest wait between two attempts.",
	},
	END,
};

int conf_rows_check_server_name(const char *text, struct err *e)
{
	struct address a;
	struct ip ignored;

	if (ip_parse(slice_str(text), &ignored))
		return 0;
	if (strchr(text, ':') || strchr(text, '*') ||
	    address_parse_tcp(&a, slice_str(text), 1, NULL) < 0)
		return err_set(e, -EINVAL,
		    "must be a name or an IP address alone, as it stands in "
		    "the server's certificate");
	return 0;
}

static const struct schema_row redis_tls_rows[] = {
	{
	    .key = "ca",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.tls.ca),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file with the certificates of those whom the "
		     "server's may be signed by. Not set: those that the "
		     "system trusts.",
	},
	{
	    .key = "certificate",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.tls.certificate),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of the certificate, and behind it those of its "
		     "issuers, for a server that asks for one "
		     "(`tls-auth-clients`).",
	},
	{
	    .key = "key",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.tls.key),
	    .is_path = true,
	    .check = secret_check,
	    .prose = "PEM file of that certificate's private key. All these "
		     "files are read each time that roomcast connects.",
	},
	{
	    .key = "server_name",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.tls.server_name),
	    .check = conf_rows_check_server_name,
	    .prose = "The name, or the IP address, that the server's "
		     "certificate must be for. Not set: the host in `url`.",
	},
	END,
};

const struct schema_row conf_rows_redis[] = {
	{
	    .key = "url",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.url),
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
	    IN_CONF(redis.username),
	    .prose = "User of Redis' access control list; goes before "
		     "the one in `url`.",
	},
	{
	    .key = "password_file",
	    .type = SCHEMA_TEXT,
	    IN_CONF(redis.password_file),
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
	    IN_CONF(redis.heartbeat_ms),
	    .preset = "5s",
	    .min = 100,
	    .max = HOUR,
	    .prose = "How often roomcast publishes to itself through "
		     "Redis to see that messages still flow. When three "
		     "in a row do not come back, it connects again; and so "
		     "when the name of the server has led elsewhere for "
		     "three.",
	},
	{
	    .key = "role",
	    .type = SCHEMA_WORD,
	    IN_CONF(redis.role),
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
	    IN_CONF(redis.on_gap),
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
	    IN_CONF(redis.tls.is_on),
	    .rows = redis_tls_rows,
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
	{ .key = "cluster", .type = SCHEMA_LATER },
	END,
};
