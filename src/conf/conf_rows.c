/*
 * conf_rows: every key of the configuration, once: here the top level and where
 * messages come from, in conf_rows_redis.c, conf_rows_sentinel.c and
 * conf_rows_tls.c the servers they come from, in conf_rows_clients.c and
 * conf_rows_auth.c who gets them, in conf_rows_run.c how the gateway runs.
 * Reading, the defaults, error messages, --dump-config and
 * docs/configuration.md all come from these rows; a new key is a row and a
 * member of struct conf or of one of its parts.
 *
 * The prose is read by operators: what the key does, and what to think of
 * when changing it.
 */
#include "conf/conf_rows.h"

#include "base/address.h"
#include "conf/conf.h"
#include "conf/conf_auth.h"
#include "conf/conf_channels.h"
#include "conf/conf_listen.h"
#include "conf/conf_route.h"
#include "conf/conf_rows_parts.h"
#include "conf/conf_sources.h"

_Static_assert(
    sizeof(struct conf_strings) == sizeof(struct schema_items), "SCHEMA_TEXTS");
_Static_assert(
    sizeof(((struct conf *)0)->listen) == sizeof(struct schema_items),
    "SCHEMA_LIST");
_Static_assert(
    sizeof(((struct conf *)0)->routes) == sizeof(struct schema_items),
    "SCHEMA_LIST");
_Static_assert(
    sizeof(((struct conf *)0)->sources) == sizeof(struct schema_items),
    "SCHEMA_LIST");
_Static_assert(sizeof(((struct conf *)0)->auth) == sizeof(struct schema_items),
    "SCHEMA_NAMED");
_Static_assert(offsetof(struct conf_auth, name) == 0, "SCHEMA_NAMED");
_Static_assert(sizeof(enum conf_backend) == 4, "SCHEMA_WORD");

int conf_rows_check_address(const char *text, struct err *e)
{
	struct address ignored;

	return address_parse(&ignored, text, e);
}

static const char *const backend_words[] = {
	[CONF_BACKEND_REDIS] = "redis",
	[CONF_BACKEND_EMBEDDED] = "embedded",
	NULL,
};

static const struct schema_row channel_rows[] = {
	{
	    .key = "send",
	    .type = SCHEMA_TEXT,
	    IN_CONF(channels.send),
	    .preset = "roomcast:send",
	    .may_be_empty = true,
	    .prose = "Channel whose payloads name their rooms themselves: "
		     "JSON envelopes and room lists. `\"\"` turns it off.",
	},
	{
	    .key = "broadcast",
	    .type = SCHEMA_TEXT,
	    IN_CONF(channels.broadcast),
	    .preset = "roomcast:broadcast",
	    .may_be_empty = true,
	    .prose = "Channel whose payloads go to every connection. "
		     "`\"\"` turns it off.",
	},
	{
	    .key = "control",
	    .type = SCHEMA_TEXT,
	    IN_CONF(channels.control),
	    .preset = "roomcast:control",
	    .may_be_empty = true,
	    .prose = "Channel of commands that move live connections "
		     "between rooms or close them. `\"\"` turns it off.",
	},
	{
	    .key = "mark",
	    .type = SCHEMA_TEXT,
	    .at_start = true,
	    IN_CONF(channels.mark),
	    .preset = "roomcast:mark",
	    .prose = "Channel on which instances tell each other how they "
		     "count messages, with `backend: redis` and `history` "
		     "without a `stream`; no publisher's. All instances of an "
		     "app share it, and no other app's.",
	},
	{
	    .key = "room_prefix",
	    .type = SCHEMA_TEXT,
	    IN_CONF(channels.room_prefix),
	    .preset = "roomcast:room:",
	    .may_be_empty = true,
	    .prose = "A payload on the channel with this prefix and a "
		     "room's name behind it goes to that room's members. "
		     "The other channels must not begin with it. "
		     "`\"\"` turns room channels off.",
	},
	END,
};

static const struct schema_row source_rows[] = {
	{
	    .key = "redis",
	    .type = SCHEMA_MAP,
	    .is_required = true,
	    .rows = conf_rows_redis,
	    .is_elsewhere = true,
	    .prose = "One of the servers: the keys of [redis](#redis), each "
		     "with its default there.",
	},
	END,
};

static const struct schema_row embedded_rows[] = {
	{
	    .key = "listen",
	    .also = "port bind host address addr",
	    .type = SCHEMA_TEXT,
	    IN_CONF(embedded.listen),
	    .preset = "127.0.0.1:6390",
	    .check = conf_rows_check_address,
	    .prose = "Where publishers connect, with any Redis client. "
		     "Who reaches this address may publish to everybody: "
		     "keep it on loopback or a unix socket, or set a "
		     "password.",
	},
	ACCESS_ROWS(struct conf, embedded.access),
	{
	    .key = "password_file",
	    .type = SCHEMA_TEXT,
	    IN_CONF(embedded.password_file),
	    .is_path = true,
	    .prose = "File that holds, on its one line, the password that "
		     "publishers must give with `AUTH`, within 5 s. Read "
		     "again on SIGHUP.",
	},
	END,
};

static const struct schema_row top_rows[] = {
	{
	    .key = "listen",
	    .type = SCHEMA_LIST,
	    IN_CONF(listen),
	    .rows = conf_rows_listen,
	    .item_size = sizeof(struct conf_listen),
	    .complete = conf_listen_complete,
	    .fini = conf_listen_fini,
	    .preset = "127.0.0.1:8080",
	    .min = 1,
	    .max = 64,
	    .prose = "The addresses that clients connect to.",
	},
	{
	    .key = "workers",
	    .also = "threads processes worker_processes",
	    .type = SCHEMA_COUNT,
	    .at_start = true,
	    IN_CONF(workers),
	    .preset = "auto",
	    .zero = "auto",
	    .min = 1,
	    .max = 64,
	    .prose = "Threads that serve clients, beside the one that takes "
		     "messages; `1`: that one serves them, too. `auto`: one "
		     "for each processor that it may run on, or, where "
		     "a control group (a container's limit, `CPUQuota=`) "
		     "grants less, as many as that comes to, rounded up.",
	},
	{
	    .key = "backend",
	    .type = SCHEMA_WORD,
	    .at_start = true,
	    IN_CONF(backend),
	    .preset = "redis",
	    .words = backend_words,
	    .prose = "Where messages come from: a `redis` that "
		     "publishers share with this instance, or publishers "
		     "that connect to the `embedded` port of this very "
		     "process, which speaks Redis' protocol.",
	},
	{
	    .key = "channels",
	    .type = SCHEMA_MAP,
	    .at_start_if = conf_channels_stay,
	    .rows = channel_rows,
	    .prose = "The channels that publishers publish to. At least "
		     "one of them must be on. A change needs a restart with "
		     "`redis.cluster.sharded`; so does switching "
		     "`room_prefix` on or off. With `backend: redis` and "
		     "`history` without a `stream` it is a gap for clients "
		     "with ids.",
	},
	{
	    .key = "redis",
	    .type = SCHEMA_MAP,
	    .at_start = true,
	    .rows = conf_rows_redis,
	    .within = offsetof(struct conf, redis),
	    .unless = "sources",
	    .prose = "How to reach Redis, with `backend: redis`.",
	},
	{
	    .key = "sources",
	    .type = SCHEMA_LIST,
	    .at_start = true,
	    IN_CONF(sources),
	    .rows = source_rows,
	    .item_size = sizeof(struct conf_redis),
	    .complete = conf_sources_complete,
	    .min = 1,
	    .max = CONF_SOURCES_MAX,
	    .prose = "Several Redis servers that know nothing of each other, "
		     "in place of `redis`: all are listened to, and a "
		     "publisher takes any one of them for each message "
		     "(docs/redis.md). `history` needs a single one.",
	},
	{
	    .key = "embedded",
	    .type = SCHEMA_MAP,
	    .at_start = true,
	    .rows = embedded_rows,
	    .prose = "The port for publishers, with `backend: embedded`.",
	},
	{
	    .key = "auth",
	    .also = "jwt hook authentication",
	    .type = SCHEMA_NAMED,
	    IN_CONF(auth),
	    .rows = conf_rows_auth,
	    .item_size = sizeof(struct conf_auth),
	    .check = conf_auth_check_name,
	    .complete = conf_auth_complete,
	    .max = 100,
	    .prose = "Authenticators, each under a name that routes refer "
		     "to. `jwt` takes a JSON Web Token that the app has "
		     "signed; `http` asks the app about each handshake.",
	},
	{
	    .key = "routes",
	    .type = SCHEMA_LIST,
	    IN_CONF(routes),
	    .is_required = true,
	    .rows = conf_rows_route,
	    .item_size = sizeof(struct conf_route),
	    .complete = conf_route_complete,
	    .fini = conf_route_fini,
	    .min = 1,
	    .max = 1000,
	    .prose = "Which paths clients may ask for, and which rooms "
		     "each one leads to.",
	},
	{
	    .key = "limits",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_limits,
	    .prose = "What clients and publishers may use up.",
	},
	{
	    .key = "delivery",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_delivery,
	    .prose = "How messages wait for a connection that reads more "
		     "slowly than they come.",
	},
	{
	    .key = "history",
	    .type = SCHEMA_MAP,
	    .at_start = true,
	    IN_CONF(history.is_on),
	    .rows = conf_rows_history,
	    .zero = "off",
	    .prose = "Whether the last messages are kept, so that clients "
		     "which were away get what they missed (docs/delivery.md); "
		     "`{}` takes the defaults below. With `backend: redis` and "
		     "no `stream` every instance then hears all rooms.",
	},
	{
	    .key = "events",
	    .type = SCHEMA_MAP,
	    .at_start = true,
	    IN_CONF(events.is_on),
	    .rows = conf_rows_events,
	    .zero = "off",
	    .prose = "What the app is told of connections and rooms "
		     "(docs/presence.md), through the same Redis, the first "
		     "one of `sources`, or the embedded port. A map needs "
		     "`stream` or `channel`.",
	},
	{
	    .key = "keepalive",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_keepalive,
	    .prose = "How clients that are gone without a word are "
		     "found.",
	},
	{
	    .key = "shutdown",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_shutdown,
	    .prose = "How the gateway goes away.",
	},
	{
	    .key = "admin",
	    .type = SCHEMA_MAP,
	    .at_start = true,
	    .rows = conf_rows_admin,
	    .prose = "The listener for operators.",
	},
	{
	    .key = "log",
	    .type = SCHEMA_MAP,
	    .rows = conf_rows_log,
	    .prose = "What is written to standard error.",
	},
	END,
};

const struct schema_row *conf_rows(void)
{
	return top_rows;
}
