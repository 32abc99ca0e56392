/*
 * sources: the worst state wins, and a room's watch is in force when all that
 * are up have confirmed it (backend/source_rooms). A payload is handed on as
 * it comes: its publisher has sent it to one of them.
 *
 * There is no history here (conf/conf_sources), and so no positions.
 */
#include "backend/sources.h"

#include <stdlib.h>

#include <event2/event.h>

#include "backend/redis.h"
#include "backend/source_rooms.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "conf/conf_sources.h"
#include "sys/timer.h"

enum { TURN_ROOMS = 1024 }; /* that are looked at when one is lost */

_Static_assert(
    (int)CONF_SOURCES_MAX <= (int)SOURCE_ROOMS_SOURCES_MAX, "too many");

struct source {
	struct backend *all;     /* which this is one of */
	struct backend *backend; /* owned; NULL: not opened yet */
	const struct conf_redis *conf;
	unsigned index;
	enum backend_state state;
};

struct backend {
	const struct backend_sink *sink;
	void *arg;
	struct source sources[CONF_SOURCES_MAX];
	unsigned count;
	unsigned up_count;   /* whole */
	unsigned down_count; /* not even partly up */
	enum backend_state state;
	struct source_rooms rooms;
	struct event *review; /* owned; timer */
};

/* --- what one of them says --- */

static struct backend_verdict on_message(
    void *arg, const struct backend_message *m)
{
	struct backend *b = ((struct source *)arg)->all;

	return b->sink->on_message(b->arg, m);
}

static void on_batch_end(void *arg)
{
	struct backend *b = ((struct source *)arg)->all;

	b->sink->on_batch_end(b->arg);
}

static void on_gap(void *arg, enum conf_gap answer)
{
	struct backend *b = ((struct source *)arg)->all;

	b->sink->on_gap(b->arg, answer);
}

static void on_rooms_gap(
    void *arg, enum conf_gap answer, struct lost_rooms *rooms)
{
	struct backend *b = ((struct source *)arg)->all;

	b->sink->on_rooms_gap(b->arg, answer, rooms);
}

static void tell_state(struct backend *b)
{
	enum backend_state state = b->down_count == b->count ? BACKEND_DOWN
				   : b->up_count == b->count ? BACKEND_UP
							     : BACKEND_PARTLY;

	if (state == b->state)
		return;
	b->state = state;
	b->sink->on_state(b->arg, state);
}

/* Nobody waits for a server that is away: who does is let in. */
static void go_down(struct backend *b, const struct source *s)
{
	source_rooms_lost(&b->rooms, s->index);
	timer_arm(b->review, 0, "redis");
}

/* One that is partly up confirms its watches. */
static void on_state(void *arg, enum backend_state state)
{
	struct source *s = arg;
	struct backend *b = s->all;
	enum backend_state before = s->state;

	s->state = state;
	b->up_count += (state == BACKEND_UP) - (before == BACKEND_UP);
	b->down_count += (state == BACKEND_DOWN) - (before == BACKEND_DOWN);
	if (state == BACKEND_DOWN)
		go_down(b, s);
	else if (before == BACKEND_DOWN)
		source_rooms_up(&b->rooms, s->index);
	tell_state(b);
}

static void on_watched(void *arg, struct slice room)
{
	struct source *s = arg;
	struct backend *b = s->all;

	if (source_rooms_confirmed(&b->rooms, s->index, room) ==
	    SOURCE_ROOMS_IN_FORCE)
		b->sink->on_watched(b->arg, room);
}

static void on_refused(void *arg, struct slice room)
{
	struct source *s = arg;
	struct backend *b = s->all;

	if (source_rooms_refused(&b->rooms, s->index, room) ==
	    SOURCE_ROOMS_REFUSED)
		b->sink->on_refused(b->arg, room);
}

static const struct backend_sink source_sink = {
	.on_message = on_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_watched = on_watched,
	.on_refused = on_refused,
	.on_gap = on_gap,
	.on_rooms_gap = on_rooms_gap,
};

/* --- when one of them is lost --- */

static void on_in_force(void *arg, struct slice room)
{
	struct backend *b = arg;

	b->sink->on_watched(b->arg, room);
}

static void on_review(evutil_socket_t fd, short what, void *arg)
{
	struct backend *b = arg;

	(void)fd, (void)what;
	for (int i = 0; i < TURN_ROOMS; i++)
		if (!source_rooms_review(&b->rooms, on_in_force, b))
			return;
	timer_arm(b->review, 0, "redis");
}

/* --- life --- */

static void sources_close(struct backend *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < b->count; i++)
		redis_backend.close(b->sources[i].backend);
	source_rooms_fini(&b->rooms);
	event_free(b->review);
	free(b);
}

static int open_one(struct backend *b, struct event_base *base,
    const struct backend_options *all, unsigned index, struct err *e)
{
	struct source *s = &b->sources[index];
	const struct backend_options options = {
		.conf = all->conf,
		.source = conf_source(all->conf, index),
		.metrics = all->metrics,
		.sink = &source_sink,
		.arg = s,
		.seats = all->seats,
	};
	struct err why;
	int rc;

	*s =
	    (struct source){ .all = b, .conf = options.source, .index = index };
	rc = redis_backend.open(&s->backend, base, &options, &why);
	if (rc < 0)
		return err_set(e, rc, "%s.%s", s->conf->name, why.text);
	return 0;
}

static int sources_open(struct backend **out, struct event_base *base,
    const struct backend_options *options, struct err *e)
{
	struct backend *b = xcalloc(1, sizeof *b);
	int rc = 0;

	b->sink = options->sink;
	b->arg = options->arg;
	b->count = (unsigned)conf_source_count(options->conf);
	b->down_count = b->count;
	source_rooms_init(&b->rooms);
	b->review = timer_new(base, on_review, b, "redis");
	for (unsigned i = 0; i < b->count && rc == 0; i++)
		rc = open_one(b, base, options, i, e);
	if (rc < 0) {
		sources_close(b);
		return rc;
	}
	*out = b;
	return 0;
}

/* --- what the hub asks for --- */

static void sources_watch_room(struct backend *b, struct slice room)
{
	source_rooms_watch(&b->rooms, room);
	for (unsigned i = 0; i < b->count; i++)
		redis_backend.watch_room(b->sources[i].backend, room);
}

static void sources_unwatch_room(struct backend *b, struct slice room)
{
	source_rooms_unwatch(&b->rooms, room);
	for (unsigned i = 0; i < b->count; i++)
		redis_backend.unwatch_room(b->sources[i].backend, room);
}

/* Without a history one only looks at its files: nothing changes by it. */
static int sources_reload(struct backend *b, struct err *e)
{
	struct err why;
	int rc = 0;

	for (unsigned i = 0; i < b->count && rc == 0; i++) {
		rc = redis_backend.reload(b->sources[i].backend, &why);
		if (rc < 0)
			(void)err_set(
			    e, rc, "%s.%s", b->sources[i].conf->name, why.text);
	}
	return rc;
}

static void sources_use_conf(struct backend *b, const struct conf *conf)
{
	for (unsigned i = 0; i < b->count; i++)
		redis_backend.use_conf(b->sources[i].backend, conf);
}

static void sources_set_paused(struct backend *b, bool is_paused)
{
	for (unsigned i = 0; i < b->count; i++)
		redis_backend.set_paused(b->sources[i].backend, is_paused);
}

/*
 * At the first that is up: all instances hear all of them. Where all are away
 * nobody publishes (net/admin_publish); the last would say so by itself.
 */
static void sources_publish(struct backend *b, struct backend_publication *p)
{
	unsigned i = 0;

	while (i + 1 < b->count && b->sources[i].state == BACKEND_DOWN)
		i++;
	p->via = b->sources[i].backend;
	redis_backend.publish(p->via, p);
}

static void sources_forget(struct backend *b, struct backend_publication *p)
{
	(void)b;
	redis_backend.forget(p->via, p);
}

static void sources_post_event(struct backend *b, struct app_event *e)
{
	redis_backend.post_event(b->sources[0].backend, e);
}

static bool sources_has_events(const struct backend *b)
{
	return redis_backend.has_events(b->sources[0].backend);
}

static void sources_write_seats(struct backend *b)
{
	redis_backend.write_seats(b->sources[0].backend);
}

static void sources_leave_seats(struct backend *b, bool owes_events)
{
	redis_backend.leave_seats(b->sources[0].backend, owes_events);
}

static bool sources_is_leaving(const struct backend *b)
{
	return redis_backend.is_leaving(b->sources[0].backend);
}

static void sources_name_away(const struct backend *b, struct buf *out)
{
	const char *before = ": ";

	for (unsigned i = 0; i < b->count; i++) {
		const struct source *s = &b->sources[i];

		if (s->state == BACKEND_UP)
			continue;
		buf_printf(out, "%s%s (", before, s->conf->name);
		conf_redis_print_place(s->conf, out);
		buf_puts(out, ")");
		before = ", ";
	}
}

static bool sources_needs_watch(const struct conf *conf)
{
	return redis_backend.needs_watch(conf);
}

static unsigned sources_files_max(const struct conf *conf)
{
	return redis_backend.files_max(conf);
}

const struct backend_ops sources_backend = {
	.name = "redis",
	.needs_watch = sources_needs_watch,
	.files_max = sources_files_max,
	.open = sources_open,
	.watch_room = sources_watch_room,
	.unwatch_room = sources_unwatch_room,
	.reload = sources_reload,
	.use_conf = sources_use_conf,
	.set_paused = sources_set_paused,
	.name_away = sources_name_away,
	.publish = sources_publish,
	.forget = sources_forget,
	.post_event = sources_post_event,
	.has_events = sources_has_events,
	.write_seats = sources_write_seats,
	.leave_seats = sources_leave_seats,
	.is_leaving = sources_is_leaving,
	.close = sources_close,
};
