/*
 * conf_check: what no single row can judge: keys that contradict each other.
 */
#ifndef CONF_CONF_CHECK_H
#define CONF_CONF_CHECK_H

struct conf;
struct mistakes;
struct node;

/*
 * Check c, which was read from root, across its keys, and give each route its
 * authenticator. A key that was refused has its default here.
 */
void conf_check(struct conf *c, struct node *root, struct mistakes *m);

#endif
