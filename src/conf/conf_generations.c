#include "conf/conf_generations.h"

#include <string.h>

#include "conf/conf_channels.h"
#include "conf/conf_ref.h"

struct conf_generations conf_generations_of(const struct conf *conf)
{
	return (
	    struct conf_generations){ .of = { conf_ref(conf) }, .count = 1 };
}

void conf_generations_fini(struct conf_generations *g)
{
	for (size_t i = 0; i < g->count; i++)
		conf_unref(g->of[i]);
}

static void make_room(struct conf_generations *g)
{
	if (g->count == CONF_GENERATIONS_MAX)
		conf_unref(g->of[--g->count]);
	memmove(g->of + 1, g->of, g->count * sizeof g->of[0]);
	g->count++;
}

void conf_generations_use(struct conf_generations *g, const struct conf *conf)
{
	const struct conf *fresh = conf_ref(conf);

	if (conf_channels_are_same(g->of[0], fresh))
		conf_unref(g->of[0]);
	else
		make_room(g);
	g->of[0] = fresh;
}
