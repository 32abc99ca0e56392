#include "feeder.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fleet.h"

enum { BURST = 32, PENDING_MAX = 4 << 20 };

void feeder_init(
    struct feeder *f, const struct feeder_plan *plan, struct publish *publish)
{
	*f = (struct feeder){ .plan = *plan, .publish = publish, .random = 1 };
	f->rooms = xcalloc(plan->rooms, sizeof *f->rooms);
	f->waiting = xcalloc(FEEDER_WINDOW_MAX, sizeof *f->waiting);
}

void feeder_fini(struct feeder *f)
{
	free(f->rooms);
	free(f->waiting);
}

void feeder_add_member(struct feeder *f, uint32_t room)
{
	f->rooms[room].members++;
}

static uint32_t *waiting_of(struct feeder *f, uint64_t number)
{
	return &f->waiting[number % FEEDER_WINDOW_MAX];
}

static void advance(struct feeder *f)
{
	while (f->oldest < f->published && *waiting_of(f, f->oldest) == 0)
		f->oldest++;
}

void feeder_on_delivery(struct feeder *f, uint64_t number)
{
	if (number < f->oldest || number >= f->published ||
	    *waiting_of(f, number) == 0)
		return; /* was forgotten */
	--*waiting_of(f, number);
	if (number == f->oldest)
		advance(f);
}

uint64_t feeder_in_flight(const struct feeder *f)
{
	return f->published - f->oldest;
}

void feeder_forget(struct feeder *f)
{
	f->oldest = f->published;
}

uint64_t feeder_next_ns(const struct feeder *f)
{
	if (f->plan.rate == 0 || f->is_over)
		return 0;
	return f->start_ns + f->published * 1000000000u / f->plan.rate;
}

/* The same rooms in every run: a xorshift from the same seed. */
static uint32_t next_room(struct feeder *f)
{
	if (!f->plan.is_random)
		return (uint32_t)(f->published % f->plan.rooms);
	f->random ^= f->random << 13;
	f->random ^= f->random >> 7;
	f->random ^= f->random << 17;
	return (uint32_t)((f->random >> 32) % f->plan.rooms);
}

static void publish_one(struct feeder *f)
{
	uint32_t room = next_room(f);
	struct feeder_room *r = &f->rooms[room];
	struct payload p = {
		.seq = r->published++, .number = f->published, .room = room
	};
	char name[256];

	fleet_expand(name, sizeof name, f->plan.room, room);
	p.sent_ns = fleet_clock_ns();
	publish_add(f->publish, name, &p, f->plan.size);
	*waiting_of(f, f->published) = r->members;
	f->expected += r->members;
	f->published++;
	f->last_ns = p.sent_ns;
}

static bool is_due(struct feeder *f, uint64_t now_ns)
{
	if (f->plan.messages && f->published >= f->plan.messages)
		f->is_over = true;
	if (f->plan.length_ns && now_ns - f->start_ns >= f->plan.length_ns)
		f->is_over = true;
	if (f->is_over || feeder_next_ns(f) > now_ns)
		return false;
	if (feeder_in_flight(f) >= f->plan.window) {
		if (f->plan.rate && f->held_mark != f->published) {
			f->held_mark = f->published;
			f->held_back++;
		}
		return false;
	}
	return publish_pending(f->publish) < PENDING_MAX;
}

int feeder_pump(struct feeder *f, uint64_t now_ns)
{
	if (f->start_ns == 0)
		f->start_ns = now_ns;
	while (is_due(f, now_ns)) {
		for (int i = 0; i < BURST && is_due(f, now_ns); i++)
			publish_one(f);
		if (publish_flush(f->publish) < 0)
			return -EIO;
	}
	advance(f);
	return publish_flush(f->publish);
}
