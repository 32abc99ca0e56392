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

enum { CONF_CERTIFICATES_MAX = 64 };

/* A pair of PEM files. */
struct conf_certificate {
	char *certificate; /* and behind it those of its issuers */
	char *key;
};

enum conf_tls_version { CONF_TLS_1_2, CONF_TLS_1_3 };
enum conf_client_certificate { CONF_CLIENT_REQUIRED, CONF_CLIENT_OPTIONAL };

struct conf_listen {
	char *address; /* host:port, [v6]:port, *:port, unix:/path */
	struct conf_access access; /* of a unix socket */
	struct {
		char *certificate; /* PEM files; NULL: plain */
		char *key;
		struct {
			struct conf_certificate *items;
			size_t count;
		} certificates; /* more of them, by name */
		enum conf_tls_version min_version;
		char *ticket_keys; /* NULL: the gateway's own */
		char *client_ca;   /* NULL: no client is asked */
		char *client_crl;
		enum conf_client_certificate client_certificate;
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
