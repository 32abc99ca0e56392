#include "core/keeper.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/history.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/metrics.h"
#include "core/note.h"
#include "core/outbox.h"
#include "core/resume.h"

/* Good for the life of this process: who comes with another one has missed
 * what nobody knows. */
static void make_mark(char out[HISTORY_MARK_MAX + 1])
{
	unsigned char random[8];

	crypto_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", random[i]);
}

void keeper_init(struct keeper *k, const struct conf *conf,
    struct outbox *outbox, struct metrics *metrics)
{
	char mark[HISTORY_MARK_MAX + 1];

	*k = (struct keeper){
		.outbox = outbox,
		.metrics = metrics,
		.conf = conf,
		.told_ms = clock_ms(),
	};
	if (!conf->history.is_on)
		return;
	make_mark(mark);
	k->history = history_new(
	    mark, conf->history.memory, conf->history.max_age_ms, metrics);
	replays_init(
	    &k->replays, k->history, outbox, metrics, conf->delivery.queue);
	log_info("history", "messages are kept in memory",
	    kv_int("memory_bytes", (int64_t)conf->history.memory),
	    kv_int("max_age_ms", conf->history.max_age_ms));
}

void keeper_fini(struct keeper *k)
{
	if (!k->history)
		return;
	replays_fini(&k->replays);
	history_free(k->history);
}

void keeper_take(struct keeper *k, struct resume *r)
{
	replays_take(&k->replays, r, clock_ms());
}

bool keeper_turn(struct keeper *k)
{
	return k->history && replays_turn(&k->replays);
}

static void show(struct keeper *k, int64_t now_ms)
{
	uint64_t head = history_head(k->history);
	uint64_t floor = history_floor(k->history);
	int64_t age_ms = 0;

	if (floor < head)
		age_ms = now_ms - history_came_ms(k->history, floor + 1);
	metrics_set(k->metrics, METRIC_HISTORY_ENTRIES, head - floor);
	metrics_set(
	    k->metrics, METRIC_HISTORY_BYTES, history_bytes(k->history));
	metrics_set(k->metrics, METRIC_HISTORY_AGE, (uint64_t)age_ms);
}

/*
 * Whether so much has passed that a cursor from the last time may soon be too
 * old: a quarter of what is kept, by bytes or by age.
 */
static bool is_time_to_tell(const struct keeper *k, int64_t now_ms)
{
	uint64_t passed = history_passed(k->history) - k->told_passed;

	return passed >= k->conf->history.memory / 4 ||
	       (passed > 0 &&
		   now_ms - k->told_ms >= k->conf->history.max_age_ms / 4);
}

/*
 * Each worker keeps the note for those who hear nothing else until their next
 * ping. Without memory for it, the next tick has one.
 */
static void tell_here(struct keeper *k, int64_t now_ms)
{
	uint64_t all = outbox_all(k->outbox);
	bool tells_all = is_time_to_tell(k, now_ms);
	char id[HISTORY_ID_MAX + 1];
	struct message *note =
	    note_new(history_id(k->history, history_head(k->history), id), "at",
		slice_of(NULL, 0), k->outbox->worker_count * (1 + tells_all),
		k->metrics);

	if (!note)
		return;
	outbox_add(k->outbox, MAIL_HERE, note, note->bytes, all);
	if (!tells_all)
		return;
	outbox_add(k->outbox, MAIL_NOTE, note, note->bytes, all);
	k->told_ms = now_ms;
	k->told_passed = history_passed(k->history);
}

void keeper_tick(struct keeper *k)
{
	int64_t now_ms = clock_ms();

	if (!k->history)
		return;
	history_expire(k->history, now_ms);
	show(k, now_ms);
	tell_here(k, now_ms);
}
