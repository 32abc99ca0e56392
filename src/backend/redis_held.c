#include "backend/redis_held.h"

#include <stdlib.h>

#include "base/mem.h"

void redis_held_init(struct redis_held *h)
{
	*h = (struct redis_held){ .bytes = 0 };
	list_init(&h->payloads);
}

void redis_held_reset(struct redis_held *h)
{
	struct redis_held_payload *p;

	while ((p = redis_held_take(h)))
		free(p);
	h->has_lost = false;
}

static size_t cost_of(struct slice channel, struct slice payload)
{
	return sizeof(struct redis_held_payload) + channel.len + payload.len +
	       MEM_BLOCK_COST;
}

/* Let go of the oldest until there is room; as far as that helps. */
static bool make_room(struct redis_held *h, size_t cost)
{
	while (h->bytes + cost > REDIS_HELD_BYTES) {
		struct redis_held_payload *oldest = redis_held_take(h);

		h->has_lost = true;
		if (!oldest)
			return false;
		free(oldest);
	}
	return true;
}

static struct slice copy(char *to, struct slice from)
{
	if (from.len > 0)
		memcpy(to, from.ptr, from.len);
	return slice_of(to, from.len);
}

void redis_held_add(
    struct redis_held *h, struct slice channel, struct slice payload)
{
	size_t cost = cost_of(channel, payload);
	struct redis_held_payload *p;

	if (!make_room(h, cost))
		return;
	p = try_alloc(sizeof *p + channel.len + payload.len);
	if (!p) {
		redis_held_reset(h); /* one in the middle would be missing */
		h->has_lost = true;
		return;
	}
	p->channel = copy(p->bytes, channel);
	p->payload = copy(p->bytes + channel.len, payload);
	list_init(&p->link);
	list_add(&h->payloads, &p->link);
	h->bytes += cost;
}

struct redis_held_payload *redis_held_take(struct redis_held *h)
{
	struct redis_held_payload *p;

	if (list_is_empty(&h->payloads))
		return NULL;
	p = container_of(h->payloads.next, struct redis_held_payload, link);
	list_del(&p->link);
	h->bytes -= cost_of(p->channel, p->payload);
	return p;
}
