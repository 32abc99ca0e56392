/*
 * tell_app: see tell_app.h. All room that the JSON can take is got first, so
 * that only this may fail.
 */
#include "core/tell_app.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/reached.h"
#include "conf/conf.h"
#include "core/app_event.h"
#include "core/conn.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/room.h"
#include "core/worker.h"
#include "proto/json_write.h"

enum {
	FIXED_MAX = 512,    /* keys, numbers, ids */
	ESCAPED_MAX = 6,    /* bytes that one may become */
	NAME_EXTRA_MAX = 4, /* quotes, a comma */
};

static bool is_told_of(const struct conn *c, unsigned kind)
{
	return c->worker->conf->events.kind_bits & kind;
}

/* --- what it says --- */

static size_t room_for(struct slice name)
{
	return name.len * ESCAPED_MAX + NAME_EXTRA_MAX;
}

static size_t room_for_all(const struct conn *c)
{
	const struct membership *m = conn_memberships(c);
	size_t bytes = 0;

	for (uint16_t i = 0; i < c->membership_count; i++)
		bytes += room_for(room_name(m[i].room));
	return bytes + room_for(slice_str(c->route->path));
}

static void put_rooms(const struct conn *c, struct buf *out)
{
	const struct membership *m = conn_memberships(c);

	json_begin(out, "rooms", '[');
	for (uint16_t i = 0; i < c->membership_count; i++) {
		struct slice name = room_name(m[i].room);

		if (!room_name_is_of_user(name))
			json_add_text(out, NULL, name);
	}
	json_end(out, ']');
}

/* What all have; it is the user's name if anything that needs more room. */
static bool begin(
    struct buf *out, const struct conn *c, const char *event, size_t extra)
{
	struct slice user = membership_user(c);
	char id[CONN_ID_LEN + 1];

	if (buf_reserve(out, FIXED_MAX + room_for(user) + extra) < 0)
		return false;
	conn_id(c, id);
	json_begin(out, NULL, '{');
	json_add_text(out, "event", slice_str(event));
	json_add_text(out, "instance", slice_str(c->worker->instance_name));
	json_add_int(out, "time_ms", clock_wall_ms());
	json_add_text(out, "connection", slice_str(id));
	if (user.len > 0)
		json_add_text(out, "user", user);
	else
		json_add_null(out, "user");
	return true;
}

/* --- on its way --- */

static bool has_place(const struct worker *w)
{
	return mailbox_bytes(w->shared->hub) < APP_EVENTS_WAITING_MAX;
}

static void lose(struct worker *w, const char *why)
{
	metrics_inc(&w->metrics, METRIC_EVENTS_LOST);
	if (reached_is_news(&w->shared->events_full, w->now_ms))
		log_warn(LOG_WORKER, "events are lost", kv_str("why", why),
		    kv_int("waiting_bytes",
			(int64_t)mailbox_bytes(w->shared->hub)));
}

/* Takes the text. */
static void post(struct worker *w, struct buf *json, enum metric metric)
{
	struct app_event *e = NULL;
	bool is_full = !has_place(w);

	if (json->len > 0 && !is_full) {
		json_end(json, '}');
		e = app_event_new(buf_slice(json));
	}
	buf_fini(json);
	if (!e) {
		lose(w, is_full ? "too many wait for the main thread"
				: "out of memory");
		return;
	}
	metrics_inc(&w->metrics, metric);
	mailbox_post(w->shared->hub, &(struct mail){ MAIL_APP_EVENT, 0, e }, 1,
	    e->bytes);
}

/* --- what happens --- */

/*
 * So much of a name is kept that two which follow each other differ. Names wrap
 * around: all are told of under one before there is the next, or have missed it
 * (tell_app_missed_name).
 */
enum { NAME_BITS = 3 };

static void tell_connected(struct conn *c)
{
	struct buf json = { 0 };

	c->told_as = c->worker->renames & NAME_BITS;
	if (begin(&json, c, "connected", room_for_all(c))) {
		json_add_text(&json, "route", slice_str(c->route->path));
		put_rooms(c, &json);
	}
	post(c->worker, &json, METRIC_EVENTS_CONNECTED);
}

void tell_app_connected(struct conn *c)
{
	if (!is_told_of(c, CONF_EVENTS_CONNECTIONS))
		return;
	c->is_told_of = true;
	tell_connected(c);
}

void tell_app_again(struct conn *c)
{
	if (c->is_told_of && c->told_as != (c->worker->renames & NAME_BITS))
		tell_connected(c);
}

void tell_app_missed_name(struct conn *c)
{
	c->told_as = (c->worker->renames - 1) & NAME_BITS;
}

void tell_app_disconnected(
    struct conn *c, enum close_reason reason, uint16_t code)
{
	struct buf json = { 0 };

	if (!c->is_told_of)
		return;
	c->is_told_of = false;
	if (begin(&json, c, "disconnected", room_for_all(c))) {
		json_add_text(&json, "route", slice_str(c->route->path));
		put_rooms(c, &json);
		json_add_int(&json, "code", code);
		json_add_text(&json, "reason", slice_str(closed_label(reason)));
		json_add_tenths(
		    &json, "seconds", (uint64_t)conn_age_ms(c) / 100);
	}
	post(c->worker, &json, METRIC_EVENTS_DISCONNECTED);
}

static void tell_of_room(const struct conn *c, struct slice room,
    const char *event, enum metric metric)
{
	struct buf json = { 0 };

	if (c->state != CONN_OPEN || !is_told_of(c, CONF_EVENTS_ROOMS))
		return;
	if (begin(&json, c, event, room_for(room)))
		json_add_text(&json, "room", room);
	post(c->worker, &json, metric);
}

void tell_app_joined(const struct conn *c, struct slice room)
{
	tell_of_room(c, room, "joined", METRIC_EVENTS_JOINED);
}

void tell_app_left(const struct conn *c, struct slice room)
{
	tell_of_room(c, room, "left", METRIC_EVENTS_LEFT);
}

void tell_app_gone(struct conn *c)
{
	tell_app_disconnected(c,
	    c->worker->is_ending ? CLOSE_SHUTDOWN : CLOSE_INTERNAL,
	    CLOSE_CODE_NONE);
}
