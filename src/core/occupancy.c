/* occupancy: see occupancy.h. */
#include "core/occupancy.h"

#include "core/backend.h"
#include "core/seat_rounds.h"
#include "core/seats_page.h"

void occupancy_init(struct occupancy *o, occupancy_fn on_changed, void *arg)
{
	seats_init(&o->seats, SEAT_ROUNDS);
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

	if (more != 0)
		seats_add(&o->seats, name, hash, more);
	else
		seats_touch(&o->seats, name, hash);
}

void occupancy_take(struct occupancy *o, struct seats_page *page)
{
	seats_page_read(page, on_change, o);
	seats_page_free(page);
}

/* All seats are ours: what has changed is known at once. */
static void tell(struct occupancy *o)
{
	struct seat *seat;

	while ((seat = seats_send(&o->seats))) {
		struct slice name = seat_name(seat);

		if (seat_user(name).len == 0 && !seat->told != !seat->taken)
			o->on_changed(o->arg, name, seat->taken > 0);
		seats_arrive(&o->seats, seat);
	}
}

void occupancy_tell(
    struct occupancy *o, const struct backend_ops *ops, struct backend *backend)
{
	if (ops->write_seats)
		ops->write_seats(backend);
	else
		tell(o);
}
