/*
 * conf_check: what no single row can judge: keys that contradict each other,
 * and passwords that stand in files of their own.
 */
#ifndef CONF_CONF_CHECK_H
#define CONF_CONF_CHECK_H

#include "conf/conf.h"
#include "conf/mistakes.h"
#include "conf/node.h"

/*
 * Check c, which was read from root, across its keys, give each route its
 * authenticator, and read the password files into it. A key that was refused
 * has its default here.
 */
void conf_check(struct conf *c, struct node *root, struct mistakes *m);

#endif
