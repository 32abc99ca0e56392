#include "core/run.h"

#include <assert.h>

#include "core/conn.h"
#include "core/deliver.h"
#include "core/fanout.h"
#include "core/message.h"
#include "core/room.h"
#include "core/spares.h"

enum { MEMBERS = 2 }; /* for fewer it costs as much as it saves */

/* --- what goes together --- */

/* Small, for one room, and nobody spared. */
static bool is_simple(const struct message *m)
{
	const struct aim *aim = &m->aim;

	return aim->room_count == 1 && aim->connection_count == 0 &&
	       aim->except_count == 0 && aim->spared_count == 0 &&
	       m->bytes <= RUN_MESSAGE_BYTES;
}

/* Whether m is like first, and for the same room. */
static bool goes_with(const struct message *m, const struct message *first)
{
	const struct aim_room *a = m->aim.rooms, *b = first->aim.rooms;

	return is_simple(m) && a->hash == b->hash &&
	       slice_eq(a->name, b->name) && message_is_like(m, first);
}

static struct room *room_of(const struct worker *w, const struct message *m)
{
	const struct aim_room *room = m->aim.rooms;

	return room_find(&w->rooms, room->name, room->hash);
}

/* How many mails are messages that go with this one, the next mail. */
static uint32_t count_alike(
    const struct worker *w, const struct message *first, size_t most)
{
	const struct message *m;
	uint32_t count = 1;

	while (
	    count < most && (m = fanout_ahead(w, count)) && goes_with(m, first))
		count++;
	return count;
}

uint32_t run_length(const struct worker *w, size_t messages, size_t deliveries)
{
	const struct message *first = fanout_ahead(w, 0);
	const struct room *r;
	size_t most;

	if (w->walk.delivery || !is_simple(first))
		return 1;
	r = room_of(w, first);
	if (!r || r->count < MEMBERS)
		return 1;
	/* No further than may go: else each is looked at many times. */
	most = RUN_STRETCH * deliveries / r->count;
	if (most > messages)
		most = messages;
	return count_alike(w, first, most < RUN_MESSAGES ? most : RUN_MESSAGES);
}

/* --- to the members --- */

/* One after the other; reached[i] grows when that with this number is taken. */
static void deliver_singles(
    struct conn *c, const struct run *run, uint32_t *reached)
{
	for (uint32_t i = 0; i < run->count; i++)
		reached[i] += deliver(c, run->parts[i]);
}

/* Returns how many members have it all; the others are in reached. */
static uint32_t deliver_to_members(
    struct room *r, struct run *run, uint32_t *reached)
{
	const struct member *members = room_members(r);
	uint32_t all = 0;

	for (uint32_t i = 0; i < r->count; i++) {
		room_fetch_ahead(r, members, i);
		members[i].conn->stamp = STAMP_HEARD;
		if (deliver_run(members[i].conn, run))
			all++;
		else
			deliver_singles(members[i].conn, run, reached);
	}
	return all;
}

void run_deliver(struct worker *w, uint32_t length, size_t *count)
{
	struct message *messages[RUN_MESSAGES];
	uint32_t reached[RUN_MESSAGES] = { 0 };
	struct room *r;
	struct run *run;
	uint32_t all;

	assert(length >= 2 && length <= RUN_MESSAGES);
	for (uint32_t i = 0; i < length; i++)
		messages[i] = fanout_ahead(w, i);
	r = room_of(w, messages[0]);
	run = spares_take_run(w, messages, length);
	all = deliver_to_members(r, run, reached);
	*count += all + (r->count - all) * (size_t)length;
	for (uint32_t i = 0; i < length; i++)
		fanout_say_reached(w, messages[i], all + reached[i]);
	spares_unref_delivery(w, &run->whole);
}
