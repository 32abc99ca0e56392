/*
 * conf_route: what a route needs beyond its rows: its path, the templates of
 * its rooms and its origins, compiled.
 */
#ifndef CONF_CONF_ROUTE_H
#define CONF_CONF_ROUTE_H

#include "conf/mistakes.h"
#include "conf/node.h"

/*
 * Compile pattern, templates and origin_patterns of item, a struct conf_route
 * whose rows are filled from n; what is wrong with them goes to m. Its
 * authenticator is found by conf_check, which knows them all.
 */
void conf_route_complete(void *item, struct node *n, struct mistakes *m);

/* Free what complete has made, of a whole or half-built struct conf_route. */
void conf_route_fini(void *item);

#endif
