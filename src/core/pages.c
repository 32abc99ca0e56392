#include "core/pages.h"

#include "core/cursor_age.h"
#include "core/history.h"
#include "core/history_collect.h"
#include "core/message.h"
#include "core/note.h"
#include "core/outq.h"
#include "core/resume.h"

enum { PAGE_NOTES = 64 }; /* gaps are not counted among its bytes */

void pages_init(struct pages *p, struct history *history,
    struct metrics *metrics, size_t queue_bytes)
{
	*p = (struct pages){ .history = history, .metrics = metrics };
	pages_set_queue(p, queue_bytes);
}

void pages_set_queue(struct pages *p, size_t queue_bytes)
{
	p->max_bytes = queue_bytes / 2 < PAGES_MAX_BYTES ? queue_bytes / 2
							 : PAGES_MAX_BYTES;
}

/* --- what it is told --- */

/* How it has come out, where that is known first. */
static void count_outcome(
    struct pages *p, struct resume *r, enum metric outcome)
{
	if (!r->is_counted)
		metrics_inc(p->metrics, outcome);
	r->is_counted = true;
}

static void add_note(
    struct pages *p, struct resume *r, struct slice id, enum note_word word)
{
	struct message *note;

	if (!(r->form & MESSAGE_WITH_ID))
		return;
	note =
	    note_new(id, r->position, word, slice_of(NULL, 0), 1, p->metrics);
	if (!note || resume_add(r, note, p->metrics) < 0)
		r->has_failed = true;
}

static void add_gap(struct pages *p, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	add_note(p, r, history_id(p->history, r->position, id), NOTE_GAP);
}

/* A known cursor is told as it was, whatever else its position is called. */
static void tell_here(struct pages *p, struct resume *r)
{
	char id[HISTORY_ID_MAX + 1];

	add_note(p, r,
	    r->cursor_len > 0 ? slice_of(r->cursor, r->cursor_len)
			      : history_id(p->history, r->position, id),
	    NOTE_AT);
}

/*
 * What is between is not known, or not kept: on from the head, and no move of
 * its rooms leads back behind the gap.
 */
static void skip_to_head(struct pages *p, struct resume *r, enum metric outcome)
{
	r->from = r->position = history_head(p->history);
	if (!(r->form & MESSAGE_WITH_ID)) {
		r->is_untold = true;
		return;
	}
	add_gap(p, r);
	metrics_inc(p->metrics, outcome);
	r->is_counted = true;
}

/* --- from where on --- */

static void count_age(struct pages *p, const struct resume *r,
    enum history_found found, int64_t now_ms)
{
	if (found == HISTORY_AT && r->cursor_len > 0)
		cursor_age_count(
		    p->metrics, cursor_age_of(p->history, r, now_ms));
	else if (found == HISTORY_OLD)
		cursor_age_count_old(p->metrics);
}

static enum history_found look_at_cursor(
    struct pages *p, struct resume *r, int64_t now_ms)
{
	enum history_found found = HISTORY_AT;

	r->position = history_head(p->history);
	if (r->cursor_len > 0 && p->knows_none)
		found = HISTORY_UNKNOWN;
	else if (r->cursor_len > 0)
		found = history_find(p->history,
		    slice_of(r->cursor, r->cursor_len), &r->position);
	count_age(p, r, found, now_ms);
	if (found == HISTORY_AT &&
	    cursor_age_of(p->history, r, now_ms) > r->max_age_ms)
		found = HISTORY_OLD;
	cursor_age_log(p->history, r, found);
	return found;
}

static void begin_search(struct pages *p, struct resume *r)
{
	r->search = history_search_last(p->history, r->last);
	r->state = RESUME_SEEKS;
	count_outcome(p, r, METRIC_RESUMES_HISTORY);
}

/* Where it begins: the first note, and whether there is a gap at once. */
static void begin(struct pages *p, struct resume *r, enum history_found found)
{
	r->state = RESUME_READS;
	switch (found) {
	case HISTORY_AT:
		if (r->cursor_len == 0 && r->last > 0)
			begin_search(p, r);
		else
			tell_here(p, r);
		break;
	case HISTORY_OLD:
		skip_to_head(p, r, METRIC_RESUMES_GAP_OLD);
		break;
	case HISTORY_LATER:
	case HISTORY_UNKNOWN:
		skip_to_head(p, r, METRIC_RESUMES_GAP_UNKNOWN);
		break;
	}
}

bool pages_begin(
    struct pages *p, struct resume *r, int64_t now_ms, bool is_final)
{
	enum history_found found = look_at_cursor(p, r, now_ms);

	if (found == HISTORY_LATER && !is_final)
		return false;
	begin(p, r, found);
	return true;
}

/*
 * For where the last messages begin. False: the turn has taken its steps. What
 * came since it asked must be there still, else there is a gap.
 */
static bool search(struct pages *p, struct resume *r, size_t *steps)
{
	if (!history_search(p->history, &r->search, &r->reader, steps))
		return false;
	r->state = RESUME_READS;
	if (r->position < history_floor(p->history))
		return true;
	r->from = r->position = r->search.position;
	tell_here(p, r);
	return true;
}

/* --- a page --- */

struct visit {
	struct pages *pages;
	struct resume *resume;
};

static bool visit(void *arg, struct message *m)
{
	struct visit *v = arg;
	struct resume *r = v->resume;
	size_t cost = outq_cost_of(m, message_frame(m, r->form).len);

	if (r->message_count > 0 && r->page_bytes + cost > v->pages->max_bytes)
		return false;
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	if (resume_add(r, m, v->pages->metrics) < 0) {
		r->has_failed = true;
		return false;
	}
	r->message_count++;
	r->page_bytes += cost;
	metrics_inc(v->pages->metrics, METRIC_REPLAYED_MESSAGES);
	metrics_add(v->pages->metrics, METRIC_REPLAYED_BYTES,
	    message_frame(m, r->form).len);
	return true;
}

/*
 * A page that is larger than it should be is one message: what is live would
 * come on top.
 */
static bool may_be_last(const struct pages *p, const struct resume *r)
{
	return r->page_bytes <= p->max_bytes;
}

static enum metric gone_by(const struct pages *p, const struct resume *r)
{
	return history_is_void(p->history, r->position)
		   ? METRIC_RESUMES_GAP_VOID
		   : METRIC_RESUMES_GAP_OLD;
}

/* All of what is kept may be holes, each of which is told. */
static bool has_notes_enough(const struct resume *r)
{
	return r->page_count - r->message_count >= PAGE_NOTES;
}

/* As pages_make, which counts what it has come to. */
static bool fill(struct pages *p, struct resume *r, size_t *steps)
{
	struct visit v = { p, r };

	if (r->state == RESUME_SEEKS && !search(p, r, steps))
		return false;
	if (r->state == RESUME_LOST) {
		/* By which rooms, nobody knows: live from here on. */
		skip_to_head(p, r, METRIC_RESUMES_GAP_LOST);
		r->is_live = true;
		return true;
	}
	for (;;) {
		switch (history_collect(
		    p->history, &r->position, &r->reader, steps, visit, &v)) {
		case HISTORY_HEAD:
			r->is_live = may_be_last(p, r);
			return true;
		case HISTORY_END:
			return true;
		case HISTORY_FULL:
			return r->message_count > 0 || r->has_failed;
		case HISTORY_HOLE:
			add_gap(p, r);
			count_outcome(p, r, METRIC_RESUMES_GAP_HOLE);
			if (has_notes_enough(r))
				return true;
			break;
		case HISTORY_GONE:
			skip_to_head(p, r, gone_by(p, r));
			break;
		}
	}
}

static void count_page(struct pages *p, struct resume *r)
{
	if (r->message_count > 0)
		count_outcome(p, r, METRIC_RESUMES_REPLAYED);
	else if (r->is_live)
		count_outcome(p, r, METRIC_RESUMES_AT);
}

bool pages_make(struct pages *p, struct resume *r, size_t *steps)
{
	if (!fill(p, r, steps))
		return false;
	count_page(p, r);
	return true;
}

void pages_make_gap(
    struct pages *p, struct resume *r, struct slice id, enum metric outcome)
{
	r->from = r->position = history_head(p->history);
	add_note(p, r, id, NOTE_GAP);
	/* Without ids it has lost something only where it had begun. */
	r->is_untold = !(r->form & MESSAGE_WITH_ID) && r->state != RESUME_ASKS;
	count_outcome(p, r, outcome);
	r->is_live = true;
}
