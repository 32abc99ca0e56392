/*
 * conf_access: see conf_access.h. The mode is octal however it is spelt, as
 * chmod(1) has it: YAML's own reading of 660 as a decimal helps nobody.
 */
#include "conf/conf_access.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mistakes.h"
#include "conf/node.h"

/* Whoever connects to a unix socket needs to be let write to it. */
enum { ANYBODY_WRITES = 0222, GID_DIGITS = 9 };

static const char *skip_prefix(const char *text)
{
	if (strncmp(text, "0o", 2) == 0)
		return text + 2;
	return text[0] == '0' && strlen(text) == 4 ? text + 1 : text;
}

/* The bits, or -1. */
static int parse_mode(const char *text)
{
	const char *digits = skip_prefix(text);

	if (strlen(digits) != 3 || strspn(digits, "01234567") != 3)
		return -1;
	return (int)strtol(digits, NULL, 8);
}

int conf_access_check_mode(const char *text, struct err *e)
{
	int bits = parse_mode(text);

	if (bits < 0)
		return err_set(
		    e, -EINVAL, "must be three octal digits such as 0660");
	if (!(bits & ANYBODY_WRITES))
		return err_set(e, -EINVAL,
		    "lets nobody connect: that takes leave to write, as in "
		    "0660");
	return 0;
}

/* The number of a group of this machine, or -1. */
static int64_t find_group(const char *name)
{
	const struct group *group;

	if (strlen(name) <= GID_DIGITS &&
	    strspn(name, "0123456789") == strlen(name))
		return strtol(name, NULL, 10);
	group = getgrnam(name);
	return group ? (int64_t)group->gr_gid : CONF_ACCESS_NO_GROUP;
}

static void complete_group(struct conf_access *a, const char *address,
    struct node *n, struct mistakes *m)
{
	if (address && strncmp(address, "unix:", 5) != 0) {
		mistakes_at(
		    m, n, "goes with a unix socket only, not with %s", address);
		return;
	}
	a->gid = find_group(a->group);
	if (a->gid == CONF_ACCESS_NO_GROUP)
		mistakes_at(
		    m, n, "there is no group of this name on this machine");
}

void conf_access_complete(struct conf_access *a, const char *address,
    struct node *map, struct mistakes *m)
{
	int bits = parse_mode(a->mode);

	a->bits = bits < 0 ? 0 : (unsigned)bits;
	a->gid = CONF_ACCESS_NO_GROUP;
	if (a->group)
		complete_group(a, address, node_find(map, "group"), m);
}
