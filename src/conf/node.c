/*
 * node: see node.h. Documents are small (yamldoc bounds size, depth and
 * keys), so children are plain arrays and every search is linear.
 */
#include "conf/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"

struct node *node_new(void)
{
	return xcalloc(1, sizeof(struct node));
}

void node_free(struct node *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		node_free(n->children[i]);
	free(n->children);
	free(n->key.name);
	free(n->text);
	free(n->value);
	buf_fini(&n->variables);
	node_free(n->left_out);
	free(n);
}

void node_append(struct node *parent, struct node *child)
{
	size_t count = parent->count;

	/* Grow at powers of two: count is the capacity when it is one. */
	if ((count & (count - 1)) == 0)
		parent->children = xrealloc_array(parent->children,
		    count ? 2 * count : 1, sizeof(struct node *));
	parent->children[parent->count++] = child;
	child->parent = parent;
	child->index = count;
}

void node_leave_out_last(struct node *parent)
{
	if (!parent->left_out)
		parent->left_out = node_new();
	node_append(parent->left_out, parent->children[--parent->count]);
}

struct node *node_add(struct node *parent, const char *name)
{
	struct node *n = node_new();

	node_append(parent, n);
	if (name)
		n->key.name = xstrdup(name);
	return n;
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

struct node *node_copy(const struct node *n)
{
	struct node *copy = node_new();

	copy->kind = n->kind;
	copy->line = n->line;
	copy->column = n->column;
	copy->key = n->key;
	copy->key.name = copy_text(n->key.name);
	copy->text = copy_text(n->text);
	copy->value = copy_text(n->value);
	if (n->variables.len > 0)
		buf_putn(&copy->variables, n->variables.data, n->variables.len);
	for (size_t i = 0; i < n->count; i++)
		node_append(copy, node_copy(n->children[i]));
	return copy;
}

void node_replace(struct node *list, size_t index, struct node *child)
{
	node_free(list->children[index]);
	list->children[index] = child;
	child->parent = list;
	child->index = index;
}

void node_put(struct node *map, struct node *child)
{
	struct node *old = node_child(map, child->key.name);

	if (old)
		node_replace(map, old->index, child);
	else
		node_append(map, child);
}

void node_remove(struct node *map, const char *key)
{
	struct node *n = node_child(map, key);
	size_t index;

	if (!n)
		return;
	index = n->index;
	node_free(n);
	for (map->count--; index < map->count; index++) {
		map->children[index] = map->children[index + 1];
		map->children[index]->index = index;
	}
}

static struct node *child_of(const struct node *map, struct slice name)
{
	for (size_t i = 0; i < map->count; i++) {
		struct node *n = map->children[i];

		if (n->key.name && slice_eq(slice_str(n->key.name), name))
			return n;
	}
	return NULL;
}

struct node *node_child(const struct node *map, const char *name)
{
	return child_of(map, slice_str(name));
}

struct node *node_find(struct node *root, const char *path)
{
	struct node *n = root;

	for (;;) {
		size_t len = strcspn(path, ".");
		struct node *child = child_of(n, slice_of(path, len));

		if (!child)
			return n;
		n = child;
		if (path[len] == '\0')
			return n;
		path += len + 1;
	}
}

void node_path(const struct node *n, struct buf *out)
{
	if (!n->parent)
		return;
	node_path(n->parent, out);
	if (!n->key.name)
		buf_printf(out, "[%zu]", n->index);
	else if (n->parent->parent)
		buf_printf(out, ".%s", n->key.name);
	else
		buf_puts(out, n->key.name);
}
