#include "backend/redis_moved.h"

#include "backend/redis_find.h"

void redis_moved_init(struct redis_moved *m, struct redis_find *find,
    void (*fn)(void *arg), void *arg)
{
	*m = (struct redis_moved){ .find = find, .fn = fn, .arg = arg };
}

void redis_moved_begin(
    struct redis_moved *m, const struct resolve_address *in_use)
{
	redis_moved_end(m);
	m->in_use = *in_use;
	m->absent = 0;
}

void redis_moved_end(struct redis_moved *m)
{
	redis_find_abandon(m->query);
	m->query = NULL;
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const struct redis_failure *why)
{
	struct redis_moved *m = arg;

	(void)why;
	m->query = NULL;
	if (count == 0)
		return;
	m->absent++;
	for (size_t i = 0; i < count; i++)
		if (resolve_is_same(&addresses[i], &m->in_use))
			m->absent = 0;
	if (m->absent == REDIS_MOVED_ANSWERS)
		m->fn(m->arg);
}

void redis_moved_ask(struct redis_moved *m)
{
	if (!m->query)
		m->query = redis_find_again(m->find, on_found, m);
}
