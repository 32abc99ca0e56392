#include "core/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "core/interest.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/worker.h"
#include "proto/envelope.h"

enum { HUB_TICK_MS = 500 }; /* how often idle rooms are looked at */

struct hub {
	const struct conf *conf;
	const struct worker_shared *shared;
	struct outbox outbox;
	unsigned forms; /* bit set of enum message_form that routes ask for */

	const struct backend_ops *ops;
	struct backend *backend; /* owned */
	bool is_up;
	bool is_paused;

	struct interests interests;
	bool mail_is_taken; /* since the current read of the backend */
	struct mailbox *mailbox;
	struct event *mail_event; /* owned */
	struct event *tick_event; /* owned */

	struct envelope envelope;
	struct message_target *targets; /* owned; for the payload at hand */
	size_t target_cap;

	struct slice send, broadcast, room_prefix;
	struct event_base *base;
	struct metrics *metrics;
	void (*on_worker_done)(void *arg);
	void *arg;
};

/* Tell the workers of the bit set that the room's channel is watched. */
static void post_watched(
    struct hub *h, const struct interest *room, uint64_t workers)
{
	for (unsigned i = 0; i < h->outbox.worker_count; i++)
		if (workers >> i & 1)
			outbox_post_one(&h->outbox, i, MAIL_ROOM_WATCHED,
			    room_notice_new(
				interest_name(room), room->node.hash, i));
}

/* Stop reading payloads while a worker is too far behind. */
static void check_workers(struct hub *h)
{
	if (!outbox_is_full(&h->outbox) || !outbox_wait_for_space(&h->outbox) ||
	    h->is_paused)
		return;
	h->is_paused = true;
	metrics_inc(h->metrics, METRIC_BACKEND_PAUSES);
	log_warn("hub", "workers are behind: reading the backend pauses",
	    kv_int("mailbox_bytes", OUTBOX_FULL_BYTES));
	h->ops->set_paused(h->backend, true);
}

static void resume(struct hub *h)
{
	if (!h->is_paused || outbox_is_full(&h->outbox))
		return;
	h->is_paused = false;
	log_info("hub", "reading the backend goes on", kv_none);
	h->ops->set_paused(h->backend, false);
}

/* --- interest: from the workers' mail to the backend's watches --- */

/* True when who asks need not wait for the backend's confirmation. */
static bool is_watched_enough(const struct hub *h, const struct interest *room)
{
	return room->is_watched || !h->is_up;
}

static void room_opened(struct hub *h, const struct room_notice *n)
{
	bool is_new;
	struct interest *room = interests_add(
	    &h->interests, room_notice_name(n), n->hash, n->worker, &is_new);

	if (!h->shared->rooms_need_watch)
		return;
	if (is_new) {
		metrics_inc(h->metrics, METRIC_WATCHED_ROOMS);
		h->ops->watch_room(h->backend, interest_name(room));
	}
	if (is_watched_enough(h, room))
		post_watched(h, room, UINT64_C(1) << n->worker);
}

static void forget_room(struct hub *h, struct interest *room)
{
	if (h->shared->rooms_need_watch) {
		metrics_sub(h->metrics, METRIC_WATCHED_ROOMS, 1);
		h->ops->unwatch_room(h->backend, interest_name(room));
	}
	interests_del(&h->interests, room);
}

static void room_empty(struct hub *h, const struct room_notice *n)
{
	struct interest *room =
	    interests_find(&h->interests, room_notice_name(n), n->hash);

	if (!room)
		return;
	interests_drop(&h->interests, room, n->worker, clock_ms());
	if (room->workers == 0 && !h->shared->rooms_need_watch)
		forget_room(h, room);
}

static void handle(struct hub *h, const struct mail *mail)
{
	switch ((enum mail_kind)mail->kind) {
	case MAIL_ROOM_OPENED:
		room_opened(h, mail->item);
		free(mail->item);
		break;
	case MAIL_ROOM_EMPTY:
		room_empty(h, mail->item);
		free(mail->item);
		break;
	case MAIL_HAS_SPACE:
		resume(h);
		break;
	case MAIL_WORKER_DONE:
		h->on_worker_done(h->arg);
		break;
	case MAIL_MESSAGE: /* these go to the workers */
	case MAIL_ROOM_WATCHED:
	case MAIL_CLOSE_ALL:
	case MAIL_DRAIN:
		abort();
	}
}

static void take_mail(struct hub *h)
{
	size_t count;
	const struct mail *mail = mailbox_take(h->mailbox, &count);

	for (size_t i = 0; i < count; i++)
		handle(h, &mail[i]);
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;

	(void)fd;
	(void)what;
	take_mail(h);
	(void)mailbox_sleep(h->mailbox); /* else readable: called again */
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct hub *h = arg;
	struct interest *room;

	(void)fd;
	(void)what;
	while ((room = interests_expired(&h->interests, clock_ms())))
		forget_room(h, room);
	metrics_set(h->metrics, METRIC_LOG_DROPPED, log_dropped());
}

/* --- payloads: from the backend to the workers --- */

static void drop_payload(struct hub *h, struct slice channel,
    enum envelope_reason reason, size_t offset)
{
	metrics_inc(
	    h->metrics, (enum metric)(METRIC_PAYLOAD_DROPPED_EMPTY +
				      ((int)reason - (int)ENVELOPE_EMPTY)));
	log_warn("hub", "payload dropped", kv_slice("channel", channel),
	    kv_str("reason", envelope_reason_label(reason)),
	    kv_str("why", envelope_reason_text(reason)),
	    kv_int("offset", (int64_t)offset));
}

/* Encode once and hand one reference to each worker of the bit set. */
static void post_message(struct hub *h, struct slice content,
    enum content_kind kind, uint32_t target_count, uint64_t workers)
{
	struct message *m = message_new(content, kind, h->forms, h->targets,
	    target_count, (uint32_t)__builtin_popcountll(workers));

	if (!m) {
		metrics_inc(h->metrics, METRIC_PAYLOAD_DROPPED_MEMORY);
		log_error("hub", "payload dropped: out of memory",
		    kv_int("bytes", (int64_t)content.len));
		return;
	}
	outbox_add(&h->outbox, m, workers);
}

static void need_targets(struct hub *h, size_t count)
{
	if (count <= h->target_cap)
		return;
	h->target_cap = count * 2;
	h->targets =
	    xrealloc_array(h->targets, h->target_cap, sizeof *h->targets);
}

/*
 * Find the workers that have a member of one of the rooms. Rooms without one
 * are left out of the message: *kept is how many remain.
 */
static uint64_t find_workers(
    struct hub *h, const struct target *targets, size_t count, uint32_t *kept)
{
	uint64_t workers = 0;

	*kept = 0;
	need_targets(h, count);
	for (size_t i = 0; i < count; i++) {
		struct slice name = targets[i].name;
		uint64_t hash =
		    hash_bytes(&h->shared->hash_key, name.ptr, name.len);
		const struct interest *room =
		    interests_find(&h->interests, name, hash);

		if (!room || room->workers == 0)
			continue;
		workers |= room->workers;
		h->targets[(*kept)++] =
		    (struct message_target){ targets[i].kind, hash, name };
	}
	return workers;
}

static void route(struct hub *h, const struct target *targets, size_t count,
    struct slice content, enum content_kind kind)
{
	uint32_t kept;
	uint64_t workers = find_workers(h, targets, count, &kept);

	if (workers == 0)
		metrics_inc(h->metrics, METRIC_PAYLOADS_UNROUTED);
	else
		post_message(h, content, kind, kept, workers);
}

static void on_send(struct hub *h, struct slice channel, struct slice payload)
{
	struct envelope *e = &h->envelope;
	size_t offset = 0;
	enum envelope_reason reason = envelope_parse(e, payload, &offset);

	if (reason != ENVELOPE_OK)
		drop_payload(h, channel, reason, offset);
	else
		route(h, e->targets, e->target_count, e->content, e->kind);
}

static void on_room(struct hub *h, struct slice channel, struct slice payload)
{
	const struct target target = { TARGET_ROOM,
		slice_after(channel, h->room_prefix.len) };

	if (!room_name_is_valid(target.name))
		drop_payload(h, channel, ENVELOPE_ROOM_NAME, 0);
	else
		route(h, &target, 1, payload, CONTENT_ANY);
}

static void on_message(void *arg, struct slice channel, struct slice payload)
{
	struct hub *h = arg;

	if (!h->mail_is_taken) {
		take_mail(h); /* see the top of hub.h */
		h->mail_is_taken = true;
	}
	metrics_inc(h->metrics, METRIC_PAYLOADS);
	metrics_add(h->metrics, METRIC_PAYLOAD_BYTES, payload.len);
	if (payload.len > h->conf->limits.payload)
		drop_payload(h, channel, ENVELOPE_TOO_BIG, payload.len);
	else if (h->send.len > 0 && slice_eq(channel, h->send))
		on_send(h, channel, payload);
	else if (h->broadcast.len > 0 && slice_eq(channel, h->broadcast))
		post_message(
		    h, payload, CONTENT_ANY, 0, outbox_all(&h->outbox));
	else if (h->room_prefix.len > 0 &&
		 slice_starts_with(channel, h->room_prefix))
		on_room(h, channel, payload);
}

static void on_batch_end(void *arg)
{
	struct hub *h = arg;

	outbox_post(&h->outbox);
	h->mail_is_taken = false;
	check_workers(h);
}

/* --- the backend's state --- */

/*
 * Up: every room is watched now. Down: nobody shall wait for a confirmation
 * that may be long in coming. Either way, who waits is let in.
 */
static void release_waiting(struct hub *h)
{
	for (struct map_node *n = map_next(&h->interests.rooms, NULL); n;
	     n = map_next(&h->interests.rooms, n)) {
		struct interest *room = container_of(n, struct interest, node);

		if (!room->is_watched)
			post_watched(h, room, room->workers);
		room->is_watched = h->is_up;
	}
}

static void on_state(void *arg, bool is_up)
{
	struct hub *h = arg;

	h->is_up = is_up;
	metrics_set(h->metrics, METRIC_BACKEND_UP, is_up);
	if (h->shared->rooms_need_watch)
		release_waiting(h);
}

static void on_watched(void *arg, struct slice name)
{
	struct hub *h = arg;
	struct interest *room = interests_find(&h->interests, name,
	    hash_bytes(&h->shared->hash_key, name.ptr, name.len));

	if (!room || room->is_watched)
		return;
	room->is_watched = true;
	post_watched(h, room, room->workers);
}

static void on_gap(void *arg)
{
	struct hub *h = arg;

	if (h->conf->redis.on_gap != CONF_GAP_CLOSE)
		return;
	log_warn("hub", "messages may have been missed: closing all clients",
	    kv_int("spread_ms", h->conf->shutdown.drain_ms));
	outbox_post_all(&h->outbox, MAIL_CLOSE_ALL, CLOSE_GAP);
}

static const struct backend_sink sink = {
	.on_message = on_message,
	.on_batch_end = on_batch_end,
	.on_state = on_state,
	.on_watched = on_watched,
	.on_gap = on_gap,
};

/* --- life --- */

static unsigned forms_of(const struct conf *conf)
{
	unsigned forms = 0;

	for (size_t i = 0; i < conf->routes.count; i++)
		forms |= 1u
			 << (conf->routes.items[i].frames == CONF_FRAMES_BINARY
				    ? MESSAGE_AS_BINARY
				    : MESSAGE_AS_TEXT);
	return forms;
}

static int open_events(struct hub *h, struct err *e)
{
	const struct timeval tick = { 0, HUB_TICK_MS * 1000 };

	h->mail_event = event_new(
	    h->base, mailbox_fd(h->mailbox), EV_READ | EV_PERSIST, on_mail, h);
	h->tick_event = event_new(h->base, -1, EV_PERSIST, on_tick, h);
	if (!h->mail_event || !h->tick_event ||
	    event_add(h->mail_event, NULL) < 0 ||
	    event_add(h->tick_event, &tick) < 0)
		return err_set(e, -ENOMEM, "cannot add events");
	return 0;
}

struct hub *hub_new(struct event_base *base, const struct conf *conf,
    const struct worker_shared *shared, struct worker **workers, unsigned count,
    struct mailbox *mailbox, struct metrics *metrics,
    void (*on_worker_done)(void *arg), void *arg, struct err *e)
{
	struct hub *h = xcalloc(1, sizeof *h);

	h->base = base;
	h->conf = conf;
	h->shared = shared;
	outbox_init(&h->outbox, workers, count);
	h->mailbox = mailbox;
	h->metrics = metrics;
	h->on_worker_done = on_worker_done;
	h->arg = arg;
	h->forms = forms_of(conf);
	h->send = slice_str(conf->channels.send);
	h->broadcast = slice_str(conf->channels.broadcast);
	h->room_prefix = slice_str(conf->channels.room_prefix);
	interests_init(&h->interests);
	if (open_events(h, e) < 0) {
		hub_free(h);
		return NULL;
	}
	return h;
}

int hub_start(struct hub *h, const struct backend_ops *ops, struct err *e)
{
	h->ops = ops;
	return ops->open(
	    &h->backend, h->base, h->conf, h->metrics, &sink, h, e);
}

void hub_drain(struct hub *h)
{
	outbox_post_all(&h->outbox, MAIL_DRAIN, 0);
}

bool hub_is_up(const struct hub *h)
{
	return h->is_up;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	if (h->backend)
		h->ops->close(h->backend);
	if (h->mail_event)
		event_free(h->mail_event);
	if (h->tick_event)
		event_free(h->tick_event);
	outbox_fini(&h->outbox);
	interests_fini(&h->interests);
	envelope_fini(&h->envelope);
	free(h->targets);
	free(h);
}
