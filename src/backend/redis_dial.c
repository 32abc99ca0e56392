#include "backend/redis_dial.h"

#include <stdlib.h>

#include "backend/redis_find.h"
#include "base/mem.h"
#include "sys/dial.h"

/* A query is under way, and then a dial. */
struct redis_dial {
	struct event_base *base;
	redis_dial_fn fn;
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

/* There is no socket: be gone. */
static void fail(struct redis_dial *d, const struct redis_failure *why)
{
	struct redis_dial last = *d;

	redis_dial_abandon(d);
	last.fn(last.arg, -1, why);
}

static void on_dialled(void *arg, int fd, const char *reason)
{
	struct redis_dial *d = arg;
	struct redis_failure why;

	if (fd >= 0) {
		d->fn(d->arg, fd, NULL);
		return;
	}
	d->dial = NULL;
	why = redis_failure_make(REDIS_FAILURE_CONNECT, reason);
	fail(d, &why);
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const struct redis_failure *why)
{
	struct redis_dial *d = arg;

	d->query = NULL;
	if (count > 0)
		d->dial = dial_start(d->base, addresses, count, on_dialled, d);
	else
		fail(d, why);
}

struct redis_dial *redis_dial_start(struct event_base *base,
    struct redis_find *find, redis_dial_fn fn, void *arg)
{
	struct redis_dial *d = xcalloc(1, sizeof *d);

	d->base = base;
	d->fn = fn;
	d->arg = arg;
	d->query = redis_find_start(find, on_found, d);
	return d;
}

bool redis_dial_next(struct redis_dial *d)
{
	return dial_next(d->dial);
}
