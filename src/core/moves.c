#include "core/moves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/resume.h"

struct move {
	uint64_t position;
	/*
	 * Owned: what it was in from there on. NULL in the last one: what it is
	 * in.
	 */
	struct aim_room *rooms;
	size_t room_count;
};

/* Of one connection, in order; by its serial. */
struct moves {
	struct map_node node;
	unsigned count;
	struct move items[MOVES_MAX];
};

static struct moves *find(const struct conn *c)
{
	struct map_node *node = NULL;

	if (c->behind == CONN_BEHIND_MOVED)
		node = map_find(&c->worker->moves, c->serial);
	return node ? container_of(node, struct moves, node) : NULL;
}

static struct moves *find_or_make(struct conn *c)
{
	struct moves *m = find(c);

	if (m)
		return m;
	m = try_alloc(sizeof *m);
	if (!m)
		return NULL;
	m->count = 0;
	map_add(&c->worker->moves, &m->node, c->serial);
	c->behind = CONN_BEHIND_MOVED;
	return m;
}

/* What holds from the last move on is no longer what the connection is in. */
static int settle_last(struct conn *c, struct moves *m)
{
	struct move *last;

	if (m->count == 0)
		return 0;
	last = &m->items[m->count - 1];
	last->rooms = resume_copy_rooms(c);
	last->room_count = c->membership_count;
	return last->rooms ? 0 : -ENOMEM;
}

static void lose(struct conn *c)
{
	moves_forget(c);
	c->behind = CONN_BEHIND_LOST;
}

void moves_note(struct conn *c, uint64_t position)
{
	struct moves *m;

	if (c->behind == CONN_BEHIND_LOST)
		return;
	m = find_or_make(c);
	/* One command may find it by several names. */
	if (m && m->count > 0 && m->items[m->count - 1].position == position)
		return;
	if (!m || m->count == MOVES_MAX || settle_last(c, m) < 0)
		lose(c);
	else
		m->items[m->count++] = (struct move){ .position = position };
}

uint64_t moves_next(const struct conn *c)
{
	const struct moves *m = find(c);

	return m ? m->items[0].position : UINT64_MAX;
}

/* The rooms from its first move on, which are the caller's. */
static struct aim_room *take_rooms(
    struct conn *c, struct moves *m, size_t *count)
{
	struct move first = m->items[0];

	if (m->count == 1) {
		moves_forget(c);
		*count = c->membership_count;
		return resume_copy_rooms(c);
	}
	m->count--;
	memmove(&m->items[0], &m->items[1], m->count * sizeof m->items[0]);
	*count = first.room_count;
	return first.rooms;
}

int moves_pass(struct conn *c, struct resume *r)
{
	struct moves *m;
	int status = 0;

	while (status == 0 && (m = find(c)) &&
	       m->items[0].position <= r->position) {
		size_t count;
		struct aim_room *rooms = take_rooms(c, m, &count);

		status = resume_set_rooms(r, rooms, count);
	}
	return status;
}

void moves_forget(struct conn *c)
{
	struct moves *m = find(c);

	if (!m)
		return;
	for (unsigned i = 0; i < m->count; i++)
		free(m->items[i].rooms);
	map_del(&c->worker->moves, &m->node);
	free(m);
	c->behind = CONN_BEHIND;
}
