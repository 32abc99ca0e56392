/*
 * redis_site: a master of a cluster that channels are at: whether something is
 * missing there, of which slots a gap is to be told, and whether it is to be
 * believed that it is a master still. What is at which site is the matter of
 * backend/redis_sharded, which alone includes this.
 */
#ifndef BACKEND_REDIS_SITE_H
#define BACKEND_REDIS_SITE_H

#include <stdbool.h>

#include "backend/redis_slot.h"
#include "base/list.h"

struct address;
struct event_base;
struct redis_shard;
struct redis_shard_options;
struct redis_shard_sink;
struct redis_sharded;
struct redis_site_map;

struct redis_site {
	struct list link;
	struct redis_sharded *all;  /* which it is a part of */
	struct redis_shard *shard;  /* owned */
	struct redis_slot_set here; /* of channels that came here, at least */
	struct redis_slot_set owed; /* a gap, once it is in step */
	bool has_gone;              /* channels to be handed over */
	bool is_leaving;            /* its master is none any more */
	unsigned doubts;            /* tables that are yet to name its master */
	unsigned absent;            /* tables in a row, without it */
};

/* One, as redis_shard_new; its shard tells sink, with the site as its arg. */
struct redis_site *redis_site_new(struct redis_sharded *all,
    struct event_base *base, const struct address *address,
    const struct redis_shard_options *options,
    const struct redis_shard_sink *sink);
void redis_site_free(struct redis_site *site);

/* Something is missing, or has been and was not told. */
bool redis_site_is_missing(const struct redis_site *site);

/*
 * A channel of this slot comes here; or the master has said that the slot is
 * elsewhere, and its channels go.
 */
void redis_site_enter(struct redis_site *site, uint16_t slot);
void redis_site_depart(struct redis_site *site, uint16_t slot);

/* All that is here is out of force. */
void redis_site_break(
    struct redis_site *site, const struct redis_site_map *map);

/* As redis_sharded_expect_all. */
void redis_site_expect_all(
    struct redis_site *site, const struct redis_site_map *map);

/*
 * It has ended a channel by itself: it may be a replica by now, which takes the
 * channel again as if nothing had happened.
 */
void redis_site_doubt(struct redis_site *site);

/* It is doubted, and something waits for that to end. */
bool redis_site_is_in_doubt(const struct redis_site *site);

/*
 * Take what is owed, to tell it; false when there is nothing, or all of it is
 * not in force yet: who is told fetches what was missed, and is not to be told
 * again.
 */
bool redis_site_pay(struct redis_site *site, struct redis_slot_set *owed);

/*
 * A node has said where all slots are, and the map does not know the site yet.
 * True: it is to be left, as its master is none any more, or has less than is
 * wanted of it and cannot say so.
 */
bool redis_site_review(struct redis_site *site, struct redis_site_map *map);

#endif
