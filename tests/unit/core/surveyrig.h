/*
 * surveyrig: turns of a fake worker that surveys ask.
 */
#ifndef TESTS_UNIT_CORE_SURVEYRIG_H
#define TESTS_UNIT_CORE_SURVEYRIG_H

#include "core/ask.h"
#include "fakeworker.h"

/*
 * The worker answers at the end of a turn, and the main thread hears it. False:
 * nobody has asked.
 */
static inline bool survey_turn(struct fakeworker *f)
{
	struct worker *w = f->worker;
	size_t count;
	struct mail *mail;

	(void)mailbox_take(w->mailbox, &count); /* it has woken the worker */
	if (!atomic_load(&w->asked))
		return false;
	ask_answer(w);
	mail = mailbox_take(f->shared.hub, &count);
	for (size_t i = 0; i < count; i++)
		if (mail[i].kind == MAIL_ANSWER)
			ask_answered(mail[i].item);
		else
			mail_drop(&mail[i]);
	return true;
}

#endif
