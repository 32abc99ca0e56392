#include "core/history_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool history_chain_init(struct history_chain *c, size_t cap)
{
	size_t buckets = cap / HISTORY_CHAIN_BUCKET_TAGS;

	*c = (struct history_chain){
		.backs = try_alloc(cap * sizeof *c->backs),
		.lasts = try_alloc(buckets * sizeof *c->lasts),
		.cap = cap,
	};
	if (!c->backs || !c->lasts) {
		history_chain_fini(c);
		return false;
	}
	memset(c->lasts, 0, buckets * sizeof *c->lasts);
	return true;
}

void history_chain_fini(struct history_chain *c)
{
	free(c->backs);
	free(c->lasts);
	*c = (struct history_chain){ .backs = NULL };
}

/* What is further back than the ring reaches is not kept any more. */
void history_chain_add(struct history_chain *c, uint64_t number, uint64_t hash)
{
	uint64_t *last =
	    &c->lasts[hash & (c->cap / HISTORY_CHAIN_BUCKET_TAGS - 1)];
	uint64_t back = *last ? number + 1 - *last : 0;

	c->backs[number & (c->cap - 1)] = back < c->cap ? (uint32_t)back : 0;
	*last = number + 1;
}
