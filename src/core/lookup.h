/*
 * lookup: from the names in a payload to an aim and the workers it concerns.
 * Part of the hub; main thread only. A name that leads to nobody here is
 * left out, for the instance that has its member hears the same payload; but
 * not where somebody may come back for it later.
 */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "core/aim.h"
#include "core/interest.h"
#include "proto/targets.h"

struct crypto_block;
struct worker_shared;

struct lookup {
	const struct worker_shared *shared; /* borrowed */
	const struct interests *interests;  /* borrowed */
	struct crypto_block *ids;           /* owned */
	unsigned worker_count;
	bool keeps_all; /* rooms without a member as well */
	/* For the payload at hand; all owned, cap elements each. */
	struct aim_room *rooms;
	struct aim_room *named;
	struct conn_ref *connections;
	struct conn_ref *excepts;
	struct aim_room *spared;
	size_t cap;
	char *user_rooms; /* owned; names that stand nowhere else */
	size_t user_rooms_cap;
	uint32_t *seen;   /* owned, 4 * cap; by hash: 1 + index, or 0 */
	size_t seen_mask; /* of the part in use */
};

/*
 * For so many workers; what is given is borrowed for as long. keeps_all: also
 * what is for nobody here is found, for the history. Main thread.
 */
void lookup_init(struct lookup *l, const struct worker_shared *shared,
    const struct interests *interests, unsigned worker_count, bool keeps_all);
void lookup_fini(struct lookup *l);

/*
 * The members of rooms (unless with_rooms is false: they are not what the
 * payload is for), users and connections; each once, however often it is
 * named. Returns the bit set of the workers that have one of them; *aim, with
 * what they want, is valid until the next call, and the next change of the
 * interests.
 */
uint64_t lookup_find(struct lookup *l, const struct target *targets,
    size_t count, bool with_rooms, struct aim *aim);

/*
 * Only the rooms among the targets, with members or without, each once: where a
 * command leads. *aim is valid until the next call and as long as the names
 * are.
 */
void lookup_rooms(struct lookup *l, const struct target *targets, size_t count,
    struct aim *aim);

#endif
