/* seat_rounds: see seat_rounds.h. */
#include "core/seat_rounds.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "core/ask.h"
#include "core/outbox.h"
#include "core/presence.h"
#include "core/seats.h"

enum { ROUND_MS = 400 }; /* half a second, by the ticks that there are */

struct seat_rounds {
	struct outbox *outbox; /* borrowed, as the next */
	struct seats *seats;
	void (*on_end)(void *arg);
	void *arg;
	int64_t begun_ms;
	unsigned left; /* workers that have not told all */
	struct round_worker {
		struct ask ask;
		bool has_more; /* to tell */
	} workers[];
};

struct seat_rounds *seat_rounds_new(struct outbox *outbox, struct seats *seats,
    void (*on_end)(void *arg), void *arg)
{
	struct seat_rounds *r =
	    xcalloc(1, sizeof *r + outbox->worker_count * sizeof r->workers[0]);

	r->outbox = outbox;
	r->seats = seats;
	r->on_end = on_end;
	r->arg = arg;
	return r;
}

void seat_rounds_free(struct seat_rounds *r)
{
	free(r);
}

/* The worker's thread. A page at a time: there may be many. */
static void on_asked(struct ask *a, struct worker *w)
{
	struct round_worker *rw = container_of(a, struct round_worker, ask);

	rw->has_more = presence_tell(w);
}

/* What it has told has come before. */
static void on_answer(struct ask *a, void *arg)
{
	struct seat_rounds *r = arg;

	if (r->workers[a->worker].has_more) {
		ask(r->outbox, a->worker, a);
		return;
	}
	if (--r->left > 0)
		return;
	seats_end_round(r->seats);
	r->on_end(r->arg);
}

static void ask_worker(struct seat_rounds *r, unsigned i)
{
	struct ask *a = &r->workers[i].ask;

	a->on_asked = on_asked;
	a->on_answer = on_answer;
	a->arg = r;
	ask(r->outbox, i, a);
}

void seat_rounds_tick(struct seat_rounds *r, int64_t now_ms)
{
	if (r->left > 0 || !seats_are_kept(r->seats) ||
	    now_ms - r->begun_ms < ROUND_MS)
		return;
	r->begun_ms = now_ms;
	r->left = r->outbox->worker_count;
	seats_begin_round(r->seats);
	for (unsigned i = 0; i < r->outbox->worker_count; i++)
		ask_worker(r, i);
}
