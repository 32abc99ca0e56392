#include "core/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/room.h"

static size_t names_size(struct conn *c, const struct aliases *aliases)
{
	const struct membership *m = conn_memberships(c);
	size_t size = 0;

	for (uint16_t i = 0; i < c->membership_count; i++)
		size += room_name(m[i].room).len;
	for (uint32_t i = 0; aliases && i < aliases->count; i++)
		size += aliases->names[i].name.len;
	return size;
}

static struct slice copy_name(char **out, struct slice name)
{
	struct slice copy = slice_of(*out, name.len);

	memcpy(*out, name.ptr, name.len);
	*out += name.len;
	return copy;
}

/*
 * Its rooms, and what it was called; the names stand behind the rooms, in one
 * piece of memory. 0 or -ENOMEM.
 */
static int copy_names(struct resume *r, struct conn *c)
{
	const struct membership *m = conn_memberships(c);
	const struct aliases *aliases = aliases_find(c);
	struct history_reader *reader = &r->reader;
	size_t size = c->membership_count * sizeof *reader->rooms;
	char *out;

	reader->rooms = try_alloc(size + names_size(c, aliases) + 1);
	if (!reader->rooms)
		return -ENOMEM;
	out = (char *)reader->rooms + size;
	for (uint16_t i = 0; i < c->membership_count; i++)
		reader->rooms[i] = (struct aim_room){ m[i].room->node.hash,
			copy_name(&out, room_name(m[i].room)) };
	reader->room_count = c->membership_count;
	for (uint32_t i = 0; aliases && i < aliases->count; i++)
		r->aliases[i] = copy_name(&out, aliases->names[i].name);
	reader->aliases = r->aliases;
	reader->alias_count = aliases ? aliases->count : 0;
	return 0;
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
			.connection = { c->serial, c->worker->index, c->slot },
		},
	};
	if (copy_names(r, c) < 0) {
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
