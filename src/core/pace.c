#include "core/pace.h"

#include "base/log.h"
#include "core/backend.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/watches.h"

void pace_init(struct pace *p, struct outbox *outbox,
    const struct watches *watches, struct metrics *metrics)
{
	*p = (struct pace){
		.outbox = outbox,
		.watches = watches,
		.metrics = metrics,
	};
}

static void set_paused(struct pace *p, bool is_paused)
{
	p->is_paused = is_paused;
	metrics_set(p->metrics, METRIC_BACKEND_PAUSED, is_paused);
	p->watches->ops->set_paused(p->watches->backend, is_paused);
}

void pace_check(struct pace *p)
{
	if (!outbox_is_full(p->outbox) || !outbox_wait_for_space(p->outbox) ||
	    p->is_paused)
		return;
	metrics_inc(p->metrics, METRIC_BACKEND_PAUSES);
	log_warn(LOG_HUB, "workers are behind: reading the backend pauses",
	    kv_int("mailbox_bytes", OUTBOX_FULL_BYTES));
	set_paused(p, true);
}

/* Who is full now may not have been when the pause began. */
bool pace_go_on(struct pace *p)
{
	if (!p->is_paused || outbox_wait_for_space(p->outbox))
		return false;
	log_info(LOG_HUB, "reading the backend goes on", kv_none);
	set_paused(p, false);
	return true;
}
