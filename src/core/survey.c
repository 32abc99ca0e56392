/* survey: see survey.h. */
#include "core/survey.h"

#include "core/outbox.h"

static void ask_worker(struct survey *s, unsigned worker)
{
	s->is_asked = true;
	ask(s->outbox, worker, &s->ask);
}

static void end(struct survey *s)
{
	list_del(&s->link);
	s->free(s);
}

/* Go on with the worker that has answered, or with the next one. */
static void on_answer(struct ask *a, void *arg)
{
	struct survey *s = arg;
	bool is_last = a->worker + 1 == s->outbox->worker_count;

	s->is_asked = false;
	if (s->is_closed) {
		end(s);
	} else if (s->is_enough || (s->is_over && is_last)) {
		s->on_over(s);
	} else if (s->is_over) {
		s->at = 0;
		s->is_over = false;
		ask_worker(s, a->worker + 1);
	} else {
		ask_worker(s, a->worker);
	}
}

void survey_open(struct survey *s, struct outbox *o, struct list *surveys,
    void (*free)(struct survey *s))
{
	*s = (struct survey){ .outbox = o, .free = free };
	s->ask.on_answer = on_answer;
	s->ask.arg = s;
	list_add(surveys, &s->link);
}

void survey_run(struct survey *s, unsigned worker, uint32_t at,
    void (*on_asked)(struct ask *a, struct worker *w),
    void (*on_over)(struct survey *s))
{
	s->ask.on_asked = on_asked;
	s->on_over = on_over;
	s->at = at;
	s->is_over = false;
	s->is_enough = false;
	ask_worker(s, worker);
}

void survey_close(struct survey *s)
{
	s->is_closed = true;
	if (!s->is_asked)
		end(s);
}

void surveys_end(struct list *surveys)
{
	while (!list_is_empty(surveys))
		end(container_of(surveys->next, struct survey, link));
}
