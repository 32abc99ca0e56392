#include "arrivals.h"

void arrivals_init(struct arrivals *a, const struct arrivals_plan *plan,
    void (*on_message)(void *arg, struct wsclient *client), void *arg)
{
	*a = (struct arrivals){ .plan = *plan };
	fleet_init(&a->fleet, &plan->fleet, on_message, arg);
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

void arrivals_turn(struct arrivals *a)
{
	uint64_t now = fleet_clock_ns();

	if (a->start_ns == 0 || now < a->start_ns)
		return;
	fleet_begin_until(&a->fleet, due_now(a, now));
	fleet_turn(&a->fleet, 0);
	if (a->end_ns == 0 && fleet_is_settled(&a->fleet))
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
