#include "core/closing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf.h"
#include "core/conn.h"
#include "core/flush.h"
#include "core/lost_rooms.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/transport.h"
#include "core/worker.h"

enum {
	/* A part of the drain is left for answers to the close frames. */
	SPREAD_PERCENT = 80,
	/* Connections looked at in one tick, unless all are due. */
	TICK_VISITS = 4096,
};

/*
 * No list of connections: those with a lower serial than the next one at the
 * begin, in the order of their slots.
 */
struct closing {
	enum close_reason reason;
	int64_t begin_ms;
	int64_t spread_ms; /* what the pace is made for */
	int64_t hard_ms;   /* what is still there then is cut off; or 0 */
	uint64_t before;   /* the serial that came next at the begin */
	uint64_t count;    /* of connections then, more or less */
	uint64_t closed;
	uint32_t at; /* the slot to look at next */
	bool has_seen_all;
	struct lost_rooms *rooms[CLOSING_ROOMS_MAX]; /* references */
	size_t rooms_count; /* 0: whatever rooms it is in */
};

/* Each worker its share: all of them are done at the same time. */
static int64_t rate_spread_ms(const struct worker *w)
{
	return (int64_t)(atomic_load(&w->shared->connections) * 1000 /
			 CLOSING_RATE);
}

static void add_rooms(struct closing *k, struct lost_rooms *rooms)
{
	k->rooms[k->rooms_count++] = rooms;
}

/*
 * The rooms of the one that it replaces, besides its own. Of all it is where
 * that one was, or where there are too many of them.
 */
static void add_former(struct closing *k, const struct closing *former)
{
	if (k->rooms_count == 0 || !former)
		return;
	if (former->rooms_count == 0 ||
	    former->rooms_count == CLOSING_ROOMS_MAX) {
		lost_rooms_unref(k->rooms[0]);
		k->rooms_count = 0;
		return;
	}
	for (size_t i = 0; i < former->rooms_count; i++)
		add_rooms(k, lost_rooms_ref(former->rooms[i]));
}

static bool is_shutting_down(const struct worker *w)
{
	return w->closing && w->closing->reason == CLOSE_SHUTDOWN;
}

void closing_begin(
    struct worker *w, enum close_reason reason, struct lost_rooms *rooms)
{
	int64_t drain_ms = w->conf->shutdown.drain_ms;
	bool is_shutdown = reason == CLOSE_SHUTDOWN;
	struct closing *k;

	if (is_shutting_down(w) && !is_shutdown) {
		lost_rooms_unref(rooms);
		return;
	}
	k = xmalloc(sizeof *k);
	*k = (struct closing){
		.reason = reason,
		.begin_ms = w->now_ms,
		.spread_ms = is_shutdown ? drain_ms * SPREAD_PERCENT / 100
					 : rate_spread_ms(w),
		.hard_ms = w->is_ending ? w->now_ms + drain_ms : 0,
		.before = w->next_serial,
		.count = w->conn_count,
	};
	if (rooms)
		add_rooms(k, rooms);
	add_former(k, w->closing);
	closing_end(w);
	w->closing = k;
	closing_tick(w);
}

/* How many may be closed by now: one more than the share of the time. */
static uint64_t due(const struct closing *k, int64_t now_ms)
{
	int64_t passed = now_ms - k->begin_ms;

	if (passed >= k->spread_ms)
		return UINT64_MAX;
	return (uint64_t)passed * k->count / (uint64_t)k->spread_ms + 1;
}

/*
 * Whoever waits for an answer will not get in before a shutdown. With ids a gap
 * is told: such a client fetches what it needs to.
 */
static bool may_be_concerned(const struct conn *c, enum close_reason reason)
{
	if (c->state == CONN_ASKING || c->state == CONN_WAITING)
		return reason == CLOSE_SHUTDOWN;
	return c->state == CONN_OPEN &&
	       !(reason == CLOSE_GAP && (c->form & MESSAGE_WITH_ID));
}

static bool is_concerned(struct conn *c, const struct closing *k)
{
	if (!may_be_concerned(c, k->reason))
		return false;
	for (size_t i = 0; i < k->rooms_count; i++)
		if (membership_is_lost(c, k->rooms[i]))
			return true;
	return k->rooms_count == 0;
}

static void close_due(struct worker *w, struct closing *k)
{
	uint64_t limit = due(k, w->now_ms);
	uint32_t visits =
	    k->hard_ms && limit == UINT64_MAX ? UINT32_MAX : TICK_VISITS;
	const struct transport_ops *ops = w->shared->ops;

	while (k->closed < limit && visits-- > 0 && !k->has_seen_all) {
		struct conn *c = slots_next(&w->slots, &k->at);

		k->has_seen_all = !c;
		if (!c || c->serial >= k->before || !is_concerned(c, k))
			continue;
		ops->close(c, k->reason, true);
		k->closed++;
	}
}

/*
 * Whoever has not asked so far hears it, too, as far as that still works; and
 * what is due to those that were closed leaves, a share of a turn of it.
 */
static void cut_off_all(struct worker *w)
{
	const struct transport_ops *ops = w->shared->ops;
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at))) {
		if (c->state == CONN_HANDSHAKE)
			ops->close(c, CLOSE_SHUTDOWN, false);
		if (c->state == CONN_CLOSING)
			(void)flush(c);
		conn_kill(c);
	}
}

void closing_tick(struct worker *w)
{
	struct closing *k = w->closing;

	if (!k)
		return;
	close_due(w, k);
	if (k->hard_ms && w->now_ms >= k->hard_ms)
		cut_off_all(w);
	else if (!k->hard_ms && k->has_seen_all)
		closing_end(w);
}

void closing_end(struct worker *w)
{
	struct closing *k = w->closing;

	w->closing = NULL;
	for (size_t i = 0; k && i < k->rooms_count; i++)
		lost_rooms_unref(k->rooms[i]);
	free(k);
}
