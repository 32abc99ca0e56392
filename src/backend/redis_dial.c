#include "backend/redis_dial.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "base/mem.h"

/* One of the two is under way. */
struct redis_dial {
	struct event_base *base;
	dial_fn fn;
	void *arg;
	struct redis_find_query *query; /* owned */
	struct dial *dial;              /* owned */
};

void redis_dial_abandon(struct redis_dial *d)
{
	if (!d)
		return;
	redis_find_abandon(d->query);
	dial_abandon(d->dial);
	free(d);
}

/* Hand over the socket, or why there is none, and be gone. */
static void finish(struct redis_dial *d, int fd, const char *why)
{
	struct redis_dial last = *d;

	redis_dial_abandon(d);
	last.fn(last.arg, fd, why);
}

static void on_dialled(void *arg, int fd, const char *why)
{
	struct redis_dial *d = arg;

	d->dial = NULL;
	finish(d, fd, why);
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct redis_dial *d = arg;

	d->query = NULL;
	if (count > 0)
		d->dial = dial_start(d->base, addresses, count, on_dialled, d);
	else
		finish(d, -1, why);
}

struct redis_dial *redis_dial_start(
    struct event_base *base, struct redis_find *find, dial_fn fn, void *arg)
{
	struct redis_dial *d = xcalloc(1, sizeof *d);

	d->base = base;
	d->fn = fn;
	d->arg = arg;
	d->query = redis_find_start(find, on_found, d);
	return d;
}
