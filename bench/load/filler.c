#include "filler.h"

#include <inttypes.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void put_order(struct buf *out, uint64_t *state)
{
	static const char *const symbols[] = { "EURUSD", "GBPUSD", "USDJPY",
		"AUDNZD" };
	uint64_t id = next(state), price = next(state), side = next(state);

	buf_printf(out,
	    "{'id': '%012" PRIx64 "', 'symbol': '%s', 'price': %u.%05u, "
	    "'side': '%s', 'status': 'accepted'}, ",
	    id >> 16, symbols[id % 4], (unsigned)(price % 200),
	    (unsigned)(price >> 32) % 100000, side % 2 ? "buy" : "sell");
}

void filler_put(struct buf *out, size_t size)
{
	size_t end = out->len + size;
	uint64_t state = 1;

	while (out->len < end)
		put_order(out, &state);
	out->len = end;
}
