#include "core/aliases.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "core/aim.h"
#include "core/conn.h"
#include "core/worker.h"

/* The one of that name that stands in the map, or NULL. */
static struct alias *find_name(
    const struct worker *w, struct slice name, uint64_t hash)
{
	struct map_node *node = map_find(&w->alias_names, hash);

	for (; node; node = map_find_next(node)) {
		struct alias *alias = container_of(node, struct alias, node);

		if (slice_eq(alias->name, name))
			return alias;
	}
	return NULL;
}

static void put_in_map(struct worker *w, struct alias *alias, uint64_t hash)
{
	alias->is_in_map = true;
	map_add(&w->alias_names, &alias->node, hash);
}

static void add_name(struct conn *c, struct aliases *all, struct slice name)
{
	struct worker *w = c->worker;
	uint64_t hash = worker_hash(w, name);
	struct alias *one = find_name(w, name, hash);
	struct alias *alias = &all->names[all->count++];

	*alias = (struct alias){ .conn = c, .name = name };
	list_init(&alias->same);
	if (one)
		list_add(&one->same, &alias->same);
	else
		put_in_map(w, alias, hash);
}

/* Another one of its name takes its place in the map. */
static void del_name(struct worker *w, struct alias *alias)
{
	struct list *next = alias->same.next;
	bool is_last = list_is_empty(&alias->same);

	list_del(&alias->same);
	if (!alias->is_in_map)
		return;
	map_del(&w->alias_names, &alias->node);
	if (!is_last)
		put_in_map(w, container_of(next, struct alias, same),
		    alias->node.hash);
}

int aliases_set(struct conn *c, const struct slice *names, uint32_t count)
{
	size_t size = 0;
	struct aliases *all;
	char *out;

	assert(count <= ALIAS_MAX && !aliases_find(c));
	for (uint32_t i = 0; i < count; i++)
		size += names[i].len;
	all = try_alloc(sizeof *all + size);
	if (!all)
		return -ENOMEM;
	all->count = 0;
	out = all->text;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(out, names[i].ptr, names[i].len);
		add_name(c, all, slice_of(out, names[i].len));
		out += names[i].len;
	}
	map_add(&c->worker->aliases, &all->node, c->serial);
	return 0;
}

static struct aliases *find(const struct conn *c)
{
	const struct map *map = &c->worker->aliases;
	struct map_node *node =
	    map->count > 0 ? map_find(map, c->serial) : NULL;

	return node ? container_of(node, struct aliases, node) : NULL;
}

const struct aliases *aliases_find(const struct conn *c)
{
	return find(c);
}

void aliases_forget(struct conn *c)
{
	struct worker *w = c->worker;
	struct aliases *all = find(c);

	if (!all)
		return;
	for (uint32_t i = 0; i < all->count; i++)
		del_name(w, &all->names[i]);
	map_del(&w->aliases, &all->node);
	free(all);
}

/* Returns how many are called so. */
static size_t stamp(const struct worker *w, const struct aim_room *spared)
{
	struct alias *one = find_name(w, spared->name, spared->hash);
	size_t count = 1;

	if (!one)
		return 0;
	one->conn->stamp = w->stamp;
	list_foreach (link, &one->same) {
		container_of(link, struct alias, same)->conn->stamp = w->stamp;
		count++;
	}
	return count;
}

size_t aliases_stamp(
    const struct worker *w, const struct aim_room *spared, uint32_t count)
{
	size_t looked = 0;

	for (uint32_t i = 0; i < count && w->alias_names.count > 0; i++)
		looked += 1 + stamp(w, &spared[i]);
	return looked;
}
