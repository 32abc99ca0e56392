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

static void add_name(struct conn *c, struct aliases *all, struct slice name)
{
	struct worker *w = c->worker;
	struct alias *alias = &all->names[all->count++];

	alias->conn = c;
	alias->name = name;
	map_add(&w->alias_names, &alias->node, worker_hash(w, name));
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
		map_del(&w->alias_names, &all->names[i].node);
	map_del(&w->aliases, &all->node);
	free(all);
}

static void stamp(const struct worker *w, const struct aim_room *spared)
{
	struct map_node *node = map_find(&w->alias_names, spared->hash);

	for (; node; node = map_find_next(node)) {
		struct alias *alias = container_of(node, struct alias, node);

		if (slice_eq(alias->name, spared->name))
			alias->conn->stamp = w->stamp;
	}
}

void aliases_stamp(
    const struct worker *w, const struct aim_room *spared, uint32_t count)
{
	for (uint32_t i = 0; i < count && w->alias_names.count > 0; i++)
		stamp(w, &spared[i]);
}
