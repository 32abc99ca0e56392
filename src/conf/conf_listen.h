/*
 * conf_listen: where clients connect, and what that needs beyond its rows: the
 * addresses it trusts, compiled.
 */
#ifndef CONF_CONF_LISTEN_H
#define CONF_CONF_LISTEN_H

#include <stdbool.h>

#include "base/prefix.h"
#include "conf/conf_access.h"
#include "conf/conf_strings.h"

struct mistakes;
struct node;

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

/*
 * Complete access and compile trusted_prefixes of item, a struct conf_listen
 * whose rows are filled from n, and judge its keys together; what is wrong goes
 * to m.
 */
void conf_listen_complete(void *item, struct node *n, struct mistakes *m);

/* Free what complete has made, of a whole or half-built struct conf_listen. */
void conf_listen_fini(void *item);

#endif
