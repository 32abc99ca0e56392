/*
 * node: the tree of a YAML document, where each node knows its place in the
 * file and its path from the top. Made by yamldoc, read by schema, asked by
 * the cross checks for the place of what they refuse.
 */
#ifndef CONF_NODE_H
#define CONF_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum node_kind {
	NODE_NULL, /* nothing, ~ or null */
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAP,
	NODE_REFUSED, /* an alias: reported, not to be looked at */
};

struct node {
	enum node_kind kind;
	size_t line, column; /* from 1 */
	struct node *parent; /* NULL for the root */
	size_t index;        /* among the parent's children */
	struct {
		char *name;          /* owned; NULL in a list */
		size_t line, column; /* from 1 */
	} key;
	char *text;  /* owned; a scalar as written, be it null */
	char *value; /* owned; a scalar with the environment filled in */
	struct buf variables;   /* "A, B": those that were filled in */
	struct node **children; /* owned; of a list or map, in file order */
	size_t count;
	bool has_mistake; /* already reported: don't judge it again */
	/* Owned, or NULL: what were children of this one are its. */
	struct node *left_out;
};

/* An empty node on its own; never NULL. */
struct node *node_new(void);
/* Free a node and all below it; NULL is fine. */
void node_free(struct node *n);

/* A new node, owned by parent, as its last child; name NULL in a list. */
struct node *node_add(struct node *parent, const char *name);

/* Make child, which is nobody's, the last of parent's. */
void node_append(struct node *parent, struct node *child);
/* Take the last child of parent, which has one, among those left out. */
void node_leave_out_last(struct node *parent);

/* A copy of a node and all below it, nobody's; what it has left out is not. */
struct node *node_copy(const struct node *n);
/*
 * Make child, which is nobody's, that of its key in the map, in place of the
 * one there is; or that of an index of a list. Free the one that was there.
 */
void node_put(struct node *map, struct node *child);
void node_replace(struct node *list, size_t index, struct node *child);
void node_remove(struct node *map, const char *key);

/* The child of a map with this key, or NULL. */
struct node *node_child(const struct node *map, const char *name);

/*
 * Walk from root down a dotted path as far as the document goes: the node
 * there, or the nearest one above it. Never NULL.
 */
struct node *node_find(struct node *root, const char *path);

/* Append the path, such as routes[1].rooms[0]; nothing for the root. */
void node_path(const struct node *n, struct buf *out);

#endif
