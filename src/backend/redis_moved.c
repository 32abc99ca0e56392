#include "backend/redis_moved.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

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

static bool is_same4(
    const struct resolve_address *a, const struct resolve_address *b)
{
	struct sockaddr_in x, y;

	memcpy(&x, &a->addr, sizeof x);
	memcpy(&y, &b->addr, sizeof y);
	return x.sin_port == y.sin_port &&
	       x.sin_addr.s_addr == y.sin_addr.s_addr;
}

static bool is_same6(
    const struct resolve_address *a, const struct resolve_address *b)
{
	struct sockaddr_in6 x, y;

	memcpy(&x, &a->addr, sizeof x);
	memcpy(&y, &b->addr, sizeof y);
	return x.sin6_port == y.sin6_port &&
	       memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

/* A unix socket stays where it is. */
static bool is_same(
    const struct resolve_address *a, const struct resolve_address *b)
{
	if (a->addr.ss_family != b->addr.ss_family)
		return false;
	if (a->addr.ss_family == AF_INET)
		return is_same4(a, b);
	return a->addr.ss_family != AF_INET6 || is_same6(a, b);
}

static void on_found(void *arg, const struct resolve_address *addresses,
    size_t count, const char *why)
{
	struct redis_moved *m = arg;

	(void)why;
	m->query = NULL;
	if (count == 0)
		return;
	m->absent++;
	for (size_t i = 0; i < count; i++)
		if (is_same(&addresses[i], &m->in_use))
			m->absent = 0;
	if (m->absent == REDIS_MOVED_ANSWERS)
		m->fn(m->arg);
}

void redis_moved_ask(struct redis_moved *m)
{
	if (!m->query)
		m->query = redis_find_again(m->find, on_found, m);
}
