#include "arrivals.h"

enum { PATIENCE_NS = 2000000000 };

/* What it missed comes in order, and nothing else does. */
static void on_message(void *arg, struct wsclient *c)
{
	struct arrivals *a = arg;

	if (!c->is_ours || c->message.room != c->room ||
	    c->message.seq != c->next_seq || c->next_seq == a->plan.missed) {
		a->wrong++;
		return;
	}
	if (++c->next_seq == a->plan.missed)
		histogram_add(&a->caught_up, a->fleet.now_ns - c->started_ns);
}

void arrivals_init(struct arrivals *a, const struct arrivals_plan *plan)
{
	*a = (struct arrivals){ .plan = *plan };
	fleet_init(&a->fleet, &plan->fleet, on_message, a);
}

void arrivals_fini(struct arrivals *a)
{
	fleet_fini(&a->fleet);
}

void arrivals_start(struct arrivals *a, uint64_t start_ns)
{
	a->start_ns = start_ns;
}

/* By the rate, a late answer holds back nobody who is due. */
static size_t due_now(const struct arrivals *a, uint64_t now)
{
	if (a->plan.rate == 0)
		return a->plan.fleet.connections;
	return (size_t)((now - a->start_ns) * a->plan.rate / 1000000000u) + 1;
}

uint64_t arrivals_lacking(const struct arrivals *a)
{
	return a->plan.missed ? a->fleet.open - a->caught_up.count : 0;
}

static bool is_complete(const struct arrivals *a)
{
	return fleet_is_settled(&a->fleet) &&
	       (arrivals_lacking(a) == 0 ||
		   fleet_clock_ns() - a->fleet.now_ns > PATIENCE_NS);
}

void arrivals_turn(struct arrivals *a)
{
	uint64_t now = fleet_clock_ns();

	if (a->start_ns == 0 || now < a->start_ns)
		return;
	fleet_begin_until(&a->fleet, due_now(a, now));
	fleet_turn(&a->fleet, 0);
	if (a->end_ns == 0 && is_complete(a))
		a->end_ns = fleet_clock_ns();
}

bool arrivals_is_busy(const struct arrivals *a)
{
	return a->fleet.begun > 0 && a->end_ns == 0;
}

bool arrivals_is_over(const struct arrivals *a)
{
	return a->end_ns > 0;
}
