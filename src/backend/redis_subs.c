/*
 * redis_subs: see the header for the two lists and the queue in flight.
 */
#include "backend/redis_subs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"

struct sub {
	struct map_node node;
	struct list link; /* in dirty or clean */
	bool is_room;
	bool is_wanted;
	bool is_sent;       /* the last command about it was SUBSCRIBE */
	bool is_initial;    /* counts in initial_left */
	bool is_announced;  /* or is no room */
	unsigned in_flight; /* commands about it that await confirmation */
	size_t len;
	char channel[]; /* len bytes */
};

struct flight {
	struct sub *sub;
	bool is_subscribe;
};

struct redis_subs {
	struct hash_key key;
	struct map map;
	struct list dirty; /* in the order in which they are sent */
	struct list clean;
	struct flight ring[REDIS_SUBS_IN_FLIGHT];
	size_t head; /* of the ring; ring_count follow */
	size_t ring_count;
	size_t initial_left;
};

struct redis_subs *redis_subs_new(void)
{
	struct redis_subs *s = xcalloc(1, sizeof *s);

	crypto_random(&s->key, sizeof s->key);
	map_init(&s->map);
	list_init(&s->dirty);
	list_init(&s->clean);
	return s;
}

static struct sub *sub_of(struct list *link)
{
	return container_of(link, struct sub, link);
}

static struct slice channel_of(const struct sub *sub)
{
	return slice_of(sub->channel, sub->len);
}

static void set_initial(struct redis_subs *s, struct sub *sub, bool is_initial)
{
	if (sub->is_initial && !is_initial)
		s->initial_left--;
	if (!sub->is_initial && is_initial)
		s->initial_left++;
	sub->is_initial = is_initial;
}

static void remove_sub(struct redis_subs *s, struct sub *sub)
{
	set_initial(s, sub, false);
	map_del(&s->map, &sub->node);
	list_del(&sub->link);
	free(sub);
}

static void free_list(struct redis_subs *s, struct list *list)
{
	while (!list_is_empty(list))
		remove_sub(s, sub_of(list->next));
}

void redis_subs_free(struct redis_subs *s)
{
	if (!s)
		return;
	free_list(s, &s->dirty);
	free_list(s, &s->clean);
	map_fini(&s->map);
	free(s);
}

static struct sub *find(
    const struct redis_subs *s, struct slice channel, uint64_t hash)
{
	struct map_node *node = map_find(&s->map, hash);

	for (; node; node = map_find_next(node)) {
		struct sub *sub = container_of(node, struct sub, node);

		if (slice_eq(channel_of(sub), channel))
			return sub;
	}
	return NULL;
}

/* Make dirty: behind the others, but what is no room goes first. */
static void queue(struct redis_subs *s, struct sub *sub)
{
	list_del(&sub->link);
	list_add(sub->is_room ? &s->dirty : s->dirty.next, &sub->link);
}

static struct sub *add(
    struct redis_subs *s, struct slice channel, bool is_room, uint64_t hash)
{
	struct sub *sub = xcalloc(1, sizeof *sub + channel.len);

	sub->is_room = is_room;
	sub->len = channel.len;
	memcpy(sub->channel, channel.ptr, channel.len);
	list_init(&sub->link);
	map_add(&s->map, &sub->node, hash);
	return sub;
}

void redis_subs_want(struct redis_subs *s, struct slice channel, bool is_room)
{
	uint64_t hash = hash_bytes(&s->key, channel.ptr, channel.len);
	struct sub *sub = find(s, channel, hash);

	if (!sub)
		sub = add(s, channel, is_room, hash);
	if (sub->is_wanted)
		return;
	sub->is_wanted = true;
	sub->is_announced = !sub->is_room;
	queue(s, sub);
}

void redis_subs_unwant(struct redis_subs *s, struct slice channel)
{
	uint64_t hash = hash_bytes(&s->key, channel.ptr, channel.len);
	struct sub *sub = find(s, channel, hash);

	if (!sub || !sub->is_wanted)
		return;
	sub->is_wanted = false;
	set_initial(s, sub, false);
	if (!sub->is_sent && sub->in_flight == 0)
		remove_sub(s, sub);
	else
		queue(s, sub);
}

/* What is to be done about a dirty channel; false for nothing. */
static bool find_step(const struct sub *sub, enum redis_subs_step *step)
{
	if (sub->is_wanted != sub->is_sent) {
		*step = sub->is_wanted ? REDIS_SUBS_SUBSCRIBE
				       : REDIS_SUBS_UNSUBSCRIBE;
		return true;
	}
	*step = REDIS_SUBS_IN_FORCE;
	return sub->is_wanted && sub->in_flight == 0 && !sub->is_announced;
}

/* Whether one more channel with this step can join the batch. */
static bool has_place(const struct redis_subs *s,
    const struct redis_subs_batch *batch, enum redis_subs_step step)
{
	if (step != REDIS_SUBS_IN_FORCE &&
	    s->ring_count == REDIS_SUBS_IN_FLIGHT)
		return false;
	return batch->count == 0 ||
	       (batch->step == step && batch->count < REDIS_SUBS_BATCH);
}

static void take(
    struct redis_subs *s, struct sub *sub, struct redis_subs_batch *batch)
{
	size_t at = (s->head + s->ring_count) % REDIS_SUBS_IN_FLIGHT;

	batch->channels[batch->count++] = channel_of(sub);
	if (batch->step == REDIS_SUBS_IN_FORCE) {
		sub->is_announced = true;
		return;
	}
	sub->is_sent = batch->step == REDIS_SUBS_SUBSCRIBE;
	sub->in_flight++;
	s->ring[at] = (struct flight){ sub, sub->is_sent };
	s->ring_count++;
}

bool redis_subs_next(struct redis_subs *s, struct redis_subs_batch *batch)
{
	bool is_alone = false;

	batch->count = 0;
	while (!list_is_empty(&s->dirty) && !is_alone) {
		struct sub *sub = sub_of(s->dirty.next);
		enum redis_subs_step step;

		if (find_step(sub, &step)) {
			if (!has_place(s, batch, step))
				break;
			batch->step = step;
			take(s, sub, batch);
			is_alone = !sub->is_room;
		}
		list_del(&sub->link);
		list_add(&s->clean, &sub->link);
	}
	return batch->count > 0;
}

/* The last word about a channel has been confirmed. */
static void settle(
    struct redis_subs *s, struct sub *sub, struct slice *in_force)
{
	if (!sub->is_sent) {
		if (!sub->is_wanted)
			remove_sub(s, sub);
		return;
	}
	if (!sub->is_wanted)
		return; /* to be unsubscribed next */
	set_initial(s, sub, false);
	if (!sub->is_announced) {
		sub->is_announced = true;
		*in_force = channel_of(sub);
	}
}

int redis_subs_confirm(struct redis_subs *s, bool is_subscribe,
    struct slice channel, struct slice *in_force)
{
	struct flight due = s->ring[s->head];

	*in_force = slice_of(NULL, 0);
	if (s->ring_count == 0 || due.is_subscribe != is_subscribe ||
	    !slice_eq(channel_of(due.sub), channel))
		return -EPROTO;
	s->head = (s->head + 1) % REDIS_SUBS_IN_FLIGHT;
	s->ring_count--;
	due.sub->in_flight--;
	if (due.sub->in_flight == 0)
		settle(s, due.sub, in_force);
	return 0;
}

struct slice redis_subs_awaited(const struct redis_subs *s, bool *is_subscribe)
{
	const struct flight *due = &s->ring[s->head];

	*is_subscribe = s->ring_count == 0 || due->is_subscribe;
	return s->ring_count == 0 ? slice_of(NULL, 0) : channel_of(due->sub);
}

/* Forget what was sent about the channels of a list; add them to dirty. */
static void reset_list(struct redis_subs *s, struct list *list)
{
	list_foreach_safe (link, list) {
		struct sub *sub = sub_of(link);

		sub->is_sent = false;
		sub->in_flight = 0;
		if (!sub->is_wanted) {
			remove_sub(s, sub);
			continue;
		}
		set_initial(s, sub, true);
		queue(s, sub);
	}
}

void redis_subs_reset(struct redis_subs *s)
{
	struct list dirty;

	s->head = s->ring_count = 0;
	list_take(&dirty, &s->dirty);
	reset_list(s, &dirty);
	reset_list(s, &s->clean);
}

bool redis_subs_is_synced(const struct redis_subs *s)
{
	return s->initial_left == 0;
}

bool redis_subs_is_idle(const struct redis_subs *s)
{
	return s->ring_count == 0 && list_is_empty(&s->dirty);
}

size_t redis_subs_count(const struct redis_subs *s)
{
	return s->map.count;
}
