/* conn_text: see conn_text.h. */
#include "core/conn_text.h"

#include <inttypes.h>

#include "conf/conf.h"
#include "core/conn.h"
#include "core/membership.h"
#include "core/message.h"
#include "core/room.h"
#include "core/transport.h"
#include "proto/json_write.h"

static const char *state_name(const struct conn *c)
{
	return c->state == CONN_WAITING ? "waiting"
	       : c->state == CONN_OPEN  ? "open"
					: "closing";
}

static void put_address(const struct conn *c, struct buf *out)
{
	char client[CONN_CLIENT_MAX];

	conn_client(c, client);
	buf_puts(out, ", \"address\": ");
	json_put_string(out, slice_str(client));
}

static void put_user(const struct conn *c, struct buf *out)
{
	buf_puts(out, ", \"user\": ");
	if (c->has_user)
		json_put_string(out, membership_user(c));
	else
		buf_puts(out, "null");
}

static void put_rooms(const struct conn *c, struct buf *out)
{
	const struct membership *m = conn_memberships(c) + c->has_user;
	unsigned count = conn_room_count(c);

	buf_puts(out, ", \"rooms\": [");
	for (unsigned i = 0; i < count && i < CONN_TEXT_ROOMS_MAX; i++) {
		buf_puts(out, i > 0 ? ", " : "");
		json_put_string(out, room_name(m[i].room));
	}
	buf_printf(out, "], \"room_count\": %u", count);
}

static void put_age(const struct conn *c, struct buf *out)
{
	if (c->state == CONN_WAITING)
		buf_puts(out, ", \"age_ms\": null");
	else
		buf_printf(out, ", \"age_ms\": %" PRId64, conn_age_ms(c));
}

/* The socket counts them: no delivery has to. */
static void put_sent(const struct conn *c, struct buf *out)
{
	int64_t sent = c->worker->shared->ops->sent(c);

	if (sent < 0)
		buf_puts(out, ", \"sent_bytes\": null");
	else
		buf_printf(out, ", \"sent_bytes\": %" PRId64, sent);
}

static void put_round_trip(const struct conn *c, struct buf *out)
{
	if (c->state != CONN_OPEN || c->round_trip_ms == 0)
		buf_puts(out, ", \"round_trip_ms\": null");
	else
		buf_printf(
		    out, ", \"round_trip_ms\": %" PRIu32, c->round_trip_ms);
}

void conn_put_text(struct conn *c, uint64_t queue, struct buf *out)
{
	char id[CONN_ID_LEN + 1];

	conn_id(c, id);
	buf_printf(
	    out, "{\"id\": \"%s\", \"state\": \"%s\"", id, state_name(c));
	put_user(c, out);
	put_address(c, out);
	buf_puts(out, ", \"route\": ");
	json_put_string(out, slice_str(c->route->path));
	buf_printf(out, ", \"transport\": \"%s\"",
	    c->form & MESSAGE_EVENT ? "sse" : "websocket");
	put_rooms(c, out);
	put_age(c, out);
	buf_printf(out, ", \"queue_bytes\": %" PRIu64, queue);
	put_sent(c, out);
	put_round_trip(c, out);
	buf_printf(out, ", \"worker\": %u}", c->worker->index);
}
