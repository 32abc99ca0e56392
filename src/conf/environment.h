/*
 * environment: the values of a document, with the environment filled in. Runs
 * on the tree as yamldoc has made it, before anything looks at a value.
 *
 * An item of a list that is ${NAME[]} becomes as many items as the variable's
 * value has between its commas. A value that is ${NAME:-} or ${NAME[]:-}, and
 * empty, leaves out its key or item, as if it had not been written; so does a
 * map or list of which nothing is left.
 */
#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/mistakes.h"
#include "conf/node.h"

/*
 * Make the value of each scalar in the document root from its text. What cannot
 * be filled in is a mistake in m; its value is then not to be looked at.
 */
void environment_fill(struct node *root, struct mistakes *m);

#endif
