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
