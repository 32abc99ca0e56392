/*
 * conf_rows_run: the rows of how the gateway runs, whatever it serves: limits,
 * keep-alive, shutdown, admin, log. See conf_rows.c.
 */
#include "conf/conf.h"
#include "conf/conf_rows_parts.h"
#include "proto/http.h"

static const char *const level_words[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
	NULL,
};

static const char *const level_of_words[] = {
	[CONF_LOG_AS_ALL] = "default",
	[CONF_LOG_LEVEL + LOG_DEBUG] = "debug",
	[CONF_LOG_LEVEL + LOG_INFO] = "info",
	[CONF_LOG_LEVEL + LOG_WARN] = "warn",
	[CONF_LOG_LEVEL + LOG_ERROR] = "error",
	NULL,
};

static const char *const access_words[] = {
	[CONF_ACCESS_OFF] = "off",
	[CONF_ACCESS_REFUSED] = "refused",
	[CONF_ACCESS_ALL] = "all",
	NULL,
};

static const char *const format_words[] = {
	[LOG_TEXT] = "text",
	[LOG_JSON] = "json",
	NULL,
};

const struct schema_row conf_rows_limits[] = {
	{
	    .key = "connections",
	    .also = "max_connections worker_connections maxclients",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.connections),
	    .preset = "auto",
	    .zero = "auto",
	    .min = 1,
	    .max = 10000000,
	    .prose = "Client connections of this instance, over all "
		     "workers; further ones get 503. Each needs a file "
		     "descriptor. `auto`: as many as there are descriptors "
		     "for, 100000 at most.",
	},
	{
	    .key = "connections_per_address",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.connections_per_address),
	    .preset = "0",
	    .zero = "0",
	    .min = 1,
	    .max = 10000000,
	    .prose = "Connections of one client address; further ones get "
		     "429. IPv6 addresses count together by their first 64 "
		     "bits. `0`: no limit.",
	},
	{
	    .key = "handshakes_per_address",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.handshakes_per_address),
	    .preset = "0",
	    .zero = "0",
	    .min = 1,
	    .max = 1000000,
	    .prose = "Handshakes a second of one client address, counted "
		     "in the same way; further ones get 429. `0`: no limit.",
	},
	{
	    .key = "handshakes",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.handshakes),
	    .preset = "10000",
	    .min = 1,
	    .max = 1000000,
	    .prose = "Handshakes in progress, over all workers, from "
		     "accepting a socket to its answer; further ones get "
		     "503.",
	},
	{
	    .key = "rooms_per_connection",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.rooms_per_connection),
	    .preset = "128",
	    .min = 1,
	    .max = UINT16_MAX - 1, /* and its user's own */
	    .prose = "Rooms that one connection may be in; a handshake "
		     "that asks for more is refused, and so is one that "
		     "makes more names of one template, equal ones "
		     "counted.",
	},
	{
	    .key = "resumes",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.resumes),
	    .preset = "32768",
	    .min = 1,
	    .max = 1000000,
	    .prose = "Clients that wait at once for what they missed "
		     "(`routes[].resume`, `routes[].history`) to be looked "
		     "up, all together; further ones are told of a gap.",
	},
	{
	    .key = "resumes_per_address",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.resumes_per_address),
	    .preset = "16384",
	    .zero = "0",
	    .min = 1,
	    .max = 1000000,
	    .prose = "The same of one client address, counted as "
		     "`connections_per_address` is. `0`: no limit.",
	},
	{
	    .key = "replay_rate_per_address",
	    .type = SCHEMA_SIZE,
	    IN_CONF(limits.replay_rate_per_address),
	    .preset = "64MiB",
	    .zero = "0",
	    .min = 64 * KiB,
	    .max = 16 * GiB,
	    .prose = "Bytes a second of what its clients missed that one "
		     "address is handed, as much at once. Beyond that they "
		     "wait, live messages behind it, and after 10 seconds "
		     "are told of a gap. `0`: no limit.",
	},
	{
	    .key = "handshake_timeout",
	    .type = SCHEMA_DURATION,
	    IN_CONF(limits.handshake_timeout_ms),
	    .preset = "5s",
	    .min = 100,
	    .max = 5 * MINUTE,
	    .prose = "Time from accepting a socket to its whole request "
		     "head; then 408. Sending slowly does not extend it.",
	},
	{
	    .key = "request_head",
	    .type = SCHEMA_SIZE,
	    IN_CONF(limits.request_head),
	    .preset = "8KiB",
	    .min = KiB,
	    .max = HTTP_HEAD_MAX,
	    .prose = "Largest request head; a longer request line gets "
		     "414, a longer head 431.",
	},
	{
	    .key = "inbound_message",
	    .type = SCHEMA_SIZE,
	    IN_CONF(limits.inbound_message),
	    .preset = "4KiB",
	    .min = 125,
	    .max = 16 * MiB,
	    .prose = "Largest message a client may send. It is ignored "
		     "anyway; a larger one closes the connection with "
		     "1009.",
	},
	{
	    .key = "inbound_rate",
	    .type = SCHEMA_COUNT,
	    IN_CONF(limits.inbound_rate),
	    .preset = "20",
	    .zero = "0",
	    .min = 1,
	    .max = 1000,
	    .prose = "Frames a second that a client may send, and with TLS "
		     "records without data (KeyUpdates, empty ones); above "
		     "that the connection closes with 1008. What comes "
		     "behind the request of an event stream is ignored and "
		     "counts by the KiB. `0`: no limit.",
	},
	{
	    .key = "payload",
	    .type = SCHEMA_SIZE,
	    IN_CONF(limits.payload),
	    .preset = "1MiB",
	    .min = KiB,
	    .max = 64 * MiB,
	    .prose = "Largest payload of a publisher; a larger one is "
		     "dropped and counted.",
	},
	END,
};

const struct schema_row conf_rows_keepalive[] = {
	{
	    .key = "ping_interval",
	    .also = "ping interval ping_timeout",
	    .type = SCHEMA_DURATION,
	    IN_CONF(keepalive.ping_interval_ms),
	    .preset = "25s",
	    .min = SECOND,
	    .max = HOUR,
	    .prose = "How often each client is pinged, with jitter. Keep "
		     "it below the idle time-out of proxies in front.",
	},
	{
	    .key = "pong_timeout",
	    .type = SCHEMA_DURATION,
	    IN_CONF(keepalive.pong_timeout_ms),
	    .preset = "20s",
	    .min = 100,
	    .max = HOUR,
	    .prose = "A client that does not answer a ping for this long "
		     "is gone; so is one that takes no byte for this long "
		     "while messages wait, or begins a message and does "
		     "not end it. The client of an event stream answers "
		     "nothing: its system's acknowledgement counts, or that "
		     "of the proxy in front.",
	},
	END,
};

const struct schema_row conf_rows_shutdown[] = {
	{
	    .key = "delay",
	    .type = SCHEMA_DURATION,
	    IN_CONF(shutdown.delay_ms),
	    .preset = "0",
	    .max = HOUR,
	    .prose = "How long clients are still let in after SIGTERM or "
		     "SIGINT, while `/readyz` is 503 already: the time a "
		     "balancer needs to turn away. `5s` behind a balancer; 0 "
		     "alone, or with systemd's socket.",
	},
	{
	    .key = "drain",
	    .also = "grace grace_period graceful_timeout",
	    .type = SCHEMA_DURATION,
	    IN_CONF(shutdown.drain_ms),
	    .preset = "2s",
	    .max = HOUR,
	    .prose = "Time over which the connections are closed with "
		     "1012 after the delay, oldest first, so that clients "
		     "do not all come back at once. With many of them and "
		     "other instances that take them, longer: their number "
		     "by the handshakes a second that those can do. A "
		     "further signal, a second later or more, ends at once.",
	},
	END,
};

const struct schema_row conf_rows_admin[] = {
	{
	    .key = "listen",
	    .also = "metrics prometheus status port bind host address",
	    .type = SCHEMA_TEXT,
	    IN_CONF(admin.listen),
	    .check = conf_rows_check_address,
	    .prose = "Where `/healthz`, `/readyz`, `/metrics` and `/api/` "
		     "answer. "
		     "`/healthz` is 503 once a worker has been stuck for 5 s. "
		     "Not set: nowhere. Whoever reaches it may read and "
		     "change things with `/api/`, unless there is a "
		     "`token_file`: keep it at `127.0.0.1` or a unix socket.",
	},
	{
	    .key = "token_file",
	    .type = SCHEMA_TEXT,
	    IN_CONF(admin.token_file),
	    .is_path = true,
	    .prose =
		"File that holds, on its one line, the token that "
		"`/api/` asks for: `Authorization: Bearer TOKEN`. Read "
		"at each request; for want of descriptors the one that "
		"was read last counts. `/healthz`, `/readyz` and `/metrics` "
		"answer without it. Not set: no token is asked for.",
	},
	ACCESS_ROWS(struct conf, admin.access),
	END,
};

static const struct schema_row rows_levels[] = {
#define COMPONENT(id, name, text)              \
	{                                      \
		.key = (name),                 \
		.type = SCHEMA_WORD,           \
		IN_CONF(log.levels[LOG_##id]), \
		.is_name = true,               \
		.preset = "default",           \
		.words = level_of_words,       \
		.prose = text ".",             \
	},
#include "base/log_component.def"
#undef COMPONENT
	END,
};

const struct schema_row conf_rows_log[] = {
	{
	    .key = "level",
	    .also = "log_level loglevel verbosity",
	    .type = SCHEMA_WORD,
	    IN_CONF(log.level),
	    .preset = "info",
	    .words = level_words,
	    .prose = "The least level that is written to standard error.",
	},
	{
	    .key = "levels",
	    .type = SCHEMA_MAP,
	    .rows = rows_levels,
	    .prose = "The same of one part of the gateway, by the name that "
		     "stands in its lines; `default` is `log.level`.",
	},
	{
	    .key = "access",
	    .type = SCHEMA_WORD,
	    IN_CONF(log.access),
	    .preset = "refused",
	    .words = access_words,
	    .prose = "Lines about clients, of the part `access`: `refused` "
		     "has handshakes that were refused and connections that "
		     "the gateway has cut for a reason, `all` also those "
		     "that were accepted and those that ended in the "
		     "ordinary way. What is left out is written at debug.",
	},
	{
	    .key = "access_rate",
	    .type = SCHEMA_COUNT,
	    IN_CONF(log.access_rate),
	    .preset = "100",
	    .zero = "0",
	    .min = 1,
	    .max = 100000,
	    .prose = "How many of these lines all workers together may "
		     "write a second; how many were left out is told by a "
		     "line and a metric. `0`: no limit.",
	},
	{
	    .key = "format",
	    .also = "log_format",
	    .type = SCHEMA_WORD,
	    IN_CONF(log.format),
	    .preset = "text",
	    .words = format_words,
	    .prose = "`text` for people, `json` for machines: one object "
		     "a line.",
	},
	END,
};
