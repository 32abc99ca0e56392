/*
 * conf_route: see conf_route.h. A route is only completed as far as its keys
 * are fine: a template cannot be judged without its path.
 */
#include "conf/conf_route.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf.h"

static bool compile_path(
    struct conf_route *route, struct node *n, struct mistakes *m)
{
	struct err e;

	if (!route->path)
		return false;
	if (pattern_compile(&route->pattern, route->path, &e) == 0)
		return true;
	mistakes_at(m, node_find(n, "path"), "%s", e.text);
	return false;
}

void conf_route_complete(void *item, struct node *n, struct mistakes *m)
{
	struct conf_route *route = item;
	size_t count = route->rooms.count;
	struct node *rooms = node_find(n, "rooms");

	if (!compile_path(route, n, m) || count == 0)
		return;
	route->templates = xcalloc(count, sizeof *route->templates);
	for (size_t i = 0; i < count; i++) {
		const char *text = route->rooms.items[i];
		struct err e;

		if (text && template_compile(&route->templates[i], text,
				&route->pattern, &e) < 0)
			mistakes_at(m, rooms->children[i], "%s", e.text);
	}
}

void conf_route_fini(void *item)
{
	struct conf_route *route = item;

	pattern_fini(&route->pattern);
	if (route->templates)
		for (size_t i = 0; i < route->rooms.count; i++)
			template_fini(&route->templates[i]);
	free(route->templates);
	route->templates = NULL;
}
