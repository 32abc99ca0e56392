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
#include "conf/conf_listen.h"
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
enum conf_role { CONF_ROLE_MASTER, CONF_ROLE_ANY };
enum conf_gap { CONF_GAP_IGNORE, CONF_GAP_NOTIFY, CONF_GAP_CLOSE };

/* TLS towards a server. */
struct conf_tls {
	bool is_on;        /* the rest counts only then */
	char *ca;          /* NULL: whom the system trusts */
	char *certificate; /* NULL, as key: there is none */
	char *key;
	char *server_name; /* NULL: the host that is connected to */
};

/* Who knows where a Redis server is; there are none without addresses. */
struct conf_sentinel {
	char *master;
	struct conf_strings addresses; /* host:port */
	char *username;                /* of theirs; NULL when not given */
	char *password_file;           /* NULL when not given */
	struct conf_tls tls;
};

struct conf_redis {
	/* redis[s]://[user[:password]@]host[:port][/db] or unix:///path; may hold
	 * a password */
	char *url;           /* NULL with sentinel */
	char *username;      /* NULL when not given */
	char *password_file; /* NULL when not given */
	struct conf_tls tls; /* on with rediss:// */
	struct conf_sentinel sentinel;
	int64_t reconnect_min_ms, reconnect_max_ms;
	int64_t heartbeat_ms;
	enum conf_gap on_gap;
	enum conf_role role;
};

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
	struct conf_redis redis;
	struct {
		char *listen;
		struct conf_access access; /* of a unix socket */
		char *password_file;       /* NULL when not given */
	} embedded;
	struct {
		struct conf_route *items;
		size_t count;
	} routes;
	bool has_sse; /* one of the routes does */
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
	} admin;
	struct {
		enum log_level level;
		enum log_format format;
	} log;
};

/* Whether sentinels say where the server is, in place of redis.url. */
static inline bool conf_has_sentinel(const struct conf_redis *c)
{
	return c->sentinel.master != NULL;
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
