#include "core/ask.h"

#include "core/mail.h"
#include "core/outbox.h"
#include "core/worker.h"

void ask(struct outbox *o, unsigned worker, struct ask *a)
{
	struct worker *w = o->workers[worker];

	a->worker = worker;
	a->next = atomic_load(&w->asked);
	while (!atomic_compare_exchange_weak(&w->asked, &a->next, a))
		;
	if (w->has_ended)
		ask_answer(w);
	else
		outbox_post_one(o, worker, MAIL_ASK, NULL);
}

void ask_answer(struct worker *w)
{
	struct ask *a = NULL, *next;

	if (atomic_load_explicit(&w->asked, memory_order_relaxed))
		a = atomic_exchange(&w->asked, NULL);
	for (; a; a = next) {
		next = a->next; /* once it is posted it is not ours */
		if (a->on_asked)
			a->on_asked(a, w);
		worker_post(w, MAIL_ANSWER, 0, a);
	}
}

void ask_end(struct outbox *o, unsigned worker)
{
	struct worker *w = o->workers[worker];

	w->has_ended = true;
	ask_answer(w);
}

void ask_answered(struct ask *a)
{
	a->on_answer(a, a->arg);
}
