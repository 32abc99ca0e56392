/*
 * environment: the values of a document, with the environment filled in. Runs
 * on the tree as yamldoc has made it, before anything looks at a value.
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
