/*
 * environment: see environment.h. What a text may hold, conf/expand and
 * conf/variable know. The depth of a document, which yamldoc bounds, is what
 * bounds our stack.
 */
#include "conf/environment.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "conf/expand.h"
#include "conf/variable.h"

static bool fill(struct node *n, struct mistakes *m);

/* False: it is left out. */
static bool fill_scalar(struct node *n, struct mistakes *m)
{
	struct buf value = { 0 }, names = { 0 };
	bool is_empty;
	struct variable v;
	struct err e;

	if (!n->has_mistake && expand(n->text, &value, &names, &e) < 0)
		mistakes_at(m, n, "%s", e.text);
	is_empty = value.len == 0 && !n->has_mistake;
	buf_putn(&value, "", 1);
	n->value = value.data;
	n->variables = names;
	if (!is_empty || !variable_is_all(n->text, &v) || !v.has_preset)
		return true;
	variable_put_name(&v, &n->variables); /* for a key that is required */
	return false;
}

/* --- one item for several --- */

static bool is_several(const struct node *n, struct variable *v)
{
	return n->kind == NODE_SCALAR && !n->has_mistake &&
	       variable_is_all(n->text, v) && v->is_list;
}

/* Was it meant to be nothing, or has something come out empty? */
static int refuse_empty_parts(const struct variable *v, struct err *e)
{
	struct slice left = v->value;
	bool is_bad = left.len > 0 && left.ptr[left.len - 1] == ',';
	struct buf name = { 0 };

	while (left.len > 0)
		is_bad |= slice_trim(slice_cut(&left, ',')).len == 0;
	if (!is_bad)
		return 0;
	variable_put_name(v, &name);
	err_set(e, -EINVAL,
	    "%s %.*s has a comma with nothing on one side of it; take it out",
	    v->is_preset ? "the default of" : "the environment variable",
	    (int)name.len, name.data);
	buf_fini(&name);
	return -EINVAL;
}

/* One more item, at the place of the one that stands for it. */
static void add_part(struct node *list, const struct node *at,
    const struct variable *v, struct slice part)
{
	struct node *n = node_add(list, NULL);

	n->kind = NODE_SCALAR;
	n->line = at->line;
	n->column = at->column;
	n->text = xstrdup(at->text);
	n->value = xstrndup(part.ptr, part.len);
	if (!v->is_preset)
		variable_put_name(v, &n->variables);
}

static void add_refused(
    struct node *list, struct node *item, const char *why, struct mistakes *m)
{
	node_append(list, item);
	item->value = xstrdup("");
	mistakes_at(m, item, "%s", why);
}

/* Takes item, which v is. False: all of it is left out. */
static bool fill_several(struct node *list, struct node *item,
    struct variable *v, struct mistakes *m)
{
	struct slice left;
	struct err e;

	if (variable_look_up(v, &e) < 0 || refuse_empty_parts(v, &e) < 0) {
		add_refused(list, item, e.text, m);
		return true;
	}
	/* Be it empty: the list may then be too short. */
	variable_put_name(v, &list->variables);
	for (left = v->value; left.len > 0;)
		add_part(list, item, v, slice_trim(slice_cut(&left, ',')));
	node_free(item);
	return v->value.len > 0 || !v->has_preset;
}

/* --- what there is --- */

/* Takes child, which was n's. False: it is left out. */
static bool fill_child(struct node *n, struct node *child, struct mistakes *m)
{
	struct variable v;

	if (n->kind == NODE_LIST && is_several(child, &v))
		return fill_several(n, child, &v, m);
	node_append(n, child);
	if (fill(child, m))
		return true;
	node_leave_out_last(n);
	return false;
}

static bool fill_children(struct node *n, struct mistakes *m)
{
	struct node **before = n->children;
	size_t count = n->count;
	bool is_there = count == 0;

	n->children = NULL;
	n->count = 0;
	for (size_t i = 0; i < count; i++)
		is_there |= fill_child(n, before[i], m);
	free(before);
	return is_there;
}

/* False: n is left out. */
static bool fill(struct node *n, struct mistakes *m)
{
	if (n->kind == NODE_SCALAR)
		return fill_scalar(n, m);
	return fill_children(n, m);
}

void environment_fill(struct node *root, struct mistakes *m)
{
	(void)fill(root, m); /* without any key it is as good as empty */
}
