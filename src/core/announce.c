#include "core/announce.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "core/history.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/note.h"
#include "core/outbox.h"

void announce_init(struct announce *a, const struct history *history,
    const struct conf *conf, struct outbox *outbox, struct metrics *metrics)
{
	*a = (struct announce){
		.history = history,
		.conf = conf,
		.outbox = outbox,
		.metrics = metrics,
		.told_ms = clock_ms(),
	};
}

/* NULL when memory is out, or no worker is left. */
static struct message *make_note(const struct announce *a, enum note_word word)
{
	uint64_t head = history_head(a->history);
	uint32_t refs = outbox_count(a->outbox);
	char id[HISTORY_ID_MAX + 1];

	if (refs == 0)
		return NULL;
	return note_new(history_id(a->history, head, id), head, word,
	    slice_of(NULL, 0), refs, a->metrics);
}

static void add(struct announce *a, enum mail_kind kind, struct message *note)
{
	outbox_add(a->outbox, kind, note, note->bytes, outbox_all(a->outbox));
}

void announce_owed(struct announce *a)
{
	struct message *note;

	if (!a->owes_gap || !history_is_placed(a->history))
		return;
	note = make_note(a, NOTE_GAP);
	if (!note)
		return; /* it stays owed */
	a->owes_gap = false;
	add(a, MAIL_NOTE, note);
}

void announce_gap(struct announce *a)
{
	a->owes_gap = true;
	announce_owed(a);
}

/* A quarter of what is kept has passed, by bytes or by age. */
static bool is_time_for_all(const struct announce *a, int64_t now_ms)
{
	uint64_t passed = history_passed(a->history) - a->told_passed;

	return passed >= a->conf->history.memory / 4 ||
	       (passed > 0 &&
		   now_ms - a->told_ms >= a->conf->history.max_age_ms / 4);
}

/* Without memory for it, the next tick has one. */
void announce_here(struct announce *a, int64_t now_ms)
{
	bool is_for_all = is_time_for_all(a, now_ms);
	struct message *note;

	if (!a->has_readers)
		return;
	note = make_note(a, NOTE_AT);
	if (!note)
		return;
	add(a, is_for_all ? MAIL_NOTE : MAIL_HERE, note);
	if (!is_for_all)
		return;
	a->told_ms = now_ms;
	a->told_passed = history_passed(a->history);
}
