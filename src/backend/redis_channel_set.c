#include "backend/redis_channel_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"

/* --- life --- */

void redis_channel_set_init(struct redis_channel_set *set)
{
	*set = (struct redis_channel_set){ .wanted = 0 };
	crypto_random(&set->key, sizeof set->key);
	map_init(&set->map);
	list_init(&set->dirty);
	list_init(&set->leaving);
	list_init(&set->clean);
	list_init(&set->base);
	list_init(&set->refused);
}

static struct redis_channel *channel_of(struct list *link)
{
	return container_of(link, struct redis_channel, link);
}

void redis_channel_set_settle(
    struct redis_channel_set *set, struct redis_channel *c)
{
	set->initial_left -= c->is_initial;
	c->is_initial = false;
}

void redis_channel_set_forget(
    struct redis_channel_set *set, struct redis_channel *c)
{
	redis_channel_set_settle(set, c);
	map_del(&set->map, &c->node);
	list_del(&c->link);
	free(c);
}

static void free_list(struct redis_channel_set *set, struct list *list)
{
	while (!list_is_empty(list))
		redis_channel_set_forget(set, channel_of(list->next));
}

void redis_channel_set_fini(struct redis_channel_set *set)
{
	free_list(set, &set->dirty);
	free_list(set, &set->leaving);
	free_list(set, &set->clean);
	free_list(set, &set->base);
	free_list(set, &set->refused);
	map_fini(&set->map);
}

/* --- lists --- */

static void move(struct list *to, struct redis_channel *c)
{
	list_del(&c->link);
	list_add(to, &c->link);
}

/* Behind the dirty list's head is before all others. */
void redis_channel_set_queue(
    struct redis_channel_set *set, struct redis_channel *c)
{
	if (!c->is_wanted)
		move(&set->leaving, c);
	else
		move(redis_channel_is_room(c) ? &set->dirty : set->dirty.next,
		    c);
}

void redis_channel_set_rest(
    struct redis_channel_set *set, struct redis_channel *c)
{
	move(redis_channel_is_room(c) ? &set->clean : &set->base, c);
}

void redis_channel_set_put_off(
    struct redis_channel_set *set, struct redis_channel *c)
{
	move(&set->refused, c);
}

void redis_channel_set_retry(struct redis_channel_set *set, size_t count)
{
	for (; count > 0 && !list_is_empty(&set->refused); count--)
		redis_channel_set_queue(set, channel_of(set->refused.next));
}

/* Those that are dirty go first: somebody may wait for them. */
static struct list *next_list(struct redis_channel_set *set)
{
	return list_is_empty(&set->dirty) ? &set->leaving : &set->dirty;
}

bool redis_channel_set_is_idle(const struct redis_channel_set *set)
{
	return list_is_empty(&set->dirty) && list_is_empty(&set->leaving);
}

/* --- epochs --- */

void redis_channel_set_reset(struct redis_channel_set *set)
{
	set->epoch++;
	set->initial_left = set->wanted;
	list_join(&set->dirty, &set->clean);
	list_join(&set->dirty, &set->refused);
	while (!list_is_empty(&set->base))
		redis_channel_set_queue(set, channel_of(set->base.next));
}

/* Bring a channel up to date: nothing was sent of it since the last reset. */
static void refresh(
    const struct redis_channel_set *set, struct redis_channel *c)
{
	if (c->epoch == set->epoch)
		return;
	c->epoch = set->epoch;
	c->is_sent = false;
	c->is_alone = !redis_channel_is_room(c) || c->is_refused;
	c->in_flight = 0;
	c->is_initial = c->is_wanted; /* the reset has counted it */
}

struct redis_channel *redis_channel_set_next(struct redis_channel_set *set)
{
	struct list *list = next_list(set);
	struct redis_channel *c;

	if (list_is_empty(list))
		return NULL;
	c = channel_of(list->next);
	refresh(set, c);
	return c;
}

/* --- by name --- */

/* A pattern may be spelled as a channel is. */
static struct redis_channel *find(const struct redis_channel_set *set,
    struct slice name, bool is_pattern, uint64_t hash)
{
	struct map_node *node = map_find(&set->map, hash);

	for (; node; node = map_find_next(node)) {
		struct redis_channel *c =
		    container_of(node, struct redis_channel, node);

		if (slice_eq(redis_channel_name(c), name) &&
		    (c->kind == REDIS_CHANNEL_PATTERN) == is_pattern)
			return c;
	}
	return NULL;
}

static struct redis_channel *add(struct redis_channel_set *set,
    struct slice name, enum redis_channel_kind kind, uint64_t hash)
{
	struct redis_channel *c = xcalloc(1, sizeof *c + name.len);

	c->kind = kind;
	c->is_alone = !redis_channel_is_room(c);
	c->epoch = set->epoch;
	c->len = name.len;
	memcpy(c->name, name.ptr, name.len);
	list_init(&c->link);
	map_add(&set->map, &c->node, hash);
	return c;
}

void redis_channel_set_want(struct redis_channel_set *set, struct slice name,
    enum redis_channel_kind kind)
{
	uint64_t hash = hash_bytes(&set->key, name.ptr, name.len);
	struct redis_channel *c =
	    find(set, name, kind == REDIS_CHANNEL_PATTERN, hash);

	if (!c)
		c = add(set, name, kind, hash);
	refresh(set, c);
	if (c->is_wanted)
		return;
	c->is_wanted = true;
	set->wanted++;
	c->is_announced = !redis_channel_is_room(c);
	redis_channel_set_queue(set, c);
}

void redis_channel_set_unwant(struct redis_channel_set *set, struct slice name)
{
	uint64_t hash = hash_bytes(&set->key, name.ptr, name.len);
	struct redis_channel *c = find(set, name, false, hash);

	if (!c || !c->is_wanted)
		return;
	refresh(set, c);
	c->is_wanted = false;
	set->wanted--;
	redis_channel_set_settle(set, c);
	if (!c->is_sent && c->in_flight == 0)
		redis_channel_set_forget(set, c);
	else
		redis_channel_set_queue(set, c);
}
