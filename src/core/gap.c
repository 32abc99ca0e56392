#include "core/gap.h"

#include "base/log.h"
#include "base/slots.h"
#include "conf/conf_route.h"
#include "core/closing.h"
#include "core/conn.h"
#include "core/deliver.h"
#include "core/lost_rooms.h"
#include "core/mail.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/spares.h"
#include "core/worker.h"
#include "proto/sse.h"

static void close_all(size_t connections, struct outbox *outbox)
{
	log_warn(LOG_HUB, "messages may have been missed: closing all clients",
	    kv_int("connections", (int64_t)connections),
	    kv_int("per_second", CLOSING_RATE));
	outbox_post_all(outbox, MAIL_CLOSE_ALL, CLOSE_GAP);
}

/*
 * Its frames are of the kind that the welcome has; an event has a name of its
 * own, so that it comes to nobody who does not expect it.
 */
static struct message *make_note(uint32_t refs, struct metrics *metrics)
{
	static const struct aim nobody; /* who gets it is not in it */
	const struct sse_event event = { .type = SSE_GAP };
	const struct message_parts parts = {
		.content = slice_str("{\"type\":\"roomcast.gap\"}"),
		.kind = CONTENT_TEXT,
		.kinds = 1 << MESSAGE_AS_TEXT | 1 << MESSAGE_AS_BINARY |
			 1 << MESSAGE_AS_EVENT,
		.event = &event,
	};
	struct message *m = message_new(&parts, &nobody, refs);

	if (m)
		metrics_add(metrics, METRIC_QUEUED_MEMORY, m->bytes);
	return m;
}

static bool tell_all(
    size_t connections, struct outbox *outbox, struct metrics *metrics)
{
	struct message *m;

	if (outbox_count(outbox) == 0)
		return true;
	m = make_note(outbox_count(outbox), metrics);
	if (!m)
		return false;
	log_warn(LOG_HUB,
	    "messages may have been missed: telling clients with a welcome",
	    kv_int("connections", (int64_t)connections));
	outbox_add(outbox, MAIL_GAP, m, m->bytes, outbox_all(outbox));
	return true;
}

bool gap_begin(enum conf_gap answer, size_t connections, struct outbox *outbox,
    struct metrics *metrics)
{
	switch (answer) {
	case CONF_GAP_IGNORE:
		break;
	case CONF_GAP_NOTIFY:
		return tell_all(connections, outbox, metrics);
	case CONF_GAP_CLOSE:
		close_all(connections, outbox);
		break;
	}
	return true;
}

/* Behind what they get before it. */
static void post_rooms(
    struct outbox *outbox, struct lost_rooms *rooms, struct message *told)
{
	outbox_post(outbox);
	for (unsigned i = 0; i < outbox->worker_count; i++)
		outbox_post_one(outbox, i, MAIL_ROOMS_GAP,
		    rooms_gap_new(lost_rooms_ref(rooms), told));
}

bool gap_begin_rooms(enum conf_gap answer, struct lost_rooms *rooms,
    struct outbox *outbox, struct metrics *metrics)
{
	struct message *told = NULL;

	if (answer == CONF_GAP_IGNORE)
		return true;
	if (answer == CONF_GAP_NOTIFY) {
		told = make_note(outbox->worker_count, metrics);
		if (!told)
			return false;
	}
	log_warn(LOG_HUB, "messages of some rooms may have been missed",
	    kv_str("members", told ? "told" : "closed"));
	post_rooms(outbox, rooms, told);
	return true;
}

/* Who is not in yet gets what is published from then on. */
static bool is_told(const struct conn *c)
{
	return c->state == CONN_OPEN && !(c->form & MESSAGE_WITH_ID) &&
	       (c->route->welcome || c->form & MESSAGE_EVENT);
}

void gap_tell(struct worker *w, struct message *m)
{
	struct delivery *d = spares_take_delivery(w, m);
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at)))
		if (is_told(c))
			(void)deliver(c, d);
	spares_unref_delivery(w, d);
}

static void tell_members(struct worker *w, const struct rooms_gap *gap)
{
	struct delivery *d = spares_take_delivery(w, gap->told);
	uint32_t at = 0;
	struct conn *c;

	while ((c = slots_next(&w->slots, &at)))
		if (is_told(c) && membership_is_lost(c, gap->rooms))
			(void)deliver(c, d);
	spares_unref_delivery(w, d);
}

size_t gap_take_rooms(struct worker *w, struct rooms_gap *gap)
{
	if (gap->told) {
		tell_members(w, gap);
		gap->told = NULL; /* the delivery had it */
	} else {
		closing_begin(w, CLOSE_GAP, lost_rooms_ref(gap->rooms));
	}
	rooms_gap_free(gap);
	return w->conn_count;
}
