/*
 * paths: files that the configuration names go by the folder of its own file,
 * wherever roomcast is started.
 */
#ifndef CONF_PATHS_H
#define CONF_PATHS_H

#include "conf/node.h"
#include "conf/schema.h"

/*
 * Make the values of all rows with is_path in the document root absolute. file
 * is the configuration's own name: a relative one goes by the working
 * directory. A relative path to nothing is a mistake in m.
 */
void paths_resolve(const struct schema_row *rows, struct node *root,
    const char *file, struct mistakes *m);

#endif
