/*
 * hub_seats: who is in which room, on its way through the hub (core/occupancy):
 * how that begins, and what is left of it at the end.
 */
#include <stdlib.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/hub.h"
#include "core/hub_state.h"
#include "core/worker.h"
#include "proto/json_write.h"

enum { LEAVE_MS = 2000 };

static struct app_event *event_of(
    const struct hub *h, struct slice room, bool is_occupied)
{
	const char *event = is_occupied ? "occupied" : "vacated";
	struct app_event *e;
	struct buf json = { 0 };

	json_begin(&json, NULL, '{');
	json_add_text(&json, "event", slice_str(event));
	json_add_text(&json, "instance", slice_str(h->seats.instance));
	json_add_int(&json, "time_ms", clock_wall_ms());
	json_add_text(&json, "room", room);
	json_end(&json, '}');
	e = app_event_new(buf_slice(&json));
	buf_fini(&json);
	return e;
}

/* Where other instances count as well the backend says so. */
static void on_changed(void *arg, struct slice room, bool is_occupied)
{
	struct hub *h = arg;
	struct app_event *e;

	if (!h->conf->events.is_on ||
	    !(h->conf->events.kind_bits & CONF_EVENTS_OCCUPANCY))
		return;
	e = event_of(h, room, is_occupied);
	if (e)
		h->watches.ops->post_event(h->watches.backend, e);
	else
		metrics_inc(h->metrics, METRIC_EVENTS_LOST);
}

void hub_begin_seats(struct hub *h)
{
	occupancy_init(&h->occupancy, on_changed, h);
	h->seats = (struct backend_seats){
		.seats = &h->occupancy.seats,
		.hash_key = &h->shared->hash_key,
		.instance = h->instance_name,
		.rename = hub_rename_instance,
		.arg = h,
	};
	h->watches.seats = &h->seats;
}

void hub_tell_seats(struct hub *h)
{
	occupancy_tell(&h->occupancy, h->watches.ops, h->watches.backend);
}

static void on_round(void *arg)
{
	hub_tell_seats(arg);
}

void hub_tick_seats(struct hub *h)
{
	struct seats *seats = &h->occupancy.seats;

	if (!seats_are_kept(seats))
		return;
	if (!h->seat_rounds)
		h->seat_rounds =
		    seat_rounds_new(&h->outbox, seats, on_round, h);
	seat_rounds_tick(h->seat_rounds, clock_ms());
}

void hub_vacate_seats(struct hub *h)
{
	if (h->watches.ops->leave_seats)
		return;
	seats_keep_none(&h->occupancy.seats);
	hub_tell_seats(h);
}

/* Also one that was lost long ago may have been somebody's last. */
static bool owes_events(const struct hub *h)
{
	uint64_t lost = metrics_value(h->metrics, METRIC_EVENTS_LOST);

	for (unsigned i = 0; i < h->outbox.worker_count; i++)
		lost += metrics_value(
		    &h->outbox.workers[i]->metrics, METRIC_EVENTS_LOST);
	return h->conf->events.is_on &&
	       (lost > 0 || h->watches.ops->has_events(h->watches.backend));
}

/* As hub_flush_events. */
void hub_leave_seats(struct hub *h)
{
	const struct backend_ops *ops = h->watches.ops;
	int64_t until_ms = clock_ms() + LEAVE_MS;

	if (!ops->leave_seats)
		return;
	hub_take_mail(h);
	ops->leave_seats(h->watches.backend, owes_events(h));
	while (ops->is_leaving(h->watches.backend) && clock_ms() < until_ms)
		if (event_base_loop(h->base, EVLOOP_ONCE) != 0)
			return;
}
