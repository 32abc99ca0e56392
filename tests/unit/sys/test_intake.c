#include <event2/event.h>

#include "../unit.h"
#include "sys/intake.h"

struct door {
	struct event_base *base;
	struct intake intake;
	bool is_shut;
	int failures_left; /* so often it does not open */
	int opened, again;
};

static void shut(void *arg)
{
	struct door *d = arg;

	d->is_shut = true;
}

static bool open(void *arg)
{
	struct door *d = arg;

	(void)event_base_loopbreak(d->base);
	if (d->failures_left > 0) {
		d->failures_left--;
		return false;
	}
	d->is_shut = false;
	d->opened++;
	return true;
}

static void say_again(void *arg)
{
	struct door *d = arg;

	d->again++;
}

static const struct intake_ops ops = { "test", shut, open, say_again };

static void start(struct door *d)
{
	*d = (struct door){ .base = event_base_new() };
	ck_assert_ptr_nonnull(d->base);
	intake_init(&d->intake, d->base, &ops, d);
}

static void end(struct door *d)
{
	intake_fini(&d->intake);
	event_base_free(d->base);
}

/* Until the timer has fired, as open tells. */
static void run(struct door *d)
{
	ck_assert_int_eq(event_base_dispatch(d->base), 0);
}

static bool is_timer_armed(const struct door *d)
{
	return event_pending(d->intake.timer, EV_TIMEOUT, NULL);
}

START_TEST(a_pause_ends_by_itself)
{
	struct door d;

	start(&d);
	intake_pause(&d.intake);
	ck_assert(d.is_shut);
	run(&d);
	ck_assert(!d.is_shut);
	ck_assert(!d.intake.is_paused);
	ck_assert(!is_timer_armed(&d));
	ck_assert_int_eq(d.again, 0);
	end(&d);
}
END_TEST

START_TEST(what_does_not_open_is_tried_after_another_pause)
{
	struct door d;

	start(&d);
	d.failures_left = 1;
	intake_pause(&d.intake);
	run(&d);
	ck_assert(d.is_shut);
	ck_assert(d.intake.is_paused);
	run(&d);
	ck_assert(!d.is_shut);
	end(&d);
}
END_TEST

START_TEST(it_opens_at_once_when_something_is_free)
{
	struct door d;

	start(&d);
	intake_pause(&d.intake);
	intake_resume(&d.intake);
	ck_assert(!d.is_shut);
	ck_assert(!is_timer_armed(&d));
	end(&d);
}
END_TEST

START_TEST(a_spell_is_told_once_and_ended_once)
{
	struct door d;

	start(&d);
	ck_assert(intake_starve(&d.intake));
	ck_assert(is_timer_armed(&d));
	ck_assert(!intake_starve(&d.intake));
	intake_pause(&d.intake);
	intake_resume(&d.intake);
	ck_assert_int_eq(d.again, 0);
	ck_assert(is_timer_armed(&d)); /* for the end of the spell */
	d.intake.starved.last_ms -= SPELL_CALM_MS;
	intake_resume(&d.intake);
	ck_assert_int_eq(d.again, 1);
	ck_assert(!is_timer_armed(&d));
	end(&d);
}
END_TEST

START_TEST(trouble_within_a_pause_does_not_prolong_it)
{
	struct timeval before, after;
	struct door d;

	start(&d);
	intake_pause(&d.intake);
	(void)event_pending(d.intake.timer, EV_TIMEOUT, &before);
	ck_assert(intake_starve(&d.intake));
	(void)event_pending(d.intake.timer, EV_TIMEOUT, &after);
	ck_assert(evutil_timercmp(&before, &after, ==));
	end(&d);
}
END_TEST

UNIT_MAIN("sys/intake", a_pause_ends_by_itself,
    what_does_not_open_is_tried_after_another_pause,
    it_opens_at_once_when_something_is_free,
    a_spell_is_told_once_and_ended_once,
    trouble_within_a_pause_does_not_prolong_it)
