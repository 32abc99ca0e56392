/*
 * conf_access: who may open a unix socket that the gateway makes: its mode, as
 * written in octal, and its group, by name or number.
 */
#ifndef CONF_CONF_ACCESS_H
#define CONF_CONF_ACCESS_H

#include <stdint.h>

#include "base/err.h"

struct mistakes;
struct node;

enum { CONF_ACCESS_NO_GROUP = -1 };

/* The texts belong to their rows; the rest comes from conf_access_complete. */
struct conf_access {
	char *mode;
	char *group;   /* NULL: the group that the process makes files with */
	unsigned bits; /* of mode */
	int64_t gid;   /* of group, or CONF_ACCESS_NO_GROUP */
};

/* A schema_row's check: three octal digits that let somebody connect. */
int conf_access_check_mode(const char *text, struct err *e);

/*
 * Look up the group and read the mode of the socket at address, NULL for
 * none; map is the node that holds both keys. What is wrong goes to m.
 */
void conf_access_complete(struct conf_access *a, const char *address,
    struct node *map, struct mistakes *m);

#endif
