/* admin_connections: see admin_connections.h. */
#include "net/admin_connections.h"

#include <errno.h>

#include "core/hub.h"
#include "net/admin_call.h"
#include "net/admin_view.h"
#include "proto/envelope_reason.h"
#include "proto/names.h"

enum { LIMIT_PRESET = 100 };

const char *const admin_connections_params[] = { "room", "user", "address",
	"sort", "limit", "next", NULL };

/* --- the query --- */

static int take_room(
    const struct admin_params *p, struct roster_room *room, struct err *e)
{
	struct slice name = admin_params_text(p, "room");

	if (name.len > 0 && !room_name_is_valid(name))
		return err_set(e, -EINVAL, "room must be " ENVELOPE_ROOM_RULE);
	room->len = name.len;
	(void)slice_put(name, room->name);
	return 0;
}

static int take_user(
    const struct admin_params *p, struct roster_room *room, struct err *e)
{
	struct slice name = admin_params_text(p, "user");

	if (name.len > 0 && !user_name_is_valid(name))
		return err_set(e, -EINVAL, "user must be " ENVELOPE_USER_RULE);
	room->len = name.len > 0 ? room_of_user(name, room->name).len : 0;
	return 0;
}

static int take_address(
    const struct admin_params *p, struct roster_query *q, struct err *e)
{
	struct slice text = admin_params_text(p, "address");

	q->has_address = text.len > 0;
	if (!q->has_address || prefix_parse(&q->address, text, NULL) == 0)
		return 0;
	return err_set(
	    e, -EINVAL, "address must be an address or ADDRESS/BITS");
}

static int take_sort(
    const struct admin_params *p, struct roster_query *q, struct err *e)
{
	struct slice text = admin_params_text(p, "sort");

	q->by_queue = text.len > 0;
	if (!q->by_queue || slice_eq(text, slice_str("queue")))
		return 0;
	return err_set(e, -EINVAL, "sort must be queue, or left out");
}

static int take_place(
    const struct admin_params *p, struct roster_place *place, struct err *e)
{
	uint64_t numbers[3] = { place->queue, place->worker, place->slot };
	int rc = admin_params_place(p, "next", numbers, 3, e);

	*place = (struct roster_place){ numbers[0], (uint32_t)numbers[1],
		(uint32_t)numbers[2] };
	return rc;
}

static int take_query(
    const struct admin_params *p, struct roster_query *q, struct err *e)
{
	uint64_t limit;

	*q = (struct roster_query){ .from = ROSTER_BEGIN };
	if (take_room(p, &q->room, e) < 0 || take_user(p, &q->user, e) < 0 ||
	    take_address(p, q, e) < 0 || take_sort(p, q, e) < 0 ||
	    take_place(p, &q->from, e) < 0 ||
	    admin_params_number(
		p, "limit", ROSTER_LIMIT_MAX, LIMIT_PRESET, &limit, e) < 0)
		return -EINVAL;
	q->limit = (size_t)limit;
	return 0;
}

/* --- the answer --- */

static void on_done(void *arg, struct roster *r)
{
	struct admin_call *c = arg;
	const uint64_t next[3] = { r->next.queue, r->next.worker,
		r->next.slot };
	const bool has_more = r->has_more;
	const char *before = "";

	buf_puts(&c->answer, "{\"connections\": [");
	for (size_t i = 0; i < r->count; i++) {
		const struct buf *text = &r->entries[i].text;

		if (text->len == 0)
			continue;
		buf_puts(&c->answer, before);
		buf_putn(&c->answer, text->data, text->len);
		before = ", ";
	}
	roster_close(r);
	admin_call_finish_list(c, has_more ? next : NULL, 3);
}

static void cancel(void *waiter)
{
	roster_close(waiter);
}

void admin_connections_show(struct admin_call *c)
{
	struct roster_query query;
	struct err e;

	if (take_query(&c->params, &query, &e) < 0)
		admin_call_refuse(
		    c, 400, e.text, "docs/admin.md has the parameters");
	else
		admin_call_wait(c, cancel,
		    hub_list_connections(c->view->hub, &query, on_done, c));
}
