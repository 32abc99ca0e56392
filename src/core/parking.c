#include "core/parking.h"

#include "core/backend.h"
#include "core/history.h"
#include "core/metrics.h"
#include "core/replay.h"
#include "core/resume.h"

static struct resume *first_of(struct list *l)
{
	return container_of(l->next, struct resume, link);
}

/* --- life --- */

void parking_init(struct parking *p, struct replays *replays,
    struct metrics *metrics, int64_t heartbeat_ms, struct slice nowhere)
{
	*p = (struct parking){
		.replays = replays,
		.metrics = metrics,
		.max_ms = PARKING_BEATS * heartbeat_ms,
	};
	list_init(&p->waiting);
	memcpy(p->nowhere, nowhere.ptr, nowhere.len);
}

void parking_open(
    struct parking *p, const struct backend_ops *ops, struct backend *backend)
{
	p->ops = ops;
	p->backend = backend;
}

static void show(const struct parking *p)
{
	metrics_set(p->metrics, METRIC_RESUMES_PARKED, p->count);
}

static void park(struct parking *p, struct resume *r)
{
	list_add(&p->waiting, &r->link);
	p->count++;
	show(p);
}

static struct resume *unpark(struct parking *p, struct resume *r)
{
	list_del(&r->link);
	p->count--;
	show(p);
	return r;
}

void parking_fini(struct parking *p)
{
	while (!list_is_empty(&p->waiting))
		resume_free(unpark(p, first_of(&p->waiting)), p->metrics);
}

/* --- who waits for what --- */

static bool is_placed(const struct parking *p)
{
	return history_is_placed(p->replays->pages.history);
}

/* One that is at hand was asked for too early for who comes now. */
static void ask_if_wanted(struct parking *p, int64_t now_ms)
{
	if (!p->wants_barrier || p->asked > p->answered ||
	    !bucket_take(&p->barriers, PARKING_BARRIERS, now_ms))
		return;
	p->wants_barrier = false;
	p->asked++;
	p->ops->ask_barrier(p->backend);
}

/* r waits for nobody: there is a gap, perhaps at its cursor's position. */
static void give_up(struct parking *p, struct resume *r, int64_t now_ms)
{
	if (is_placed(p))
		(void)replays_take(p->replays, r, now_ms, true);
	else
		replays_refuse(p->replays, r, slice_str(p->nowhere),
		    METRIC_RESUMES_GAP_VOID);
}

/* Where it goes: to a page, or behind all that wait. */
static void look(struct parking *p, struct resume *r, int64_t now_ms)
{
	r->barrier = 0;
	if (is_placed(p)) {
		if (replays_take(p->replays, r, now_ms, !p->ops->ask_barrier))
			return;
		r->barrier = p->asked + 1;
		p->wants_barrier = true;
	}
	park(p, r);
}

static void look_at_all(struct parking *p, int64_t now_ms)
{
	p->wants_barrier = false;
	for (size_t left = p->count; left > 0; left--) {
		struct resume *r = unpark(p, first_of(&p->waiting));

		if (r->barrier > 0 && r->barrier <= p->answered)
			give_up(p, r, now_ms); /* nobody has given it out */
		else
			look(p, r, now_ms);
	}
	ask_if_wanted(p, now_ms);
}

void parking_take(struct parking *p, struct resume *r, int64_t now_ms)
{
	r->parked_ms = now_ms;
	look(p, r, now_ms);
	ask_if_wanted(p, now_ms);
}

/* --- what the backend says --- */

void parking_placed(struct parking *p, int64_t now_ms)
{
	look_at_all(p, now_ms);
}

void parking_void(struct parking *p, int64_t now_ms)
{
	struct resume *r;

	p->answered = p->asked = 0;
	p->wants_barrier = false;
	list_foreach (link, &p->waiting)
		container_of(link, struct resume, link)->barrier = 0;
	while ((r = replays_take_back(p->replays)))
		parking_take(p, r, now_ms);
}

void parking_answered(struct parking *p, int64_t now_ms)
{
	if (p->asked == p->answered)
		return;
	p->answered = p->asked;
	look_at_all(p, now_ms);
}

void parking_tick(struct parking *p, int64_t now_ms)
{
	while (!list_is_empty(&p->waiting) &&
	       now_ms - first_of(&p->waiting)->parked_ms >= p->max_ms)
		give_up(p, unpark(p, first_of(&p->waiting)), now_ms);
	ask_if_wanted(p, now_ms);
}
