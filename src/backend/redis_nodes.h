/*
 * redis_nodes: of the nodes of a cluster, whom to ask where its slots are, and
 * at which one to be. No sockets.
 */
#ifndef BACKEND_REDIS_NODES_H
#define BACKEND_REDIS_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

struct conf_strings;
struct redis_slots;

enum { REDIS_NODES_MAX = 16 }; /* that are asked in one round */

/*
 * Whom to ask: masters that are known, then those of the configuration, each
 * in an order by chance, none twice. One in two at most is a master, so that
 * the others have their turn when all masters have gone. table may be NULL.
 * Returns how many there are in order.
 */
size_t redis_nodes_order(struct address order[REDIS_NODES_MAX],
    const struct conf_strings *configured, const struct redis_slots *table);

/*
 * Any master, by chance, so that instances spread over them. Where one has
 * failed, it is the one that has just answered, if that is another master.
 * failed may be NULL. Lives as long as the table; NULL where there is none.
 */
const struct address *redis_nodes_any(const struct redis_slots *table,
    const struct address *answered, const struct address *failed);

/* The master of a slot, or NULL; lives as long as the table. */
const struct address *redis_nodes_of_slot(
    const struct redis_slots *table, unsigned slot);

#endif
