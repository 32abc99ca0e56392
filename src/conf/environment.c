/*
 * environment: see environment.h. What a text may hold, conf/expand knows. The
 * depth of a document, which yamldoc bounds, is what bounds our stack.
 */
#include "conf/environment.h"

#include "base/mem.h"
#include "conf/expand.h"

static void fill_scalar(struct node *n, struct mistakes *m)
{
	struct buf value = { 0 };
	struct err e;

	if (!n->has_mistake && expand(n->text, &value, &e) < 0)
		mistakes_at(m, n, "%s", e.text);
	n->value = xstrndup(value.data ? value.data : "", value.len);
	buf_fini(&value);
}

void environment_fill(struct node *root, struct mistakes *m)
{
	if (root->kind == NODE_SCALAR)
		fill_scalar(root, m);
	for (size_t i = 0; i < root->count; i++)
		environment_fill(root->children[i], m);
}
