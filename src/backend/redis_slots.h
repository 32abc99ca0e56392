/*
 * redis_slots: which master of a cluster has which slot, as CLUSTER SLOTS says.
 * No sockets: who asks hands over the answer item by item (proto/resp_items).
 *
 * A slot that is in no range, or whose master has no address yet (host "?"
 * and no ip beside it), is nobody's. A host that is NULL or empty is the one of
 * the node that was asked. Replicas are passed over.
 */
#ifndef BACKEND_REDIS_SLOTS_H
#define BACKEND_REDIS_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/redis_slot.h"
#include "base/address.h"
#include "base/err.h"
#include "proto/resp_items.h"

enum {
	REDIS_SLOTS_MAX_MASTERS = 1024,  /* nodes of a cluster: 1,000 */
	REDIS_SLOTS_MAX_ITEMS = 1 << 20, /* of an answer, with all replicas */
	REDIS_SLOTS_MAX_STRING = 1024,   /* that its reader needs */
	REDIS_SLOTS_NOBODY = UINT16_MAX,
};

struct redis_slots;        /* the table */
struct redis_slots_reader; /* an answer that is being read into one */

/* A table whose slots are all nobody's. 33 KB, and 257 bytes a master. */
struct redis_slots *redis_slots_new(void);
/* NULL is fine. */
void redis_slots_free(struct redis_slots *t);

/* The number of a slot's master, or REDIS_SLOTS_NOBODY. */
uint16_t redis_slots_master(const struct redis_slots *t, uint16_t slot);

/* How many masters there are; their numbers are 0 to count - 1. */
size_t redis_slots_count(const struct redis_slots *t);

/* Where a master is, lives as long as the table. No two are the same. */
const struct address *redis_slots_address(
    const struct redis_slots *t, uint16_t master);

/* The number of the master at an address, however that is spelt, or NOBODY. */
uint16_t redis_slots_find(
    const struct redis_slots *t, const struct address *address);

/* Whether one is there. */
static inline bool redis_slots_has(
    const struct redis_slots *t, const struct address *address)
{
	return redis_slots_find(t, address) != REDIS_SLOTS_NOBODY;
}

/* A copy, the caller's to free. */
struct redis_slots *redis_slots_copy(const struct redis_slots *t);

/*
 * A slot is at this master, who may be a new one and is copied, or with NULL
 * nobody's. 0; -EPROTO or -ENOMEM: it is nobody's now, for want of room.
 */
int redis_slots_move(struct redis_slots *t, uint16_t slot,
    const struct address *master) __attribute__((warn_unused_result));

/*
 * A reader for one answer of a node whose address is copied. Aborts when memory
 * is out.
 */
struct redis_slots_reader *redis_slots_reader_new(const struct address *asked);
/* NULL is fine. */
void redis_slots_reader_free(struct redis_slots_reader *r);

/*
 * The next item of the answer. 0: there is more; 1: that was all, and *t is a
 * table that the caller owns; -EPROTO, with e: it is no such answer, or beyond
 * the bounds; -ENOMEM, with e. Behind 1 and an error the reader is only to be
 * freed. An error reply is the caller's: it comes to -EPROTO here.
 */
int redis_slots_take(struct redis_slots_reader *r, const struct resp_part *part,
    struct redis_slots **t, struct err *e) __attribute__((warn_unused_result));

#endif
