/*
 * conf_auth: what an authenticator needs beyond its rows: keys for the
 * algorithms that it lists.
 */
#ifndef CONF_CONF_AUTH_H
#define CONF_CONF_AUTH_H

#include "base/err.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/* A schema_row's check: what an authenticator may be called. */
int conf_auth_check_name(const char *name, struct err *e);

/*
 * Judge the keys of item, a struct conf_auth whose rows are filled from n,
 * together; what is wrong goes to m.
 */
void conf_auth_complete(void *item, struct node *n, struct mistakes *m);

#endif
