/*
 * retell: see the header. There is no list of those who are to be told of: each
 * connection says under which name it was, and a walk over all of them finds
 * the others.
 */
#include "core/retell.h"

#include "base/slots.h"
#include "core/app_event.h"
#include "core/conn.h"
#include "core/tell_app.h"
#include "core/worker.h"

enum {
	PAGE_MAX = 256, /* connections looked at */
	PAGE_MS = 50,   /* between two pages: some 5,000 events a second */
};

/* The walk under the name before was not at its end. */
static void miss_name(struct worker *w)
{
	struct conn *c;
	uint32_t at = 0;

	while ((c = slots_next(&w->slots, &at)))
		tell_app_missed_name(c);
}

void retell_begin(struct worker *w, uint32_t renames)
{
	w->renames = renames;
	if (w->retells)
		miss_name(w);
	app_event_name_instance(
	    w->shared->app_instance, renames, w->instance_name);
	w->retells = true;
	w->retell_at = 0;
	w->retell_due_ms = w->now_ms;
}

void retell_tick(struct worker *w)
{
	struct conn *c;

	if (!w->retells || w->now_ms < w->retell_due_ms)
		return;
	w->retell_due_ms = w->now_ms + PAGE_MS;
	for (int i = 0; i < PAGE_MAX && w->retells; i++) {
		c = slots_next(&w->slots, &w->retell_at);
		if (c)
			tell_app_again(c);
		else
			w->retells = false;
	}
}
