/* conf_ref: see conf_ref.h. */
#include "conf/conf_ref.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/node.h"
#include "conf/schema.h"

/* What is const to everybody else: only the count changes here. */
static struct conf *counted(const struct conf *c)
{
	return (struct conf *)(uintptr_t)c;
}

const struct conf *conf_ref(const struct conf *c)
{
	if (c)
		(void)atomic_fetch_add_explicit(
		    &counted(c)->refs, 1, memory_order_relaxed);
	return c;
}

static void destroy(struct conf *c)
{
	schema_fini(conf_rows(), c);
	node_free(c->document);
	free(c->file);
	free(c);
}

void conf_unref(const struct conf *c)
{
	if (c && atomic_fetch_sub_explicit(
		     &counted(c)->refs, 1, memory_order_acq_rel) == 1)
		destroy(counted(c));
}
