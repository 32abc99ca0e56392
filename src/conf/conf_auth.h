/*
 * conf_auth: an authenticator, and what it needs beyond its rows: keys for the
 * algorithms that it lists.
 */
#ifndef CONF_CONF_AUTH_H
#define CONF_CONF_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "conf/conf_strings.h"
#include "conf/conf_tls.h"

struct conf;
struct mistakes;
struct node;

enum conf_auth_type { CONF_AUTH_JWT, CONF_AUTH_HTTP, CONF_AUTH_CERTIFICATE };

/* The field of a client's certificate that says who it is. */
enum conf_user_field {
	CONF_USER_CN,
	CONF_USER_DNS,
	CONF_USER_EMAIL,
	CONF_USER_URI,
};

/* A named authenticator; what belongs to the other type is empty. */
struct conf_auth {
	char *name;              /* first: see SCHEMA_NAMED */
	const struct conf *conf; /* that it is part of, and lives as long as */
	size_t index; /* of conf.auth.items: what is kept beside goes by it */
	enum conf_auth_type type;
	struct conf_strings algorithms;  /* "HS256", ... */
	struct conf_strings secret_file; /* one or several, for rotation */
	struct conf_strings public_key_file;
	char *jwks_url; /* https://host[:port]/path; NULL: keys of files */
	int64_t jwks_refresh_ms;
	struct conf_strings token; /* where to look, in order */
	char *issuer;              /* NULL: not checked */
	char *audience;            /* NULL: not checked */
	int64_t leeway_ms;
	char *user_claim;
	char *url;           /* http[s]://host[:port]/path */
	struct conf_tls tls; /* on with https:// in either URL */
	int64_t timeout_ms;
	struct conf_strings headers; /* lower case; handed to the hook */
	unsigned max_parallel;
	enum conf_user_field user_field;
	struct conf_strings users; /* globs; none: any user */
};

/* The server that it asks; NULL: none. */
const char *conf_auth_url(const struct conf_auth *auth);

/* A schema_row's check: what an authenticator may be called. */
int conf_auth_check_name(const char *name, struct err *e);

/*
 * Whether whom it admits may have a claim of this name: an app and who signs
 * tokens choose theirs, certificates have those of net/auth_certificate.
 */
bool conf_auth_may_claim(const struct conf_auth *auth, struct slice name);

/*
 * Judge the keys of item, a struct conf_auth whose rows are filled from n,
 * together; what is wrong goes to m.
 */
void conf_auth_complete(void *item, struct node *n, struct mistakes *m);

#endif
