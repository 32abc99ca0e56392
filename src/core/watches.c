#include "core/watches.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "core/aim.h"
#include "core/mail.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/room.h"

enum { TURN_ROOMS = 1024 }; /* of each kind, in watches_catch_up */

void watches_init(struct watches *w, struct outbox *outbox,
    struct metrics *metrics, bool rooms_need_watch)
{
	*w = (struct watches){
		.outbox = outbox,
		.metrics = metrics,
		.rooms_need_watch = rooms_need_watch,
	};
	interests_init(&w->interests);
	list_init(&w->waiting);
	list_init(&w->released);
}

int watches_open(struct watches *w, const struct backend_ops *ops,
    struct event_base *base, const struct conf *conf,
    const struct backend_sink *sink, void *arg, struct err *e)
{
	const struct backend_options options = {
		.conf = conf,
		.source = conf_source(conf, 0),
		.metrics = w->metrics,
		.sink = sink,
		.arg = arg,
		.seats = w->seats,
	};

	w->ops = ops;
	return ops->open(&w->backend, base, &options, e);
}

void watches_fini(struct watches *w)
{
	if (w->backend)
		w->ops->close(w->backend);
	interests_fini(&w->interests);
}

static bool needs_watch(const struct watches *w, const struct interest *room)
{
	return w->rooms_need_watch &&
	       !room_name_is_of_user(interest_name(room));
}

static bool is_down(const struct watches *w)
{
	return w->state == BACKEND_DOWN;
}

static bool is_watched(const struct watches *w, const struct interest *room)
{
	return !is_down(w) && !room->is_refused &&
	       room->watched_from <= w->epoch;
}

/* Tell the workers of the bit set what became of the room's watch. */
static void post(const struct watches *w, enum mail_kind kind,
    const struct interest *room, uint64_t workers)
{
	for (unsigned i = 0; i < w->outbox->worker_count; i++)
		if (workers >> i & 1)
			outbox_post_one(w->outbox, i, kind,
			    room_notice_new(interest_name(room),
				room->node.hash, i, w->opened[i]));
}

static void post_watched(
    const struct watches *w, const struct interest *room, uint64_t workers)
{
	post(w, MAIL_ROOM_WATCHED, room, workers);
}

static void watch(struct watches *w, struct interest *room)
{
	room->watched_from = w->epoch + 1;
	metrics_inc(w->metrics, METRIC_WATCHED_ROOMS);
	w->ops->watch_room(w->backend, interest_name(room));
}

static void set_refused(
    struct watches *w, struct interest *room, bool is_refused)
{
	if (room->is_refused && !is_refused)
		metrics_sub(w->metrics, METRIC_ROOMS_REFUSED, 1);
	if (!room->is_refused && is_refused)
		metrics_inc(w->metrics, METRIC_ROOMS_REFUSED);
	room->is_refused = is_refused;
}

static void forget(struct watches *w, struct interest *room)
{
	set_refused(w, room, false);
	if (needs_watch(w, room)) {
		metrics_sub(w->metrics, METRIC_WATCHED_ROOMS, 1);
		w->ops->unwatch_room(w->backend, interest_name(room));
	}
	interests_del(&w->interests, room);
}

/* The grace is for the backend's sake only. */
static void forget_if_idle(struct watches *w, struct interest *room)
{
	if (interest_workers(room) == 0 && !needs_watch(w, room))
		forget(w, room);
}

static void show_count(const struct watches *w)
{
	metrics_set(w->metrics, METRIC_ROOMS, w->interests.room_count);
}

void watches_opened(
    struct watches *w, const struct room_notice *n, bool wants_deflated)
{
	bool is_new;
	struct interest *room = interests_add(
	    &w->interests, room_notice_name(n), n->hash, n->worker, &is_new);

	w->opened[n->worker] = n->opened;
	show_count(w);
	if (wants_deflated)
		interests_add_deflated(&w->interests, room);
	if (!needs_watch(w, room))
		return;
	if (is_new)
		watch(w, room);
	/* While the backend is down nobody waits for its confirmation. */
	if (room->is_refused) {
		post(w, MAIL_ROOM_REFUSED, room, UINT64_C(1) << n->worker);
	} else if (is_watched(w, room) || is_down(w)) {
		post_watched(w, room, UINT64_C(1) << n->worker);
	} else {
		list_del(&room->link);
		list_add(&w->waiting, &room->link);
	}
}

void watches_fetch(
    const struct watches *w, const struct mail *mail, size_t count)
{
	mail_fetch_rooms(&w->interests.rooms, mail, count);
}

void watches_emptied(struct watches *w, const struct room_notice *n)
{
	struct interest *room =
	    interests_find(&w->interests, room_notice_name(n), n->hash);

	if (!room)
		return;
	interests_drop(&w->interests, room, n->worker, clock_ms());
	show_count(w);
	forget_if_idle(w, room);
}

void watches_expect(
    struct watches *w, const struct aim *rooms, uint64_t workers)
{
	for (uint32_t i = 0; i < rooms->room_count; i++) {
		bool is_new;
		struct interest *room =
		    interests_expect(&w->interests, rooms->rooms[i].name,
			rooms->rooms[i].hash, workers, &is_new);

		if (is_new && needs_watch(w, room))
			watch(w, room);
	}
}

void watches_arrived(struct watches *w, const struct aim *rooms)
{
	for (uint32_t i = 0; i < rooms->room_count; i++) {
		struct interest *room = interests_find(
		    &w->interests, rooms->rooms[i].name, rooms->rooms[i].hash);

		interests_arrived(&w->interests, room, clock_ms());
		forget_if_idle(w, room);
	}
}

/* Forget rooms whose grace is over. True when there are more. */
static bool expire(struct watches *w)
{
	int64_t now_ms = clock_ms();

	for (int i = 0; i < TURN_ROOMS; i++) {
		struct interest *room =
		    interests_expired(&w->interests, now_ms);

		if (!room)
			return false;
		forget(w, room);
	}
	return true;
}

/* Let in who waits for a backend that went down. True when there are more. */
static bool release(struct watches *w)
{
	for (int i = 0; i < TURN_ROOMS && !list_is_empty(&w->released); i++) {
		struct interest *room =
		    container_of(w->released.next, struct interest, link);

		list_del(&room->link);
		post_watched(w, room, room->workers);
	}
	return !list_is_empty(&w->released);
}

bool watches_catch_up(struct watches *w)
{
	bool has_expired = expire(w);

	return release(w) || has_expired;
}

void watches_set_state(struct watches *w, enum backend_state state)
{
	if (is_down(w) && state != BACKEND_DOWN)
		w->epoch++;
	if (state == BACKEND_DOWN)
		list_join(&w->released, &w->waiting);
	w->state = state;
}

/* Of the rooms whose members wait for their watch, if it was one of them. */
static void stop_waiting(struct interest *room)
{
	if (interest_workers(room) != 0)
		list_del(&room->link);
}

void watches_confirmed(struct watches *w, struct slice name, uint64_t hash)
{
	struct interest *room = interests_find(&w->interests, name, hash);

	if (!room || (!room->is_refused && (is_down(w) || is_watched(w, room))))
		return;
	set_refused(w, room, false);
	room->watched_from = w->epoch;
	stop_waiting(room);
	post_watched(w, room, room->workers);
}

void watches_refused(struct watches *w, struct slice name, uint64_t hash)
{
	struct interest *room = interests_find(&w->interests, name, hash);

	if (!room)
		return;
	set_refused(w, room, true);
	stop_waiting(room);
	post(w, MAIL_ROOM_REFUSED, room, room->workers);
}
