#include "core/replay.h"

#include "base/clock.h"
#include "core/allowances.h"
#include "core/history.h"
#include "core/mail.h"
#include "core/outbox.h"
#include "core/resume.h"

/*
 * What a turn of the hub may cost: steps of core/history_collect, about a
 * nanosecond or two each, and pages.
 */
enum {
	TURN_STEPS = 1 << 19, /* about a millisecond */
	TURN_PAGES = 64,
	LOOK_STEPS = 64, /* what it costs to look at one */
};

void replays_init(struct replays *s, struct history *history,
    struct allowances *allowances, struct outbox *outbox,
    struct metrics *metrics, size_t queue_bytes)
{
	*s = (struct replays){
		.allowances = allowances,
		.outbox = outbox,
	};
	pages_init(&s->pages, history, metrics, queue_bytes);
	list_init(&s->waiting);
	list_init(&s->delayed);
}

void replays_fini(struct replays *s)
{
	struct resume *r;

	while ((r = replays_take_back(s)))
		resume_free(r, s->pages.metrics);
}

/* --- who waits --- */

static struct resume *resume_of(struct list *link)
{
	return container_of(link, struct resume, link);
}

/* Whoever has no cursor begins where the past ends, once that is known. */
static bool begins_behind_past(const struct replays *s, const struct resume *r)
{
	return s->reads_past && r->state == RESUME_ASKS && r->cursor_len == 0;
}

static bool begin(
    struct replays *s, struct resume *r, int64_t now_ms, bool is_final)
{
	if (r->state == RESUME_ASKS &&
	    !pages_begin(&s->pages, r, now_ms, is_final))
		return false;
	r->from = r->position;
	return true;
}

bool replays_take(
    struct replays *s, struct resume *r, int64_t now_ms, bool is_final)
{
	if (!begins_behind_past(s, r) && !begin(s, r, now_ms, is_final))
		return false;
	r->asked_ms = now_ms;
	list_add(&s->waiting, &r->link);
	return true;
}

struct resume *replays_take_back(struct replays *s)
{
	struct list *from =
	    list_is_empty(&s->waiting) ? &s->delayed : &s->waiting;
	struct resume *r;

	if (list_is_empty(from))
		return NULL;
	r = resume_of(from->next);
	list_del(&r->link);
	return r;
}

/* --- whose turn it is --- */

static void post(struct replays *s, struct resume *r)
{
	allowances_leave(s->allowances, r, clock_ms());
	outbox_add(s->outbox, MAIL_REPLAY, r, resume_bytes(r),
	    UINT64_C(1) << r->reader.connection.worker);
}

void replays_refuse(
    struct replays *s, struct resume *r, struct slice id, enum metric outcome)
{
	pages_make_gap(&s->pages, r, id, outcome);
	post(s, r);
}

/*
 * Whether its worker has enough to do: what is live would wait behind another
 * page. One a turn is made all the same: it is not always for pages that there
 * is so much.
 */
static bool is_ahead(const struct replays *s, const struct resume *r)
{
	return outbox_waiting(s->outbox, r->reader.connection.worker) >
	       PAGES_MAX_BYTES;
}

static void delay(struct replays *s, struct resume *r)
{
	list_del(&r->link);
	list_add(&s->delayed, &r->link);
	metrics_inc(s->pages.metrics, METRIC_RESUMES_DELAYED);
}

bool replays_turn(struct replays *s)
{
	int64_t now_ms = clock_ms();
	size_t steps = TURN_STEPS;
	unsigned made = 0;

	while (!list_is_empty(&s->waiting) && steps > 0 && made < TURN_PAGES) {
		struct resume *r = resume_of(s->waiting.next);

		if (made > 0 && is_ahead(s, r))
			break;
		steps -= steps < LOOK_STEPS ? steps : LOOK_STEPS;
		if (r->state == RESUME_ASKS)
			(void)begin(s, r, now_ms, true);
		if (!allowances_may_read(s->allowances, r, now_ms)) {
			delay(s, r);
		} else if (pages_make(&s->pages, r, &steps)) {
			list_del(&r->link);
			post(s, r);
			made++;
		} /* else it goes on in the next turn */
	}
	return !list_is_empty(&s->waiting);
}

/* --- who was delayed --- */

static void refuse_here(struct replays *s, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	replays_refuse(s, r,
	    history_id(s->pages.history, history_head(s->pages.history), id),
	    METRIC_RESUMES_GAP_LIMIT);
}

void replays_tick(struct replays *s, int64_t now_ms)
{
	while (!list_is_empty(&s->delayed)) {
		struct resume *r = resume_of(s->delayed.next);

		list_del(&r->link);
		if (now_ms - r->asked_ms >= REPLAY_DELAY_MS)
			refuse_here(s, r);
		else
			list_add(&s->waiting, &r->link);
	}
}
