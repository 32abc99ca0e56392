#include "core/pulse.h"

#include "base/clock.h"
#include "base/log.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/worker.h"

void pulse_init(struct pulse *p, struct outbox *outbox)
{
	*p = (struct pulse){ .outbox = outbox };
}

static int64_t lag_of(const struct pulse_worker *w, int64_t now_ms)
{
	return w->is_asked ? now_ms - w->asked_ms : w->lag_ms;
}

static void set_lag(struct pulse *p, unsigned i, int64_t now_ms)
{
	struct metrics *m = &p->outbox->workers[i]->metrics;

	metrics_set(
	    m, METRIC_WORKER_LAG, (uint64_t)lag_of(&p->workers[i], now_ms));
}

static void on_answer(struct ask *a, void *arg)
{
	pulse_answered(arg, a->worker, clock_ms());
}

static void ask_worker(struct pulse *p, unsigned i, int64_t now_ms)
{
	struct pulse_worker *w = &p->workers[i];

	w->is_asked = true;
	w->asked_ms = now_ms;
	w->ask.on_answer = on_answer;
	w->ask.arg = p;
	ask(p->outbox, i, &w->ask);
}

static void judge(struct pulse *p, unsigned i, int64_t now_ms)
{
	struct pulse_worker *w = &p->workers[i];
	int64_t lag = now_ms - w->asked_ms;

	if (w->is_late || lag < PULSE_LATE_MS)
		return;
	w->is_late = true;
	log_error(LOG_HUB, "a worker is stuck: it does not answer",
	    kv_int("worker", i), kv_int("waited_ms", lag));
}

/*
 * Where this thread itself has not run (the process was stopped, the machine
 * slept), nobody can tell who would have answered meanwhile.
 */
static void forgive(struct pulse *p, int64_t now_ms)
{
	int64_t missed = now_ms - p->beat_ms - PULSE_ASK_MS;

	if (p->beat_ms > 0 && missed > PULSE_ASK_MS)
		for (unsigned i = 0; i < p->outbox->worker_count; i++)
			p->workers[i].asked_ms += missed;
	p->beat_ms = now_ms;
}

void pulse_beat(struct pulse *p, int64_t now_ms)
{
	forgive(p, now_ms);
	for (unsigned i = 0; i < p->outbox->worker_count; i++) {
		const struct pulse_worker *w = &p->workers[i];

		if (w->has_ended)
			continue;
		if (w->is_asked)
			judge(p, i, now_ms);
		else
			ask_worker(p, i, now_ms);
		set_lag(p, i, now_ms);
	}
}

void pulse_answered(struct pulse *p, unsigned worker, int64_t now_ms)
{
	struct pulse_worker *w = &p->workers[worker];

	if (w->has_ended)
		return;
	w->is_asked = false;
	w->lag_ms = now_ms > w->asked_ms ? now_ms - w->asked_ms : 0;
	if (w->is_late)
		log_info(LOG_HUB, "the worker answers again",
		    kv_int("worker", worker), kv_int("waited_ms", w->lag_ms));
	w->is_late = false;
	set_lag(p, worker, now_ms);
}

void pulse_ended(struct pulse *p, unsigned worker)
{
	struct pulse_worker *w = &p->workers[worker];

	/* Its ask stays as it is: the answer may be under way. */
	w->has_ended = true;
	w->is_asked = w->is_late = false;
	w->lag_ms = 0;
	set_lag(p, worker, 0);
}

int pulse_find_late(const struct pulse *p)
{
	for (unsigned i = 0; i < p->outbox->worker_count; i++)
		if (p->workers[i].is_late)
			return (int)i;
	return -1;
}
