#include "net/visits.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "core/conn.h"

/* One byte more than is shown: so that it shows where there was more. */
enum { FIELD_MAX = VISIT_FIELD_SHOWN + 1 };

/* An origin and an agent, for all who have come with them. */
struct caller {
	struct map_node node;
	uint32_t visitors;
	uint8_t origin_len, agent_len;
	char text[]; /* the origin, the agent */
};

struct visitor {
	struct caller *caller;
	char path[]; /* with a NUL */
};

static struct slice cut(struct slice s)
{
	return slice_of(s.ptr, s.len < FIELD_MAX ? s.len : FIELD_MAX);
}

static struct slice origin_of(const struct caller *c)
{
	return slice_of(c->text, c->origin_len);
}

static struct slice agent_of(const struct caller *c)
{
	return slice_of(c->text + c->origin_len, c->agent_len);
}

/* --- callers --- */

static uint64_t hash_of(
    const struct worker *w, struct slice origin, struct slice agent)
{
	char text[2 * FIELD_MAX];
	const char *end = slice_put(agent, slice_put(origin, text));

	return worker_hash(w, slice_of(text, (size_t)(end - text)));
}

static struct caller *find(const struct visits *v, uint64_t hash,
    struct slice origin, struct slice agent)
{
	struct map_node *n = map_find(&v->callers, hash);

	for (; n; n = map_find_next(n)) {
		struct caller *c = container_of(n, struct caller, node);

		if (slice_eq(origin_of(c), origin) &&
		    slice_eq(agent_of(c), agent))
			return c;
	}
	return NULL;
}

static struct caller *add(
    struct visits *v, uint64_t hash, struct slice origin, struct slice agent)
{
	struct caller *c = try_alloc(sizeof *c + origin.len + agent.len);

	if (!c)
		return NULL;
	c->visitors = 0;
	c->origin_len = (uint8_t)origin.len;
	c->agent_len = (uint8_t)agent.len;
	(void)slice_put(agent, slice_put(origin, c->text));
	map_add(&v->callers, &c->node, hash);
	return c;
}

static struct caller *take_caller(
    struct visits *v, const struct worker *w, const struct visit *visit)
{
	struct slice origin = cut(visit->origin), agent = cut(visit->agent);
	uint64_t hash = hash_of(w, origin, agent);
	struct caller *c = find(v, hash, origin, agent);

	if (!c)
		c = add(v, hash, origin, agent);
	if (c)
		c->visitors++;
	return c;
}

static void give_caller(struct visits *v, struct caller *c)
{
	if (--c->visitors > 0)
		return;
	map_del(&v->callers, &c->node);
	free(c);
}

/* --- visitors --- */

void visits_init(struct visits *v)
{
	map_init(&v->callers);
}

void visits_fini(struct visits *v)
{
	assert(v->callers.count == 0);
	map_fini(&v->callers);
}

void visits_keep(struct visits *v, struct conn *c, const struct visit *visit)
{
	size_t len = strlen(visit->path) + 1;
	struct visitor *visitor = try_alloc(sizeof *visitor + len);

	if (!visitor)
		return;
	visitor->caller = take_caller(v, c->worker, visit);
	if (!visitor->caller) {
		free(visitor);
		return;
	}
	memcpy(visitor->path, visit->path, len);
	c->visitor = visitor;
}

void visits_read(const struct conn *c, struct visit *visit)
{
	*visit = (struct visit){ .path = "" };
	if (!c->visitor)
		return;
	memcpy(visit->path, c->visitor->path, strlen(c->visitor->path) + 1);
	visit->origin = origin_of(c->visitor->caller);
	visit->agent = agent_of(c->visitor->caller);
}

void visits_drop(struct visits *v, struct conn *c)
{
	if (!c->visitor)
		return;
	give_caller(v, c->visitor->caller);
	free(c->visitor);
	c->visitor = NULL;
}
