/*
 * aliases: what clients were called before (`was`): ids of their earlier
 * connections, or names that a page has made up for itself. A message that
 * spares such a name (`except`) spares the connection. Few have any: they stand
 * beside the connections, in two maps of the worker. Its thread.
 */
#ifndef CORE_ALIASES_H
#define CORE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "base/slice.h"
#include "proto/alias_list.h"

struct aim_room;
struct conn;
struct worker;

/*
 * One of each name stands in the map; the others are in a circle with it, so
 * that thousands with one name leave as fast as they have come.
 */
struct alias {
	struct map_node node; /* by the name, where it is the one */
	struct list same;     /* all with this name */
	bool is_in_map;
	struct conn *conn;
	struct slice name; /* in text of its struct aliases */
};

/* Those of one connection. */
struct aliases {
	struct map_node node; /* by the connection's serial */
	uint32_t count;
	struct alias names[ALIAS_MAX];
	char text[];
};

/*
 * Give a connection, which has none yet, these names, up to ALIAS_MAX, each one
 * that connection_id_is_valid; they are copied. 0 or -ENOMEM.
 */
int aliases_set(struct conn *c, const struct slice *names, uint32_t count)
    __attribute__((warn_unused_result));

/* Those of a connection, or NULL. */
const struct aliases *aliases_find(const struct conn *c);

/* The connection is about to be freed. */
void aliases_forget(struct conn *c);

/*
 * Stamp whoever is called so. Returns how many names and connections were
 * looked at: as many as have come with such a name, which is no more than a
 * message to a room of them reaches.
 */
size_t aliases_stamp(
    const struct worker *w, const struct aim_room *spared, uint32_t count);

#endif
