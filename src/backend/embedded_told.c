/* embedded_told: see the header. */
#include "backend/embedded_told.h"

#include "backend/embedded_publisher.h"
#include "base/log.h"
#include "proto/resp_write.h"

enum { EVENTS_UNREAD_MAX = 4 << 20 }; /* more of them: it is closed */

static struct publisher *publisher_of(struct embedded_listener *l)
{
	return container_of(l, struct publisher, session.listener);
}

static void cut_off(struct publisher *p)
{
	log_warn(LOG_EMBEDDED, "events are not read: their listener is closed",
	    kv_str("address", p->address));
	embedded_listener_fini(&p->session.listener);
	embedded_publisher_end_soon(p);
}

static int send_message(struct publisher *p, const struct app_event *event)
{
	struct buf out = { 0 };
	struct resp_writer w = { .out = &out, .is_resp3 = p->session.is_resp3 };
	int rc = -1;

	embedded_events_put_message(p->shared->host.events, event, &w);
	if (!w.is_out_of_memory)
		rc = wire_send(&p->wire, buf_slice(&out));
	buf_fini(&out);
	return rc;
}

static void on_event(struct embedded_listener *l, const struct app_event *event)
{
	struct publisher *p = publisher_of(l);

	if (p->is_leaving)
		return;
	if (l->state == EMBEDDED_WAITING)
		embedded_publisher_run_later(p);
	else if (send_message(p, event) < 0 ||
		 wire_unsent(&p->wire) > EVENTS_UNREAD_MAX)
		cut_off(p);
}

static bool has_unsent(struct embedded_listener *l)
{
	return wire_unsent(&publisher_of(l)->wire) > 0;
}

const struct embedded_events_ops embedded_told_ops = {
	.on_event = on_event,
	.has_unsent = has_unsent,
};
