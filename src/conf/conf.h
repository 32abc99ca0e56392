/*
 * conf: the configuration as whoever goes by it sees it: read and checked
 * whole (conf_load), then never changed. Each part stands in the header of the
 * module that completes it; a member here is filled by its row in conf_rows.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "conf/conf_access.h"
#include "conf/conf_auth.h"
#include "conf/conf_events.h"
#include "conf/conf_listen.h"
#include "conf/conf_redis.h"
#include "conf/conf_route.h"
#include "conf/conf_strings.h"

struct node;

enum conf_backend { CONF_BACKEND_REDIS, CONF_BACKEND_EMBEDDED };
enum conf_slow {
	CONF_SLOW_DISCONNECT,
	CONF_SLOW_DROP_OLDEST,
	CONF_SLOW_DROP_NEWEST,
	CONF_SLOW_CATCH_UP
};

/* Which lines about clients there are, each with those before. */
enum conf_access_log { CONF_ACCESS_OFF, CONF_ACCESS_REFUSED, CONF_ACCESS_ALL };

/* Of one part of the gateway: behind the first one stand those of log_level. */
enum conf_log_level { CONF_LOG_AS_ALL, CONF_LOG_LEVEL };

struct conf {
	_Atomic uint32_t refs; /* of conf_ref */
	char *file;            /* owned; the name that messages begin with */
	struct node *document; /* owned; where what was read stands in it */
	struct {
		struct conf_listen *items;
		size_t count;
	} listen;
	unsigned workers; /* 0: auto */
	enum conf_backend backend;
	struct {
		char *send; /* "" turns a channel off */
		char *broadcast;
		char *control;
		char *mark; /* see conf_goes_by_marks */
		char *room_prefix;
	} channels;
	struct conf_redis redis; /* counts only without sources */
	struct {
		struct conf_redis *items;
		size_t count;
	} sources;
	struct {
		char *listen;
		struct conf_access access; /* of a unix socket */
		char *password_file;       /* NULL when not given */
	} embedded;
	struct {
		struct conf_route *items;
		size_t count;
	} routes;
	bool has_sse;          /* one of the routes does */
	bool refuses_by_close; /* one of the routes does */
	struct {
		struct conf_auth *items;
		size_t count;
	} auth;
	struct {
		size_t connections;
		size_t connections_per_address;  /* 0: no limit */
		unsigned handshakes_per_address; /* a second; 0: no limit */
		size_t handshakes;               /* in progress, all together */
		size_t rooms_per_connection;
		size_t resumes;
		size_t resumes_per_address;     /* 0: no limit */
		size_t replay_rate_per_address; /* a second; 0: no limit */
		int64_t handshake_timeout_ms;
		size_t request_head;
		size_t inbound_message;
		unsigned inbound_rate;
		size_t payload;
	} limits;
	struct {
		size_t queue;
		size_t memory;
		size_t socket_buffer; /* 0: the kernel's choice */
		enum conf_slow slow_consumer;
		struct {
			bool is_on; /* the rest counts only then */
			size_t min_size;
			int level;
			unsigned window_bits;
		} compression;
	} delivery;
	struct {
		bool is_on; /* the rest counts only then */
		size_t memory;
		int64_t max_age_ms;
		char *stream;      /* NULL: what is PUBLISHed is kept */
		int64_t warmup_ms; /* see conf_goes_by_marks */
	} history;
	struct conf_events events;
	struct {
		int64_t ping_interval_ms;
		int64_t pong_timeout_ms;
	} keepalive;
	struct {
		int64_t delay_ms;
		int64_t drain_ms;
	} shutdown;
	struct {
		char *listen;              /* NULL: no admin listener */
		struct conf_access access; /* of a unix socket */
		char *token_file;          /* NULL: none is asked for */
	} admin;
	struct {
		enum log_level level;
		enum log_format format;
		enum conf_log_level levels[LOG_COMPONENTS];
		enum conf_access_log access;
		unsigned access_rate; /* lines a second; 0: no limit */
	} log;
};

/* The servers that payloads come from with CONF_BACKEND_REDIS: one at least. */
static inline size_t conf_source_count(const struct conf *c)
{
	return c->sources.count > 0 ? c->sources.count : 1;
}

static inline const struct conf_redis *conf_source(
    const struct conf *c, size_t index)
{
	return c->sources.count > 0 ? &c->sources.items[index] : &c->redis;
}

/*
 * Whether what is PUBLISHed on a Redis server is kept: instances then agree on
 * its order by marks.
 */
static inline bool conf_goes_by_marks(const struct conf *c)
{
	return c->history.is_on && c->backend == CONF_BACKEND_REDIS &&
	       !c->history.stream;
}

/* Whether a stream of a Redis server is read and kept. */
static inline bool conf_reads_stream(const struct conf *c)
{
	return c->history.is_on && c->backend == CONF_BACKEND_REDIS &&
	       c->history.stream;
}

#endif
