/*
 * conf_tls: TLS towards a server whose URL says whether there is any: a Redis,
 * an app.
 */
#ifndef CONF_CONF_TLS_H
#define CONF_CONF_TLS_H

#include <stdbool.h>

struct mistakes;
struct node;

struct conf_tls {
	bool is_on;        /* the rest counts only then */
	char *ca;          /* NULL: whom the system trusts */
	char *certificate; /* NULL, as key: there is none */
	char *key;
	char *server_name; /* NULL: the host that is connected to */
};

/* How a URL that leads there begins, and its key. */
struct conf_tls_url {
	const char *key;    /* "redis.url" */
	const char *secure; /* "rediss://" */
	const char *plain;  /* "redis://"; NULL: it is no way out */
};

/* A certificate has a key. n is where tls was written; NULL: it was not. */
void conf_tls_check_pair(
    const struct conf_tls *tls, struct node *n, struct mistakes *m);

/*
 * Judge tls, written at n as above, beside its URL, which is the secure one or
 * is not: that alone is TLS, and TLS needs it. What is wrong goes to m.
 */
void conf_tls_complete(struct conf_tls *tls, struct node *n, bool is_secure,
    const struct conf_tls_url *url, struct mistakes *m);

#endif
