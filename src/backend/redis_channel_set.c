#include "backend/redis_channel_set.h"

#include <stdlib.h>
#include <string.h>

#include "backend/redis_slot.h"
#include "base/buf.h"
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
	list_init(&set->gone);
}

static struct redis_channel *channel_of(struct list *link)
{
	return container_of(link, struct redis_channel, link);
}

/* A channel that is pending since a turn before this one. */
static bool is_expected(
    const struct redis_channel_set *set, const struct redis_channel *c)
{
	return c->is_pending && c->turn != set->turn;
}

void redis_channel_set_settle(
    struct redis_channel_set *set, struct redis_channel *c)
{
	set->expected -= is_expected(set, c);
	set->pending -= c->is_pending;
	c->is_pending = false;
}

static void take_out(struct redis_channel_set *set, struct redis_channel *c)
{
	redis_channel_set_settle(set, c);
	map_del(&set->map, &c->node);
	list_del(&c->link);
}

void redis_channel_set_forget(
    struct redis_channel_set *set, struct redis_channel *c)
{
	take_out(set, c);
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
	free_list(set, &set->gone);
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
	set->pending = set->wanted;
	redis_channel_set_expect_all(set);
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
	c->is_pending = c->is_wanted; /* the reset has counted it */
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
	if (kind == REDIS_CHANNEL_SHARD)
		c->slot = redis_slot_of(name);
	c->is_alone = !redis_channel_is_room(c);
	c->epoch = set->epoch;
	c->len = name.len;
	memcpy(c->name, name.ptr, name.len);
	list_init(&c->link);
	map_add(&set->map, &c->node, hash);
	return c;
}

struct redis_channel *redis_channel_set_want(struct redis_channel_set *set,
    struct slice name, enum redis_channel_kind kind)
{
	uint64_t hash = hash_bytes(&set->key, name.ptr, name.len);
	struct redis_channel *c =
	    find(set, name, kind == REDIS_CHANNEL_PATTERN, hash);

	if (!c)
		c = add(set, name, kind, hash);
	refresh(set, c);
	if (c->is_wanted)
		return NULL;
	c->is_wanted = c->is_pending = true;
	c->turn = set->turn;
	set->wanted++;
	set->pending++;
	c->is_announced = !redis_channel_is_room(c);
	if (!redis_channel_is_room(c) && set->expected > 0)
		redis_channel_set_expect(set, c);
	redis_channel_set_queue(set, c);
	return c;
}

struct redis_channel *redis_channel_set_find(
    struct redis_channel_set *set, struct slice name)
{
	uint64_t hash = hash_bytes(&set->key, name.ptr, name.len);
	struct redis_channel *c = find(set, name, false, hash);

	if (c)
		refresh(set, c);
	return c;
}

static void unwant(struct redis_channel_set *set, struct redis_channel *c)
{
	c->is_wanted = false;
	set->wanted--;
	redis_channel_set_settle(set, c);
	if (!c->is_sent && c->in_flight == 0)
		redis_channel_set_forget(set, c);
	else
		redis_channel_set_queue(set, c);
}

void redis_channel_set_unwant(struct redis_channel_set *set, struct slice name,
    enum redis_channel_kind kind)
{
	uint64_t hash = hash_bytes(&set->key, name.ptr, name.len);
	struct redis_channel *c =
	    find(set, name, kind == REDIS_CHANNEL_PATTERN, hash);

	if (c)
		refresh(set, c);
	if (c && c->is_wanted)
		unwant(set, c);
}

bool redis_channel_set_end(struct redis_channel_set *set, struct slice name)
{
	struct redis_channel *c = redis_channel_set_find(set, name);

	if (!c || c->kind != REDIS_CHANNEL_SHARD || !c->is_sent ||
	    c->in_flight > 0)
		return false;
	c->is_sent = false;
	if (c->is_wanted)
		redis_channel_set_expect(set, c);
	redis_channel_set_queue(set, c);
	return c->is_wanted;
}

/* Those of rooms that are wanted by names with this prefix; the caller's. */
static struct redis_channel **list_rooms(
    const struct redis_channel_set *set, struct slice prefix, size_t *count)
{
	struct redis_channel **rooms = xcalloc(set->wanted, sizeof *rooms);
	struct map_node *node = NULL;

	*count = 0;
	while ((node = map_next(&set->map, node))) {
		struct redis_channel *c =
		    container_of(node, struct redis_channel, node);

		if (c->is_wanted && c->kind == REDIS_CHANNEL_ROOM &&
		    slice_starts_with(redis_channel_name(c), prefix))
			rooms[(*count)++] = c;
	}
	return rooms;
}

/* A room's channel on the way from one name to another. */
struct renamed {
	struct buf name; /* owned; the new one */
	bool is_expected;
};

/* What c was is wanted no more, and perhaps gone. */
static struct renamed rename_one(struct redis_channel_set *set,
    struct redis_channel *c, size_t prefix, struct slice to)
{
	struct renamed r = { .is_expected = is_expected(set, c) };
	struct slice room = slice_after(redis_channel_name(c), prefix);

	buf_putn(&r.name, to.ptr, to.len);
	buf_putn(&r.name, room.ptr, room.len);
	unwant(set, c);
	return r;
}

static void want_renamed(struct redis_channel_set *set, struct renamed *r)
{
	struct redis_channel *c = redis_channel_set_want(
	    set, buf_slice(&r->name), REDIS_CHANNEL_ROOM);

	if (c && r->is_expected)
		redis_channel_set_expect(set, c);
	buf_fini(&r->name);
}

/* All are left first: a new name may be the old one of another. */
void redis_channel_set_rename(
    struct redis_channel_set *set, struct slice from, struct slice to)
{
	size_t count;
	struct redis_channel **rooms = list_rooms(set, from, &count);
	struct renamed *renamed = xcalloc(count, sizeof *renamed);

	for (size_t i = 0; i < count; i++)
		renamed[i] = rename_one(set, rooms[i], from.len, to);
	for (size_t i = 0; i < count; i++)
		want_renamed(set, &renamed[i]);
	free(renamed);
	free(rooms);
}

/* --- from one server to another --- */

void redis_channel_set_expect(
    struct redis_channel_set *set, struct redis_channel *c)
{
	set->expected += !is_expected(set, c);
	set->pending += !c->is_pending;
	c->is_pending = true;
	c->turn = set->turn - 1;
}

void redis_channel_set_expect_all(struct redis_channel_set *set)
{
	set->turn++;
	set->expected = set->pending;
}

void redis_channel_set_leave(
    struct redis_channel_set *set, struct redis_channel *c)
{
	move(&set->gone, c);
}

void redis_channel_set_leave_all(struct redis_channel_set *set)
{
	redis_channel_set_reset(set);
	list_join(&set->gone, &set->dirty);
	list_join(&set->gone, &set->leaving);
}

struct redis_channel *redis_channel_set_take(struct redis_channel_set *set)
{
	struct redis_channel *c;

	if (list_is_empty(&set->gone))
		return NULL;
	c = channel_of(set->gone.next);
	refresh(set, c);
	take_out(set, c);
	set->wanted -= c->is_wanted;
	return c;
}
