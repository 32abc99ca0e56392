/*
 * conf_change: see conf_change.h. Two documents are made into one, which is
 * read and checked as any other is: so all that a value brings along, compiled
 * or judged beside others, comes of the usual code.
 */
#include "conf/conf_change.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/slice.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_ref.h"
#include "conf/conf_rows.h"
#include "conf/node.h"
#include "conf/schema.h"

/* --- one key --- */

/* Let to have of this key what from has: a value of its own, or none. */
static void keep_key(const struct node *from, struct node *to, const char *key)
{
	const struct node *kept = from ? node_child(from, key) : NULL;

	if (kept)
		node_put(to, node_copy(kept));
	else
		node_remove(to, key);
}

/* A mistake in what no file says is where the map around it is. */
static struct node *add_map(struct node *parent, const char *key)
{
	struct node *n = node_add(parent, key);

	n->line = n->key.line = parent->line;
	n->column = n->key.column = parent->column;
	return n;
}

/* The map of this key; made where there is none. NULL: it is no map. */
static struct node *need_map(struct node *parent, const char *key)
{
	struct node *n = node_child(parent, key);

	if (!n)
		n = add_map(parent, key);
	if (n->kind == NODE_NULL)
		n->kind = NODE_MAP;
	return n->kind == NODE_MAP ? n : NULL;
}

/* The same at the end of a path of maps. */
static void keep_path(
    const struct node *from, struct node *to, struct slice line)
{
	char *path = xstrndup(line.ptr, line.len);
	char *key = path, *dot;

	while ((dot = strchr(key, '.')) && to) {
		*dot = '\0';
		from = from ? node_child(from, key) : NULL;
		to = need_map(to, key);
		key = dot + 1;
	}
	if (to)
		keep_key(from, to, key);
	free(path);
}

/* --- what stays with all that is below --- */

/* The row of the top level whose values all stay when one does, or NULL. */
static const struct schema_row *whole_row(struct slice path)
{
	struct slice key = slice_cut(&path, '.');

	for (const struct schema_row *row = conf_rows(); row->key; row++)
		if (slice_eq(slice_str(row->key), key))
			return row->at_start && !row->zero ? row : NULL;
	return NULL;
}

/*
 * As it was written: of what excludes each other, or is required, parts of
 * both would be a mistake that nobody has made.
 */
static void keep_whole(
    const struct conf *now, struct conf *fresh, const struct schema_row *whole)
{
	for (const struct schema_row *row = conf_rows(); row->key; row++)
		if (row == whole ||
		    (row->unless && !strcmp(row->unless, whole->key)))
			keep_key(now->document, fresh->document, row->key);
}

/* --- the listeners --- */

/* The first of fresh at this address, or NULL; it is nobody else's then. */
static const struct node *take_listener(const struct conf *fresh,
    const struct node *list, bool *is_taken, const char *address)
{
	for (size_t i = 0; i < fresh->listen.count; i++) {
		if (is_taken[i] ||
		    strcmp(fresh->listen.items[i].address, address) != 0)
			continue;
		is_taken[i] = true;
		return list->children[i];
	}
	return NULL;
}

/* One that is there still, as it is now; but its socket is as it was. */
static struct node *merge_listener(
    const struct node *was, const struct node *is)
{
	static const char *const of_socket[] = { "address", "mode", "group" };
	struct node *n = node_copy(is ? is : was);

	for (size_t i = 0; is && i < sizeof of_socket / sizeof *of_socket; i++)
		keep_key(was, n, of_socket[i]);
	return n;
}

/* The sockets stay, in their order. */
static void keep_listeners(const struct conf *now, struct conf *fresh)
{
	const struct node *was = node_child(now->document, "listen");
	const struct node *is = node_child(fresh->document, "listen");
	struct node *list;
	bool *is_taken;

	if (!was || !is) {
		keep_key(now->document, fresh->document, "listen");
		return;
	}
	list = node_copy(was);
	is_taken = xcalloc(fresh->listen.count, sizeof *is_taken);
	for (size_t i = 0; i < now->listen.count; i++) {
		const char *address = now->listen.items[i].address;

		node_replace(list, i,
		    merge_listener(was->children[i],
			take_listener(fresh, is, is_taken, address)));
	}
	free(is_taken);
	node_put(fresh->document, list);
}

/* --- all of it --- */

/* The one document is fresh's; what it then holds is not what fresh holds. */
static void keep(const struct conf *now, struct conf *fresh, struct slice paths)
{
	bool has_listeners = false;

	while (paths.len > 0) {
		struct slice line = slice_cut(&paths, '\n');
		const struct schema_row *whole = whole_row(line);

		if (slice_starts_with(line, slice_str("listen[")))
			has_listeners = true;
		else if (whole)
			keep_whole(now, fresh, whole);
		else
			keep_path(now->document, fresh->document, line);
	}
	if (has_listeners)
		keep_listeners(now, fresh);
}

int conf_change(const struct conf *now, struct conf *fresh, struct conf **next,
    struct buf *kept, struct buf *errors)
{
	struct buf paths = { 0 };
	struct node *document;
	int rc = 0;

	*next = fresh;
	schema_differences(conf_rows(), now, fresh, &paths);
	if (paths.len > 0) {
		keep(now, fresh, buf_slice(&paths));
		document = fresh->document;
		fresh->document = NULL;
		rc = conf_of_document(now->file, document, next, errors);
		conf_unref(fresh);
	}
	buf_putn(kept, paths.data, paths.len);
	buf_fini(&paths);
	return rc;
}
