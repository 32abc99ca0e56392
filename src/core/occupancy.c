/* occupancy: see occupancy.h. */
#include "core/occupancy.h"

#include "core/backend.h"
#include "core/seats_page.h"

void occupancy_init(struct occupancy *o, occupancy_fn on_changed, void *arg)
{
	seats_init(&o->seats);
	o->on_changed = on_changed;
	o->arg = arg;
}

void occupancy_fini(struct occupancy *o)
{
	seats_fini(&o->seats);
}

static void on_change(void *arg, struct slice name, uint64_t hash, int32_t more)
{
	struct occupancy *o = arg;

	seats_add(&o->seats, name, hash, more);
}

/* All seats are ours: what has changed is known at once. */
static void tell(struct occupancy *o)
{
	struct seat *seat;

	while ((seat = seats_send(&o->seats))) {
		struct slice name = seat_name(seat);

		if (seat_user(name).len == 0 && !seat->told != !seat->count)
			o->on_changed(o->arg, name, seat->count > 0);
		seat->told = seat->count;
		seats_arrive(&o->seats, seat);
	}
}

void occupancy_take(struct occupancy *o, struct seats_page *page,
    const struct backend_ops *ops, struct backend *backend)
{
	seats_page_read(page, on_change, o);
	seats_page_free(page);
	if (ops->write_seats)
		ops->write_seats(backend);
	else
		tell(o);
}
