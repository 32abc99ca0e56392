#include "core/replay.h"

#include "base/clock.h"
#include "core/allowances.h"
#include "core/cursor_age.h"
#include "core/history.h"
#include "core/history_collect.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/note.h"
#include "core/outbox.h"
#include "core/outq.h"
#include "core/resume.h"

/*
 * What a turn of the hub may cost: names that are looked at, about a
 * nanosecond or two each, and pages.
 */
enum {
	TURN_STEPS = 1 << 19,
	TURN_PAGES = 64,
	LOOK_STEPS = 64, /* what it costs to look at one */
};

enum { PAGE_NOTES = 64 }; /* gaps are not counted among its bytes */

/* --- a page --- */

static void add_note(
    struct replays *s, struct resume *r, struct slice id, enum note_word word)
{
	struct message *note;

	if (!(r->form & MESSAGE_WITH_ID))
		return;
	note =
	    note_new(id, r->position, word, slice_of(NULL, 0), 1, s->metrics);
	if (!note || resume_add(r, note, s->metrics) < 0)
		r->has_failed = true;
}

static void add_gap(struct replays *s, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	add_note(s, r, history_id(s->history, r->position, id), NOTE_GAP);
}

struct visit {
	struct replays *replays;
	struct resume *resume;
};

static bool visit(void *arg, struct message *m)
{
	struct visit *v = arg;
	struct resume *r = v->resume;
	size_t cost = outq_cost_of(m, message_frame(m, r->form).len);

	if (r->message_count > 0 &&
	    r->page_bytes + cost > v->replays->page_bytes)
		return false;
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	if (resume_add(r, m, v->replays->metrics) < 0) {
		r->has_failed = true;
		return false;
	}
	r->message_count++;
	r->page_bytes += cost;
	metrics_inc(v->replays->metrics, METRIC_REPLAYED_MESSAGES);
	metrics_add(v->replays->metrics, METRIC_REPLAYED_BYTES,
	    message_frame(m, r->form).len);
	return true;
}

/* How it has come out, where that is known first. */
static void count_outcome(
    struct replays *s, struct resume *r, enum metric outcome)
{
	if (!r->is_counted)
		metrics_inc(s->metrics, outcome);
	r->is_counted = true;
}

/*
 * What is between is not known, or not kept: on from the head, and no move of
 * its rooms leads back behind the gap.
 */
static void skip_to_head(
    struct replays *s, struct resume *r, enum metric outcome)
{
	r->from = r->position = history_head(s->history);
	if (!(r->form & MESSAGE_WITH_ID)) {
		r->is_untold = true;
		return;
	}
	add_gap(s, r);
	metrics_inc(s->metrics, outcome);
	r->is_counted = true;
}

static void count_age(struct replays *s, const struct resume *r,
    enum history_found found, int64_t now_ms)
{
	if (found == HISTORY_AT && r->cursor_len > 0)
		cursor_age_count(
		    s->metrics, cursor_age_of(s->history, r, now_ms));
	else if (found == HISTORY_OLD)
		cursor_age_count_old(s->metrics);
}

/* A known cursor is told as it was, whatever else its position is called. */
static void tell_here(struct replays *s, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	add_note(s, r,
	    r->cursor_len > 0 ? slice_of(r->cursor, r->cursor_len)
			      : history_id(s->history, r->position, id),
	    NOTE_AT);
}

static void begin_search(struct replays *s, struct resume *r)
{
	r->search = history_search_last(s->history, r->last);
	r->state = RESUME_SEEKS;
	count_outcome(s, r, METRIC_RESUMES_HISTORY);
}

/* Where it begins: the first note, and whether there is a gap at once. */
static void begin(struct replays *s, struct resume *r, enum history_found found)
{
	r->state = RESUME_READS;
	switch (found) {
	case HISTORY_AT:
		if (r->cursor_len == 0 && r->last > 0)
			begin_search(s, r);
		else
			tell_here(s, r);
		break;
	case HISTORY_OLD:
		skip_to_head(s, r, METRIC_RESUMES_GAP_OLD);
		break;
	case HISTORY_LATER:
	case HISTORY_UNKNOWN:
		skip_to_head(s, r, METRIC_RESUMES_GAP_UNKNOWN);
		break;
	}
}

static enum history_found look_at_cursor(
    struct replays *s, struct resume *r, int64_t now_ms)
{
	enum history_found found = HISTORY_AT;

	r->position = history_head(s->history);
	if (r->cursor_len > 0 && s->knows_none)
		found = HISTORY_UNKNOWN;
	else if (r->cursor_len > 0)
		found = history_find(s->history,
		    slice_of(r->cursor, r->cursor_len), &r->position);
	count_age(s, r, found, now_ms);
	if (found == HISTORY_AT &&
	    cursor_age_of(s->history, r, now_ms) > r->max_age_ms)
		found = HISTORY_OLD;
	cursor_age_log(s->history, r, found);
	return found;
}

/*
 * A page that is larger than it should be is one message: what is live would
 * come on top.
 */
static bool may_be_last(const struct replays *s, const struct resume *r)
{
	return r->page_bytes <= s->page_bytes;
}

static enum metric gone_by(const struct replays *s, const struct resume *r)
{
	return history_is_void(s->history, r->position)
		   ? METRIC_RESUMES_GAP_VOID
		   : METRIC_RESUMES_GAP_OLD;
}

/*
 * For where the last messages begin. False: the turn has taken its steps. What
 * came since it asked must be there still, else there is a gap.
 */
static bool search(struct replays *s, struct resume *r, size_t *steps)
{
	if (!history_search(s->history, &r->search, &r->reader, steps))
		return false;
	r->state = RESUME_READS;
	if (r->position < history_floor(s->history))
		return true;
	r->from = r->position = r->search.position;
	tell_here(s, r);
	return true;
}

/* All of what is kept may be holes, each of which is told. */
static bool has_notes_enough(const struct resume *r)
{
	return r->page_count - r->message_count >= PAGE_NOTES;
}

/* True when there is a page to send; false: the turn has taken its steps. */
static bool make_page(struct replays *s, struct resume *r, size_t *steps)
{
	struct visit v = { s, r };

	if (r->state == RESUME_SEEKS && !search(s, r, steps))
		return false;
	if (r->state == RESUME_LOST) {
		/* By which rooms, nobody knows: live from here on. */
		skip_to_head(s, r, METRIC_RESUMES_GAP_LOST);
		r->is_live = true;
		return true;
	}
	for (;;) {
		switch (history_collect(
		    s->history, &r->position, &r->reader, steps, visit, &v)) {
		case HISTORY_HEAD:
			r->is_live = may_be_last(s, r);
			return true;
		case HISTORY_END:
			return true;
		case HISTORY_FULL:
			return r->message_count > 0 || r->has_failed;
		case HISTORY_HOLE:
			add_gap(s, r);
			count_outcome(s, r, METRIC_RESUMES_GAP_HOLE);
			if (has_notes_enough(r))
				return true;
			break;
		case HISTORY_GONE:
			skip_to_head(s, r, gone_by(s, r));
			break;
		}
	}
}

/* --- the hub's half --- */

void replays_init(struct replays *s, struct history *history,
    struct allowances *allowances, struct outbox *outbox,
    struct metrics *metrics, size_t queue_bytes)
{
	*s = (struct replays){
		.history = history,
		.allowances = allowances,
		.outbox = outbox,
		.metrics = metrics,
		.page_bytes = queue_bytes / 2 < REPLAY_PAGE_BYTES
				  ? queue_bytes / 2
				  : REPLAY_PAGE_BYTES,
	};
	list_init(&s->waiting);
	list_init(&s->delayed);
}

static struct resume *resume_of(struct list *link)
{
	return container_of(link, struct resume, link);
}

void replays_fini(struct replays *s)
{
	struct resume *r;

	while ((r = replays_take_back(s)))
		resume_free(r, s->metrics);
}

bool replays_take(
    struct replays *s, struct resume *r, int64_t now_ms, bool is_final)
{
	enum history_found found;

	if (r->state == RESUME_ASKS) {
		found = look_at_cursor(s, r, now_ms);
		if (found == HISTORY_LATER && !is_final)
			return false;
		begin(s, r, found);
	}
	r->from = r->position;
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

static void post(struct replays *s, struct resume *r)
{
	allowances_leave(s->allowances, r, clock_ms());
	outbox_add(s->outbox, MAIL_REPLAY, r, resume_bytes(r),
	    UINT64_C(1) << r->reader.connection.worker);
}

static void send_page(struct replays *s, struct resume *r)
{
	list_del(&r->link);
	if (r->message_count > 0)
		count_outcome(s, r, METRIC_RESUMES_REPLAYED);
	else if (r->is_live)
		count_outcome(s, r, METRIC_RESUMES_AT);
	post(s, r);
}

void replays_refuse(
    struct replays *s, struct resume *r, struct slice id, enum metric outcome)
{
	r->from = r->position = history_head(s->history);
	add_note(s, r, id, NOTE_GAP);
	/* Without ids it has lost something only where it had begun. */
	r->is_untold = !(r->form & MESSAGE_WITH_ID) && r->state != RESUME_ASKS;
	count_outcome(s, r, outcome);
	r->is_live = true;
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
	       REPLAY_PAGE_BYTES;
}

static void delay(struct replays *s, struct resume *r)
{
	list_del(&r->link);
	list_add(&s->delayed, &r->link);
	metrics_inc(s->metrics, METRIC_RESUMES_DELAYED);
}

bool replays_turn(struct replays *s)
{
	int64_t now_ms = clock_ms();
	size_t steps = TURN_STEPS;
	unsigned pages = 0;

	while (!list_is_empty(&s->waiting) && steps > 0 && pages < TURN_PAGES) {
		struct resume *r = resume_of(s->waiting.next);

		if (pages > 0 && is_ahead(s, r))
			break;
		steps -= steps < LOOK_STEPS ? steps : LOOK_STEPS;
		if (!allowances_may_read(s->allowances, r, now_ms)) {
			delay(s, r);
		} else if (make_page(s, r, &steps)) {
			send_page(s, r);
			pages++;
		} /* else it goes on in the next turn */
	}
	return !list_is_empty(&s->waiting);
}

static void refuse_here(struct replays *s, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	replays_refuse(s, r,
	    history_id(s->history, history_head(s->history), id),
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
