/*
 * redis_events_batch: see the header. An event is in one of three lists: it
 * waits, it is under way, or it was refused.
 */
#include "backend/redis_events_batch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/app_event.h"
#include "core/metrics.h"
#include "proto/resp_items.h"

enum { SINGLE_MS = 60000 }; /* until a transaction is tried again */

static struct app_event *first(const struct list *l)
{
	return container_of(l->next, struct app_event, link);
}

static void set_bytes(struct events_batch *b, size_t bytes)
{
	b->bytes = bytes;
	metrics_set(b->main, METRIC_EVENTS_WAITING, bytes);
}

static void drop(struct events_batch *b, struct app_event *event)
{
	list_del(&event->link);
	set_bytes(b, b->bytes - event->bytes);
	free(event);
}

/* --- what is lost --- */

static void count_lost(struct events_batch *b, const char *why)
{
	metrics_inc(b->main, METRIC_EVENTS_LOST);
	if (b->lost++ == 0)
		log_warn(LOG_REDIS, "events are lost", kv_str("why", why),
		    kv_int("waiting_bytes", (int64_t)b->bytes));
}

void events_batch_tell_lost(struct events_batch *b, const char *message)
{
	if (b->lost > 0)
		log_warn(LOG_REDIS, message, kv_int("lost", (int64_t)b->lost));
	b->lost = 0;
}

static void lose_all(struct events_batch *b, struct list *l, const char *why)
{
	while (!list_is_empty(l)) {
		count_lost(b, why);
		drop(b, first(l));
	}
}

/* --- what comes --- */

void events_batch_init(struct events_batch *b, const char *command,
    struct metrics *main, struct redis_follow follow)
{
	*b = (struct events_batch){
		.main = main, .follow = follow, .command = command
	};
	list_init(&b->waiting);
	list_init(&b->sent);
	list_init(&b->refused);
}

void events_batch_fini(struct events_batch *b)
{
	lose_all(b, &b->sent, "the gateway ends");
	lose_all(b, &b->refused, "the gateway ends");
	lose_all(b, &b->waiting, "the gateway ends");
	events_batch_tell_lost(b, "events were lost at the end");
}

void events_batch_post(struct events_batch *b, struct app_event *event)
{
	if (b->bytes + event->bytes > APP_EVENTS_WAITING_MAX) {
		count_lost(b, "too many wait");
		free(event);
		return;
	}
	list_add(&b->waiting, &event->link);
	set_bytes(b, b->bytes + event->bytes);
}

/* --- what leaves --- */

static bool are_several(const struct list *l)
{
	return !list_is_empty(l) && l->next->next != l;
}

void events_batch_open(struct events_batch *b, bool asks)
{
	b->is_transaction = are_several(&b->waiting) && !b->is_trial &&
			    clock_ms() >= b->single_until_ms;
	b->openers = (asks ? 1 : 0) + (b->is_transaction ? 1 : 0);
	b->step = b->openers > 0 ? EVENTS_OPENING : EVENTS_OPENED;
	b->has_error = false;
	b->queued = 0;
}

const struct app_event *events_batch_send(struct events_batch *b)
{
	unsigned most = b->is_transaction ? EVENTS_BATCH_MAX : 1;
	struct app_event *event;

	if (b->sent_count == most || list_is_empty(&b->waiting)) {
		b->step = b->is_transaction ? EVENTS_QUEUED : EVENTS_SENT;
		return NULL;
	}
	event = first(&b->waiting);
	list_del(&event->link);
	list_add(&b->sent, &event->link);
	b->sent_count++;
	return event;
}

/* --- what the server says --- */

/* The first error counts: a later one may be but that something is void. */
static void note_error(
    struct events_batch *b, const char *command, struct slice error)
{
	if (b->has_error)
		return;
	b->has_error = true;
	b->way = redis_follow_take(&b->follow, command, error, &b->why);
}

static void take_taken(struct events_batch *b)
{
	b->sent_count--;
	drop(b, first(&b->sent));
	b->has_taken = true;
	b->is_trial = false;
	redis_follow_arrive(&b->follow);
	lose_all(b, &b->refused, "refused, where a later one was not");
}

static void take_refused(struct events_batch *b, struct slice error)
{
	struct app_event *event = first(&b->sent);

	note_error(b, b->command, error);
	b->sent_count--;
	list_del(&event->link);
	list_add(&b->refused, &event->link);
}

/* At the head again, in their order. */
static void take_back(struct events_batch *b, struct list *l)
{
	list_join(l, &b->waiting);
	list_take(&b->waiting, l);
}

/* What became of the next one. */
static int take_outcome(struct events_batch *b, const struct resp_part *part)
{
	if (part->type == RESP_ERROR)
		take_refused(b, part->text);
	else if (part->type == RESP_STRING || part->type == RESP_INTEGER)
		take_taken(b);
	else
		return -EPROTO;
	if (b->sent_count > 0)
		return 0;
	b->step = EVENTS_AT_REST;
	return list_is_empty(&b->refused) ? 0 : -EREMOTEIO;
}

/* --- whether it is permitted --- */

static void become_single(struct events_batch *b)
{
	const struct redis_failure denied = redis_failure_refused(
	    "EXEC", slice_of(NULL, 0), slice_str("NOPERM"));

	b->single_until_ms = clock_ms() + SINGLE_MS;
	if (!b->is_told)
		log_warn(LOG_REDIS,
		    "events: they leave one at a time, as the server permits "
		    "no transaction",
		    kv_str("remedy", denied.remedy));
	b->is_told = true;
}

/* Also a server behind something that has none of it. */
static bool is_denied(struct slice error)
{
	return slice_starts_with(error, slice_str("NOPERM")) ||
	       slice_starts_with(error, slice_str("ERR unknown command"));
}

static int refuse_opening(struct events_batch *b, struct slice error)
{
	bool is_multi = b->is_transaction && b->openers == 0;

	if (is_multi && is_denied(error)) {
		become_single(b);
		b->step = EVENTS_AT_REST;
		return 0;
	}
	note_error(b, is_multi ? "MULTI" : "ASKING", error);
	return -EREMOTEIO;
}

static int take_opening(struct events_batch *b, const struct resp_part *part)
{
	b->openers--;
	if (part->type == RESP_ERROR)
		return refuse_opening(b, part->text);
	if (part->type != RESP_STATUS)
		return -EPROTO;
	if (b->openers == 0)
		b->step = EVENTS_OPENED;
	return 0;
}

/* --- a transaction --- */

static int take_queued(struct events_batch *b, const struct resp_part *part)
{
	b->queued++;
	if (part->type == RESP_ERROR)
		note_error(b, b->command, part->text);
	else if (part->type != RESP_STATUS)
		return -EPROTO;
	return 0;
}

/* Why EXEC was refused: what the server has put ahead of that is cut off. */
static struct slice reason_of(struct slice error)
{
	const struct slice before =
	    slice_str("EXECABORT Transaction discarded because of: ");

	return slice_starts_with(error, before) ? slice_after(error, before.len)
						: error;
}

/* None of it was taken. */
static int refuse_exec(struct events_batch *b, struct slice error)
{
	struct slice reason = reason_of(error);

	if (!b->has_error && is_denied(reason))
		become_single(b);
	note_error(b, "EXEC", reason);
	return -EREMOTEIO;
}

static int take_exec(struct events_batch *b, const struct resp_part *part)
{
	if (part->type == RESP_ERROR)
		return refuse_exec(b, part->text);
	if (part->type != RESP_ARRAY)
		return -EPROTO;
	b->has_error = false; /* it is carried out, whatever that was */
	if (part->number != b->sent_count)
		return -EPROTO;
	b->is_told = false;
	b->step = EVENTS_DONE;
	return 0;
}

int events_batch_take(struct events_batch *b, const struct resp_part *part)
{
	switch (b->step) {
	case EVENTS_OPENING:
		return take_opening(b, part);
	case EVENTS_QUEUED:
		return b->queued < b->sent_count ? take_queued(b, part)
						 : take_exec(b, part);
	case EVENTS_SENT:
	case EVENTS_DONE:
		return take_outcome(b, part);
	case EVENTS_AT_REST:
	case EVENTS_OPENED:
		break;
	}
	return -EPROTO;
}

/*
 * What of a batch has been put together in part has not left. A transaction
 * that has an error in it before it is carried out is void. One that is carried
 * out has perhaps taken what follows those that it refused.
 */
static bool is_under_way(const struct events_batch *b)
{
	return b->step != EVENTS_OPENED &&
	       !(b->step == EVENTS_QUEUED && b->has_error);
}

void events_batch_end(struct events_batch *b)
{
	static const char why[] =
	    "the connection was lost before they were confirmed";

	if (b->step == EVENTS_DONE)
		lose_all(b, &b->refused, why);
	take_back(b, &b->refused);
	if (!is_under_way(b))
		take_back(b, &b->sent);
	if (!list_is_empty(&b->sent))
		b->is_trial = true;
	lose_all(b, &b->sent, why);
	b->sent_count = 0;
	b->has_taken = false;
	b->step = EVENTS_AT_REST;
}
