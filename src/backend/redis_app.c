/* redis_app: see the header. */
#include "backend/redis_app.h"

#include <stdlib.h>

#include "backend/redis_events.h"
#include "backend/redis_presence.h"
#include "base/mem.h"
#include "conf/conf.h"

_Static_assert((int)REDIS_APP_FILES_MAX >=
		   (int)REDIS_EVENTS_FILES_MAX + (int)REDIS_PRESENCE_FILES_MAX,
    "the files of both");

struct redis_app {
	struct event_base *base;
	struct backend_options options; /* conf: that of the start */
	struct redis_places *places;
	struct metrics *metrics;         /* of the source */
	struct redis_events *events;     /* owned; NULL: there are none */
	struct redis_presence *presence; /* owned; NULL: not needed so far */
};

static bool is_first(const struct redis_app *a)
{
	return a->options.source == conf_source(a->options.conf, 0);
}

/* Whether it is told who is there: instance_gone ends that. */
static bool tells_of_connections(const struct redis_app *a)
{
	return a->events &&
	       (a->options.conf->events.kind_bits & CONF_EVENTS_CONNECTIONS);
}

static void on_name(void *arg, bool may_leave)
{
	struct redis_app *a = arg;

	if (tells_of_connections(a))
		redis_events_hold(a->events, !may_leave);
}

static void open_presence(struct redis_app *a, const struct conf *conf)
{
	if (a->presence || !a->options.seats || !is_first(a) ||
	    !conf_needs_lease(conf))
		return;
	on_name(a, false);
	a->presence = redis_presence_open(
	    a->base, a->places, &a->options, a->metrics, on_name, a);
}

struct redis_app *redis_app_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics)
{
	struct redis_app *a = xcalloc(1, sizeof *a);

	a->base = base;
	a->options = *options;
	a->places = places;
	a->metrics = metrics;
	if (options->conf->events.is_on && is_first(a))
		a->events = redis_events_new(base, options, places, metrics);
	open_presence(a, options->conf);
	return a;
}

void redis_app_free(struct redis_app *a)
{
	if (!a)
		return;
	redis_events_free(a->events);
	redis_presence_free(a->presence);
	free(a);
}

void redis_app_use_conf(struct redis_app *a, const struct conf *conf)
{
	open_presence(a, conf);
}

void redis_app_move(
    struct redis_app *a, enum redis_place place, const char *reason)
{
	if (place == REDIS_PLACE_EVENTS && a->events)
		redis_events_move(a->events, reason);
	else if (place == REDIS_PLACE_PRESENCE && a->presence)
		redis_presence_move(a->presence, reason);
}

void redis_app_post_event(struct redis_app *a, struct app_event *e)
{
	redis_events_post(a->events, e);
}

bool redis_app_has_events(const struct redis_app *a)
{
	return a->events && redis_events_wait(a->events);
}

void redis_app_write_seats(struct redis_app *a)
{
	if (a->presence)
		redis_presence_write_seats(a->presence);
}

void redis_app_leave_seats(struct redis_app *a, bool owes_events)
{
	if (a->presence)
		redis_presence_leave(a->presence, owes_events);
}

bool redis_app_is_leaving(const struct redis_app *a)
{
	return a->presence && redis_presence_is_leaving(a->presence);
}
