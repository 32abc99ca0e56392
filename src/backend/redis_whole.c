#include "backend/redis_whole.h"

#include "backend/redis_tally.h"

static enum backend_state state_of(const struct redis_whole *w)
{
	if (w->session != BACKEND_UP)
		return w->session;
	return w->is_stream_up && w->are_shards_whole ? BACKEND_UP
						      : BACKEND_PARTLY;
}

static void pay(struct redis_whole *w)
{
	if (!w->owes_gap || w->session != BACKEND_UP || !w->is_stream_up)
		return;
	w->owes_gap = false;
	w->sink->on_gap(w->arg, w->on_gap);
}

/* A part of it is up or down now: so may be all. */
static void tell(struct redis_whole *w)
{
	enum backend_state before = w->told;

	w->told = state_of(w);
	if (w->told != before) {
		redis_tally_up(w->metrics, w->told == BACKEND_UP);
		w->sink->on_state(w->arg, w->told);
	}
	pay(w);
}

void redis_whole_session(struct redis_whole *w, enum backend_state state)
{
	w->session = state;
	tell(w);
}

void redis_whole_stream(struct redis_whole *w, bool is_up)
{
	w->is_stream_up = is_up;
	tell(w);
}

void redis_whole_shards(struct redis_whole *w, bool are_whole)
{
	w->are_shards_whole = are_whole;
	tell(w);
}

void redis_whole_gap(struct redis_whole *w)
{
	w->owes_gap = true;
	tell(w);
}
