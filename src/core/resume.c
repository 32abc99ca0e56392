#include "core/resume.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/room.h"

/* Of all that resume_copy_rooms copies. */
static size_t size_of_copy(struct conn *c)
{
	const struct membership *m = conn_memberships(c);
	size_t size = c->membership_count * sizeof(struct aim_room);

	for (uint16_t i = 0; i < c->membership_count; i++)
		size += room_name(m[i].room).len;
	return size;
}

struct aim_room *resume_copy_rooms(struct conn *c)
{
	const struct membership *m = conn_memberships(c);
	struct aim_room *rooms = try_alloc(size_of_copy(c) + 1);
	char *names;

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

/* What it was called: names of their own memory. 0 or -ENOMEM. */
static int copy_aliases(struct resume *r, const struct conn *c)
{
	const struct aliases *aliases = aliases_find(c);
	size_t size = 0;
	char *out;

	if (!aliases)
		return 0;
	for (uint32_t i = 0; i < aliases->count; i++)
		size += aliases->names[i].name.len;
	out = r->alias_text = try_alloc(size + 1);
	if (!out)
		return -ENOMEM;
	for (uint32_t i = 0; i < aliases->count; i++) {
		struct slice name = aliases->names[i].name;

		memcpy(out, name.ptr, name.len);
		r->aliases[i] = slice_of(out, name.len);
		out += name.len;
	}
	r->reader.aliases = r->aliases;
	r->reader.alias_count = aliases->count;
	return 0;
}

static void set_address(struct resume *r, const struct conn *c)
{
	struct ip ip;
	uint16_t port;

	r->has_address = conn_address(c, &ip, &port);
	if (r->has_address)
		r->address = ip_subscriber(&ip);
}

struct resume *resume_new(struct conn *c)
{
	struct resume *r = try_alloc(sizeof *r);

	if (!r)
		return NULL;
	*r = (struct resume){
		.form = c->form,
		.reader = {
			.until = UINT64_MAX,
			.connection = { c->serial, c->worker->index, c->slot },
		},
	};
	list_init(&r->link);
	set_address(r, c);
	if (copy_aliases(r, c) < 0 || resume_set_rooms(r, resume_copy_rooms(c),
					  c->membership_count) < 0) {
		resume_free(r, NULL);
		return NULL;
	}
	return r;
}

int resume_set_rooms(struct resume *r, struct aim_room *rooms, size_t count)
{
	if (!rooms)
		return -ENOMEM;
	free(r->reader.names.rooms);
	r->reader.names.rooms = rooms;
	r->reader.names.count = count;
	history_reader_sort(&r->reader);
	return 0;
}

void resume_set_cursor(struct resume *r, struct slice cursor)
{
	if (cursor.len > RESUME_CURSOR_MAX)
		cursor = slice_str("-");
	if (cursor.len > 0)
		memcpy(r->cursor, cursor.ptr, cursor.len);
	r->cursor_len = (uint8_t)cursor.len;
}

static void give_back(struct message *m, struct metrics *metrics)
{
	size_t bytes = message_unref(m);

	if (metrics)
		metrics_sub(metrics, METRIC_QUEUED_MEMORY, bytes);
}

/* Whether what is in a page comes behind this position. */
static bool is_behind(const struct message *m, uint64_t position)
{
	return m->note ? m->after > position : m->after >= position;
}

void resume_cut(struct resume *r, uint64_t position, struct metrics *metrics)
{
	assert(position >= r->from);
	if (r->position <= position)
		return;
	while (r->page_count > 0 &&
	       is_behind(r->page[r->page_count - 1], position))
		give_back(r->page[--r->page_count], metrics);
	r->position = position;
	r->is_live = false;
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
	free(r->reader.names.rooms);
	free(r->alias_text);
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
