/*
 * conf_route: a path that clients may ask for, and what it needs beyond its
 * rows: the path, the templates of its rooms and its origins, compiled.
 */
#ifndef CONF_CONF_ROUTE_H
#define CONF_CONF_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf_strings.h"
#include "conf/pattern.h"

struct conf;
struct conf_auth;
struct mistakes;
struct node;
struct origin_pattern;

/* Words of routes[].transports. */
#define CONF_WEBSOCKET "websocket"
#define CONF_SSE       "sse"

enum { CONF_RESUME_MOST_MS = 24 * 60 * 60 * 1000 }; /* resume: true */

enum conf_frames { CONF_FRAMES_TEXT, CONF_FRAMES_BINARY };

enum conf_presence {
	CONF_PRESENCE_OFF,
	CONF_PRESENCE_COUNT,   /* how many are in a room */
	CONF_PRESENCE_MEMBERS, /* and which users */
};

/* How a WebSocket that is refused is told so. */
enum conf_refuse { CONF_REFUSE_STATUS, CONF_REFUSE_CLOSE };

struct conf_route {
	char *path;                /* as configured */
	struct conf_strings rooms; /* as configured */
	struct conf_strings subprotocols;
	struct conf_strings transports; /* as configured, and by name: */
	bool has_websocket;
	bool has_sse; /* server-sent events */
	enum conf_frames frames;
	enum conf_refuse refuse;
	bool welcome;
	enum conf_presence presence;
	int64_t resume_ms; /* how far back a cursor may lie; 0: not at all */
	bool takes_since;  /* a template has {query.since} */
	unsigned history;  /* the most of the last messages that may be asked
			   * for */
	char *auth;        /* as configured: a name or "none" */
	const struct conf_auth *authenticator; /* NULL: none */
	char *permit;                          /* "claim.NAME", or NULL */
	struct conf_strings origins; /* as configured; none: not checked */
	struct origin_pattern *origin_patterns; /* origins.count, compiled */
	bool takes_all_origins;                 /* `*` is one of them */
	struct pattern pattern;                 /* compiled from path */
	struct template *templates; /* compiled from rooms, rooms.count */
	unsigned number; /* by which it is counted: core/metrics_names */
	const struct conf *conf; /* that it is part of, and lives as long as */
};

/*
 * Compile pattern, templates and origin_patterns of item, a struct conf_route
 * whose rows are filled from n; what is wrong with them goes to m. Its
 * authenticator and its conf are known to conf_check.
 */
void conf_route_complete(void *item, struct node *n, struct mistakes *m);

/* Whether clients choose a room of it, which permit is about. */
bool conf_route_has_choice(const struct conf_route *route);

/*
 * Judge the claims that its rooms and permit name, once its authenticator is
 * known: one that nobody has would refuse everybody. n is where it was written;
 * what is wrong goes to m.
 */
void conf_route_check_claims(
    const struct conf_route *route, struct node *n, struct mistakes *m);

/* Free what complete has made, of a whole or half-built struct conf_route. */
void conf_route_fini(void *item);

#endif
