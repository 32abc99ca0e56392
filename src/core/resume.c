#include "core/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/room.h"

/* The rooms' names stand behind the array, in one piece of memory. */
static struct aim_room *copy_rooms(struct conn *c)
{
	const struct membership *m = conn_memberships(c);
	size_t size = c->membership_count * sizeof(struct aim_room);
	struct aim_room *rooms;
	char *names;

	for (uint16_t i = 0; i < c->membership_count; i++)
		size += room_name(m[i].room).len;
	rooms = try_alloc(size + 1);
	if (!rooms)
		return NULL;
	names = (char *)&rooms[c->membership_count];
	for (uint16_t i = 0; i < c->membership_count; i++) {
		struct slice name = room_name(m[i].room);

		memcpy(names, name.ptr, name.len);
		rooms[i] = (struct aim_room){ m[i].room->node.hash,
			slice_of(names, name.len) };
		names += name.len;
	}
	return rooms;
}

static void set_cursor(struct resume *r, struct slice cursor)
{
	if (cursor.len > RESUME_CURSOR_MAX)
		cursor = slice_str("-");
	if (cursor.len > 0)
		memcpy(r->cursor, cursor.ptr, cursor.len);
	r->cursor_len = (uint8_t)cursor.len;
}

struct resume *resume_new(
    struct conn *c, struct slice cursor, int64_t max_age_ms)
{
	struct resume *r = try_alloc(sizeof *r);

	if (!r)
		return NULL;
	*r = (struct resume){
		.form = c->form,
		.max_age_ms = max_age_ms,
		.reader = {
			.rooms = copy_rooms(c),
			.room_count = c->membership_count,
			.connection = { c->serial, c->worker->index, c->slot },
		},
	};
	if (!r->reader.rooms) {
		free(r);
		return NULL;
	}
	list_init(&r->link);
	set_cursor(r, cursor);
	history_sort(&r->reader);
	return r;
}

static void give_back(struct message *m, struct metrics *metrics)
{
	size_t bytes = message_unref(m);

	if (metrics)
		metrics_sub(metrics, METRIC_QUEUED_MEMORY, bytes);
}

void resume_drop_page(struct resume *r, struct metrics *metrics)
{
	for (uint32_t i = 0; i < r->page_count; i++)
		give_back(r->page[i], metrics);
	free(r->page);
	r->page = NULL;
	r->page_count = r->page_cap = r->message_count = 0;
	r->page_bytes = 0;
}

void resume_free(struct resume *r, struct metrics *metrics)
{
	if (!r)
		return;
	resume_drop_page(r, metrics);
	if (r->first)
		give_back(r->first, metrics);
	free(r->reader.rooms);
	free(r);
}

static int grow_page(struct resume *r)
{
	uint32_t cap = r->page_cap ? 2 * r->page_cap : 8;
	struct message **page = try_realloc(r->page, cap * sizeof(*page));

	if (!page)
		return -ENOMEM;
	r->page = page;
	r->page_cap = cap;
	return 0;
}

int resume_add(struct resume *r, struct message *m, struct metrics *metrics)
{
	if (r->page_count == r->page_cap && grow_page(r) < 0) {
		give_back(m, metrics);
		return -ENOMEM;
	}
	r->page[r->page_count++] = m;
	return 0;
}
