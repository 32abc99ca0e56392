/*
 * conf: the configuration, read and checked whole, then never changed.
 *
 * The rows in conf_rows.c are the one place where a key, its type, unit,
 * range, default and prose are written down: --dump-config,
 * docs/configuration.md and the error messages come from them.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/prefix.h"
#include "conf/conf_access.h"
#include "conf/pattern.h"

struct mistakes;
struct node;

enum conf_backend { CONF_BACKEND_REDIS, CONF_BACKEND_EMBEDDED };
enum conf_frames { CONF_FRAMES_TEXT, CONF_FRAMES_BINARY };
enum conf_slow {
	CONF_SLOW_DISCONNECT,
	CONF_SLOW_DROP_OLDEST,
	CONF_SLOW_DROP_NEWEST
};
enum conf_gap { CONF_GAP_IGNORE, CONF_GAP_CLOSE };

/* A list of texts from the file; all owned by the conf. */
struct conf_strings {
	char **items;
	size_t count;
};

struct conf_listen {
	char *address; /* host:port, [v6]:port, *:port, unix:/path */
	struct conf_access access; /* of a unix socket */
	struct {
		char *certificate; /* PEM files; NULL: plain */
		char *key;
	} tls;
	char *health;                    /* a path, or NULL */
	bool proxy_protocol;             /* a PROXY header comes first */
	struct conf_strings trusted;     /* as configured: address or prefix */
	struct prefix *trusted_prefixes; /* trusted.count, compiled */
};

enum conf_auth_type { CONF_AUTH_JWT, CONF_AUTH_HTTP };

/* A named authenticator; what belongs to the other type is empty. */
struct conf_auth {
	char *name; /* first: see SCHEMA_NAMED */
	enum conf_auth_type type;
	struct conf_strings algorithms;  /* "HS256", ... */
	struct conf_strings secret_file; /* one or several, for rotation */
	struct conf_strings public_key_file;
	struct conf_strings token; /* where to look, in order */
	char *issuer;              /* NULL: not checked */
	char *audience;            /* NULL: not checked */
	int64_t leeway_ms;
	char *user_claim;
	char *url; /* http://host[:port]/path */
	int64_t timeout_ms;
	struct conf_strings headers; /* lower case; handed to the hook */
	unsigned max_parallel;
};

/* An origin as configured, split; `null` and `*` are a scheme alone. */
struct conf_origin {
	char *scheme; /* owned; lower case */
	char *host;   /* owned; lower case, IPv6 in brackets, "" of null; of
			 the wildcard *.example.com it is example.com */
	bool is_wildcard;
	uint16_t port; /* the scheme's own when none is written; 0: it has
			  none */
};

struct conf_route {
	char *path;                /* as configured */
	struct conf_strings rooms; /* as configured */
	struct conf_strings subprotocols;
	enum conf_frames frames;
	bool welcome;
	char *auth; /* as configured: a name or "none" */
	const struct conf_auth *authenticator; /* NULL: none */
	char *permit;                          /* "claim.NAME", or NULL */
	struct conf_strings origins; /* as configured; none: not checked */
	struct conf_origin *origin_patterns; /* origins.count, compiled */
	bool takes_all_origins;              /* `*` is one of them */
	struct pattern pattern;              /* compiled from path */
	struct template *templates; /* compiled from rooms, rooms.count */
};

struct conf {
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
		char *room_prefix;
	} channels;
	struct {
		char *url;      /* redis://[user[:password]@]host[:port][/db] or
			      unix:///path; may hold a password */
		char *username; /* NULL when not given */
		char *password_file; /* NULL when not given */
		int64_t reconnect_min_ms, reconnect_max_ms;
		int64_t heartbeat_ms;
		enum conf_gap on_gap;
	} redis;
	struct {
		char *listen;
		struct conf_access access; /* of a unix socket */
		char *password_file;
		char *password; /* read from password_file, or NULL */
	} embedded;
	struct {
		struct conf_route *items;
		size_t count;
	} routes;
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

/*
 * Read and check a file. On success *out is owned by the caller. On failure
 * returns -EINVAL (or another negative errno when it cannot be read) and
 * appends to errors every mistake found, one line each, as
 * "FILE:LINE:COLUMN: path.of.key: what is wrong". Boot and reload.
 */
int conf_load(const char *file, struct conf **out, struct buf *errors)
    __attribute__((warn_unused_result));

/* As conf_load, from len bytes in memory; name stands for the file. */
int conf_parse(const char *name, const char *text, size_t len,
    struct conf **out, struct buf *errors) __attribute__((warn_unused_result));

void conf_free(struct conf *c);

/* Append the effective values as YAML that conf_parse reads; secrets masked. */
void conf_dump(const struct conf *c, struct buf *out);

/*
 * Append what is allowed but may not be meant, one line each, as
 * "FILE:LINE:COLUMN: path.of.key: what should be known": a route that a
 * browser from any site may connect to, a secret that everybody can read. For
 * the log at start and --check-config.
 */
void conf_notes(const struct conf *c, struct buf *out);

/*
 * Read the password files again. 0 with *embedded, the caller's (free with
 * secret_free), or -EINVAL with what is wrong in m. Main thread.
 */
int conf_read_passwords(const struct conf *c, char **embedded,
    struct mistakes *m) __attribute__((warn_unused_result));

/*
 * Take a password for embedded: the one thing that changes in a conf. Main
 * thread, the only one that looks at it.
 */
void conf_use_password(struct conf *c, char **embedded);

/* Append the reference of all keys as Markdown (docs/configuration.md). */
void conf_reference(struct buf *out);

#endif
