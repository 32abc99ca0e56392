#include "core/metrics_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/metrics.h"
#include "core/metrics_text.h"

/* Owned. */
static char *label(const char *name, const char *value)
{
	struct buf text = { 0 };
	char *copy;

	metrics_put_label(&text, name, value);
	copy = xstrndup(text.data, text.len);
	buf_fini(&text);
	return copy;
}

void metrics_name_listener(struct metrics *main, const char *address)
{
	size_t i = 0;

	while (i < METRICS_LISTENERS && main->listeners[i])
		i++;
	if (i < METRICS_LISTENERS)
		main->listeners[i] = label("listener", address);
}

/* Where it stands, or the first free place; that of `other` when all are. */
static unsigned find(const struct metrics *main, const char *route)
{
	unsigned i = 0;

	while (i < METRICS_ROUTES - 1 && main->routes[i] &&
	       strcmp(main->routes[i], route) != 0)
		i++;
	return i;
}

unsigned metrics_name_route(struct metrics *main, const char *path)
{
	char *route = label("route", path);
	unsigned i = find(main, route);

	if (!main->routes[i])
		main->routes[i] = i < METRICS_ROUTES - 1
				      ? xstrdup(route)
				      : label("route", "other");
	free(route);
	return i;
}

void metrics_names_free(struct metrics *main)
{
	for (size_t i = 0; i < METRICS_LISTENERS; i++) {
		free(main->listeners[i]);
		main->listeners[i] = NULL;
	}
	for (size_t i = 0; i < METRICS_ROUTES; i++) {
		free(main->routes[i]);
		main->routes[i] = NULL;
	}
}
