/*
 * redis_channels: see the header for the lists, and redis_flights for what is
 * under way.
 *
 * A reset forgets what was sent, of however many channels, without a walk over
 * them: each remembers the epoch that it was last looked at in, and is
 * brought up to date when it is looked at next (refresh).
 */
#include "backend/redis_channels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_flights.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

struct redis_channel {
	struct map_node node;
	struct list link; /* in one of those of redis_channels */
	enum redis_channel_kind kind;
	bool is_wanted;
	bool is_sent;       /* the last command about it was SUBSCRIBE */
	bool is_initial;    /* counts in initial_left */
	bool is_announced;  /* or is no room */
	bool is_alone;      /* goes into a command of its own */
	bool is_refused;    /* and that was told; until it is confirmed */
	uint32_t epoch;     /* that this is about */
	unsigned in_flight; /* commands about it that await confirmation */
	size_t len;
	char name[]; /* len bytes */
};

struct redis_channels {
	struct hash_key key;
	struct map map;
	struct list dirty;   /* in the order in which they are sent */
	struct list leaving; /* when dirty is empty */
	struct list clean;
	struct list base; /* clean, and no rooms */
	struct list refused;
	struct redis_flights flights;
	size_t wanted;       /* channels */
	size_t initial_left; /* wanted at the reset and not settled yet */
	uint32_t epoch;      /* counts the resets */
};

/* --- the set --- */

struct redis_channels *redis_channels_new(void)
{
	struct redis_channels *all = xcalloc(1, sizeof *all);

	crypto_random(&all->key, sizeof all->key);
	map_init(&all->map);
	list_init(&all->dirty);
	list_init(&all->leaving);
	list_init(&all->clean);
	list_init(&all->base);
	list_init(&all->refused);
	return all;
}

static struct redis_channel *channel_of(struct list *link)
{
	return container_of(link, struct redis_channel, link);
}

static bool is_room(const struct redis_channel *c)
{
	return c->kind == REDIS_CHANNEL_ROOM;
}

static struct slice name_of(const struct redis_channel *c)
{
	return slice_of(c->name, c->len);
}

static void set_initial(
    struct redis_channels *all, struct redis_channel *c, bool is_initial)
{
	if (c->is_initial && !is_initial)
		all->initial_left--;
	if (!c->is_initial && is_initial)
		all->initial_left++;
	c->is_initial = is_initial;
}

static void forget(struct redis_channels *all, struct redis_channel *c)
{
	set_initial(all, c, false);
	map_del(&all->map, &c->node);
	list_del(&c->link);
	free(c);
}

static void free_list(struct redis_channels *all, struct list *list)
{
	while (!list_is_empty(list))
		forget(all, channel_of(list->next));
}

void redis_channels_free(struct redis_channels *all)
{
	if (!all)
		return;
	free_list(all, &all->dirty);
	free_list(all, &all->leaving);
	free_list(all, &all->clean);
	free_list(all, &all->base);
	free_list(all, &all->refused);
	map_fini(&all->map);
	free(all);
}

/* A pattern may be spelled as a channel is. */
static struct redis_channel *find(const struct redis_channels *all,
    struct slice name, bool is_pattern, uint64_t hash)
{
	struct map_node *node = map_find(&all->map, hash);

	for (; node; node = map_find_next(node)) {
		struct redis_channel *c =
		    container_of(node, struct redis_channel, node);

		if (slice_eq(name_of(c), name) &&
		    (c->kind == REDIS_CHANNEL_PATTERN) == is_pattern)
			return c;
	}
	return NULL;
}

/* Bring a channel up to date: nothing was sent of it since the last reset. */
static void refresh(const struct redis_channels *all, struct redis_channel *c)
{
	if (c->epoch == all->epoch)
		return;
	c->epoch = all->epoch;
	c->is_sent = false;
	c->is_alone = !is_room(c) || c->is_refused;
	c->in_flight = 0;
	c->is_initial = c->is_wanted; /* the reset has counted it */
}

/* Something is to be sent: behind the others, but what is no room first. */
static void queue(struct redis_channels *all, struct redis_channel *c)
{
	list_del(&c->link);
	if (!c->is_wanted)
		list_add(&all->leaving, &c->link);
	else
		list_add(is_room(c) ? &all->dirty : all->dirty.next, &c->link);
}

static struct redis_channel *add(struct redis_channels *all, struct slice name,
    enum redis_channel_kind kind, uint64_t hash)
{
	struct redis_channel *c = xcalloc(1, sizeof *c + name.len);

	c->kind = kind;
	c->is_alone = !is_room(c);
	c->epoch = all->epoch;
	c->len = name.len;
	memcpy(c->name, name.ptr, name.len);
	list_init(&c->link);
	map_add(&all->map, &c->node, hash);
	return c;
}

void redis_channels_want(
    struct redis_channels *all, struct slice name, enum redis_channel_kind kind)
{
	uint64_t hash = hash_bytes(&all->key, name.ptr, name.len);
	struct redis_channel *c =
	    find(all, name, kind == REDIS_CHANNEL_PATTERN, hash);

	if (!c)
		c = add(all, name, kind, hash);
	refresh(all, c);
	if (c->is_wanted)
		return;
	c->is_wanted = true;
	all->wanted++;
	c->is_announced = !is_room(c);
	queue(all, c);
}

void redis_channels_unwant(struct redis_channels *all, struct slice name)
{
	uint64_t hash = hash_bytes(&all->key, name.ptr, name.len);
	struct redis_channel *c = find(all, name, false, hash);

	if (!c || !c->is_wanted)
		return;
	refresh(all, c);
	c->is_wanted = false;
	all->wanted--;
	set_initial(all, c, false);
	if (!c->is_sent && c->in_flight == 0)
		forget(all, c);
	else
		queue(all, c);
}

/* --- what to send --- */

/* The command about it that makes a subscription, or ends one. */
static enum redis_channels_step command_of(
    const struct redis_channel *c, bool is_subscribe)
{
	if (!is_subscribe)
		return REDIS_CHANNELS_UNSUBSCRIBE;
	return c->kind == REDIS_CHANNEL_PATTERN ? REDIS_CHANNELS_PSUBSCRIBE
						: REDIS_CHANNELS_SUBSCRIBE;
}

/* What is to be done about a dirty channel; false for nothing. */
static bool find_step(
    const struct redis_channel *c, enum redis_channels_step *step)
{
	if (c->is_wanted != c->is_sent) {
		*step = command_of(c, c->is_wanted);
		return true;
	}
	*step = REDIS_CHANNELS_IN_FORCE;
	return c->is_wanted && c->in_flight == 0 && !c->is_announced;
}

/* Whether this channel can join the batch. */
static bool has_place(const struct redis_channels *all,
    const struct redis_channel *c, const struct redis_channels_batch *batch,
    enum redis_channels_step step)
{
	if (step != REDIS_CHANNELS_IN_FORCE &&
	    redis_flights_is_full(&all->flights))
		return false;
	return batch->count == 0 || (batch->step == step && !c->is_alone &&
					batch->count < REDIS_CHANNELS_BATCH);
}

static void take(struct redis_channels *all, struct redis_channel *c,
    struct redis_channels_batch *batch)
{
	batch->names[batch->count++] = name_of(c);
	if (batch->step == REDIS_CHANNELS_IN_FORCE) {
		c->is_announced = true;
		return;
	}
	c->is_sent = batch->step != REDIS_CHANNELS_UNSUBSCRIBE;
	c->in_flight++;
	redis_flights_add(&all->flights,
	    (struct redis_flight){ c, c->is_sent, batch->count == 1 });
}

/* The list whose turn it is; empty when there is nothing to do. */
static const struct list *next_list(const struct redis_channels *all)
{
	return list_is_empty(&all->dirty) ? &all->leaving : &all->dirty;
}

/*
 * Take the channel into the batch when there is something to do about it. False
 * when it cannot join this one, or nothing can any more.
 */
static bool visit(struct redis_channels *all, struct redis_channel *c,
    struct redis_channels_batch *batch)
{
	enum redis_channels_step step;

	refresh(all, c);
	if (!c->is_wanted && !c->is_sent && c->in_flight == 0) {
		forget(all, c); /* a reset has done it */
		return true;
	}
	if (find_step(c, &step)) {
		if (!has_place(all, c, batch, step))
			return false;
		batch->step = step;
		take(all, c, batch);
	}
	list_del(&c->link);
	list_add(is_room(c) ? &all->clean : &all->base, &c->link);
	return batch->count == 0 || !c->is_alone;
}

bool redis_channels_next(
    struct redis_channels *all, struct redis_channels_batch *batch)
{
	batch->count = 0;
	for (int i = 0; i < REDIS_CHANNELS_VISITS; i++) {
		const struct list *list = next_list(all);

		if (list_is_empty(list) ||
		    !visit(all, channel_of(list->next), batch))
			break;
	}
	return batch->count > 0;
}

bool redis_channels_is_due(const struct redis_channels *all)
{
	return !list_is_empty(next_list(all)) &&
	       !redis_flights_is_full(&all->flights);
}

/* --- what the server answers --- */

/* The last word about a channel has been confirmed. */
static void settle(
    struct redis_channels *all, struct redis_channel *c, struct slice *in_force)
{
	if (!c->is_sent) {
		if (!c->is_wanted)
			forget(all, c);
		return;
	}
	if (!c->is_wanted)
		return; /* to be unsubscribed next */
	set_initial(all, c, false);
	c->is_refused = false;
	if (!c->is_announced) {
		c->is_announced = true;
		*in_force = name_of(c);
	}
}

/* What was due has been answered. */
static struct redis_channel *land(struct redis_channels *all)
{
	struct redis_channel *c = redis_flights_land(&all->flights).channel;

	c->in_flight--;
	return c;
}

int redis_channels_confirm(struct redis_channels *all,
    enum redis_channels_step step, struct slice name, struct slice *in_force)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);
	struct redis_channel *c;

	*in_force = slice_of(NULL, 0);
	if (!due || command_of(due->channel, due->is_subscribe) != step ||
	    !slice_eq(name_of(due->channel), name))
		return -EPROTO;
	c = land(all);
	if (c->in_flight == 0)
		settle(all, c, in_force);
	return 0;
}

/*
 * The last command about a channel was refused: by itself, or with others, one
 * of which may be to blame.
 */
static void fail(struct redis_channels *all, struct redis_channel *c,
    bool by_itself, struct slice *refused)
{
	c->is_sent = false;
	if (!c->is_wanted) {
		forget(all, c);
	} else if (!by_itself) {
		c->is_alone = true;
		queue(all, c);
	} else {
		set_initial(all, c, false);
		list_del(&c->link);
		list_add(&all->refused, &c->link);
		if (!c->is_refused)
			*refused = name_of(c);
		c->is_refused = c->is_alone = true;
		c->is_announced = false;
	}
}

int redis_channels_refuse(struct redis_channels *all, struct slice *refused)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);
	size_t left = redis_flights_of_command(&all->flights);
	bool by_itself = left == 1;

	*refused = slice_of(NULL, 0);
	if (!due || !due->is_first || !due->is_subscribe ||
	    !is_room(due->channel))
		return -EACCES;
	for (; left > 0; left--) {
		struct redis_channel *c = land(all);

		if (c->in_flight == 0)
			fail(all, c, by_itself, refused);
	}
	return 0;
}

void redis_channels_retry(struct redis_channels *all)
{
	for (int i = 0;
	     i < REDIS_CHANNELS_BATCH && !list_is_empty(&all->refused); i++)
		queue(all, channel_of(all->refused.next));
}

struct slice redis_channels_awaited(
    const struct redis_channels *all, enum redis_channels_step *step)
{
	const struct redis_flight *due = redis_flights_due(&all->flights);

	*step = REDIS_CHANNELS_SUBSCRIBE;
	if (!due)
		return slice_of(NULL, 0);
	*step = command_of(due->channel, due->is_subscribe);
	return name_of(due->channel);
}

/* --- as a whole --- */

void redis_channels_reset(struct redis_channels *all)
{
	all->epoch++;
	redis_flights_reset(&all->flights);
	all->initial_left = all->wanted;
	list_join(&all->dirty, &all->clean);
	list_join(&all->dirty, &all->refused);
	while (!list_is_empty(&all->base))
		queue(all, channel_of(all->base.next));
}

bool redis_channels_is_synced(const struct redis_channels *all)
{
	return all->initial_left == 0;
}

bool redis_channels_is_idle(const struct redis_channels *all)
{
	return redis_flights_is_empty(&all->flights) &&
	       list_is_empty(next_list(all));
}

size_t redis_channels_count(const struct redis_channels *all)
{
	return all->map.count;
}
