#include "core/quiet.h"

#include "base/mem.h"
#include "core/mail.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/worker.h"

enum { TRIM_TICKS = 10 };

void quiet_init(struct quiet *q, struct outbox *outbox, struct metrics *metrics)
{
	*q = (struct quiet){ .outbox = outbox, .metrics = metrics };
}

/* What has happened so far: payloads, clients that came, and that went. */
static uint64_t activity(const struct quiet *q)
{
	struct metrics *main_thread = q->metrics;
	uint64_t sum = metrics_sum(&main_thread, 1, METRIC_PAYLOADS);

	for (unsigned i = 0; i < q->outbox->worker_count; i++) {
		struct metrics *worker = &q->outbox->workers[i]->metrics;

		sum += 2 * metrics_sum(&worker, 1, METRIC_ACCEPTED) -
		       metrics_sum(&worker, 1, METRIC_CONNECTIONS);
	}
	return sum;
}

void quiet_tick(struct quiet *q)
{
	uint64_t now = activity(q);

	if (now != q->last_activity)
		q->ticks = 0;
	else if (q->ticks <= TRIM_TICKS + 1)
		q->ticks++;
	q->last_activity = now;
	if (q->ticks == TRIM_TICKS)
		outbox_post_all(q->outbox, MAIL_QUIET, 0);
	else if (q->ticks == TRIM_TICKS + 1) /* they have freed it */
		mem_trim();
}
