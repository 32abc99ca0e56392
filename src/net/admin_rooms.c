/* admin_rooms: see admin_rooms.h. */
#include "net/admin_rooms.h"

#include <errno.h>
#include <inttypes.h>

#include "core/hub.h"
#include "net/admin_call.h"
#include "net/admin_view.h"
#include "proto/json_write.h"

enum { LIMIT_PRESET = 100 };

const char *const admin_rooms_params[] = { "prefix", "sort", "limit", "next",
	NULL };

static int take_sort(
    const struct admin_params *p, struct census_query *q, struct err *e)
{
	struct slice sort = admin_params_text(p, "sort");

	q->by_members = sort.len > 0;
	if (q->by_members && !slice_eq(sort, slice_str("members")))
		return err_set(e, -EINVAL, "sort must be members, or left out");
	if (q->by_members && admin_params_text(p, "next").len > 0)
		return err_set(
		    e, -EINVAL, "sort=members has one page: no next");
	return 0;
}

static int take_query(
    const struct admin_params *p, struct census_query *q, struct err *e)
{
	struct slice prefix = admin_params_text(p, "prefix");
	uint64_t limit;

	*q = (struct census_query){ .prefix_len = prefix.len };
	if (prefix.len > sizeof q->prefix)
		return err_set(e, -EINVAL,
		    "prefix must have no more bytes than a room's name, 255");
	(void)slice_put(prefix, q->prefix);
	if (take_sort(p, q, e) < 0 ||
	    admin_params_place(p, "next", &q->from, 1, e) < 0 ||
	    admin_params_number(
		p, "limit", CENSUS_LIMIT_MAX, LIMIT_PRESET, &limit, e) < 0)
		return -EINVAL;
	q->limit = (size_t)limit;
	return 0;
}

static void put_rooms(const struct census *c, struct buf *out)
{
	const char *before = "";

	for (size_t i = 0; i < c->count; i++) {
		const struct census_room *room = &c->rooms[i];

		if (room->members == 0)
			continue;
		buf_printf(out, "%s{\"name\": ", before);
		json_put_string(out, slice_of(room->name, room->len));
		buf_printf(out, ", \"members\": %" PRIu64 "}", room->members);
		before = ", ";
	}
}

static void on_done(void *arg, struct census *census)
{
	struct admin_call *c = arg;
	const uint64_t next = census->next;
	bool is_sorted = census->query.by_members;

	buf_puts(&c->answer, "{");
	if (is_sorted)
		buf_printf(
		    &c->answer, "\"complete\": %s, ", next ? "false" : "true");
	buf_puts(&c->answer, "\"rooms\": [");
	put_rooms(census, &c->answer);
	census_close(census);
	admin_call_finish_list(c, next && !is_sorted ? &next : NULL, 1);
}

static void cancel(void *waiter)
{
	census_close(waiter);
}

void admin_rooms_show(struct admin_call *c)
{
	struct census_query query;
	struct err e;

	if (take_query(&c->params, &query, &e) < 0)
		admin_call_refuse(
		    c, 400, e.text, "docs/admin.md has the parameters");
	else
		admin_call_wait(c, cancel,
		    hub_list_rooms(c->view->hub, &query, on_done, c));
}
