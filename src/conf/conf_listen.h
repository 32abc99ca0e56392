/*
 * conf_listen: what a client listener needs beyond its rows: the addresses it
 * trusts, compiled.
 */
#ifndef CONF_CONF_LISTEN_H
#define CONF_CONF_LISTEN_H

#include "conf/mistakes.h"
#include "conf/node.h"

/*
 * Complete access and compile trusted_prefixes of item, a struct conf_listen
 * whose rows are filled from n, and judge its keys together; what is wrong goes
 * to m.
 */
void conf_listen_complete(void *item, struct node *n, struct mistakes *m);

/* Free what complete has made, of a whole or half-built struct conf_listen. */
void conf_listen_fini(void *item);

#endif
