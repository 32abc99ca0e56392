/*
 * fuzz_redis_events_batch: what a Redis server may say to events. Whatever it
 * is: each is in one place, or was taken, or counted as lost; and what is taken
 * is so in order.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/redis_events_batch.h"
#include "core/app_event.h"
#include "core/metrics.h"
#include "proto/resp_items.h"

enum { MAX_STRING = 1000, FEW = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct metrics metrics;

static unsigned number_of(struct list *link)
{
	unsigned number;

	memcpy(&number, container_of(link, struct app_event, link)->json,
	    sizeof number);
	return number;
}

/* How many there are; each later than the ones before, from *last on. */
static unsigned count(const struct list *l, unsigned *last)
{
	unsigned found = 0;

	list_foreach (pos, l) {
		if (number_of(pos) <= *last)
			abort();
		*last = number_of(pos);
		found++;
	}
	return found;
}

static void check(const struct events_batch *b, unsigned posted, unsigned taken)
{
	unsigned last = 0;
	unsigned found = count(&b->refused, &last);

	found += count(&b->sent, &last);
	found += count(&b->waiting, &last);
	if (found + taken + metrics_value(&metrics, METRIC_EVENTS_LOST) !=
	    posted)
		abort();
}

static void post(struct events_batch *b, unsigned *posted)
{
	unsigned number = ++*posted;

	events_batch_post(
	    b, app_event_new(slice_of((const char *)&number, sizeof number)));
}

static void send_next(struct events_batch *b, bool asks)
{
	if (b->step == EVENTS_AT_REST && !list_is_empty(&b->waiting))
		events_batch_open(b, asks);
	if (b->step == EVENTS_OPENED)
		while (events_batch_send(b))
			;
}

/* Whether an outcome that is no error was that of one more. */
static bool takes(const struct events_batch *b, const struct resp_part *part)
{
	return (b->step == EVENTS_SENT || b->step == EVENTS_DONE) &&
	       (part->type == RESP_STRING || part->type == RESP_INTEGER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resp_items *items = resp_items_new(MAX_STRING);
	struct redis_follow follow;
	struct events_batch b;
	unsigned posted = 0, taken = 0;
	struct resp_part part;
	struct err e;
	bool asks;

	if (size < 1) {
		resp_items_free(items);
		return 0;
	}
	memset(&metrics, 0, sizeof metrics);
	redis_follow_init(&follow, NULL, false);
	events_batch_init(&b, "XADD", &metrics, follow);
	asks = data[0] & 1;
	for (unsigned i = 0; i <= data[0] % FEW; i++)
		post(&b, &posted);
	if (resp_items_feed(items, slice_of((const char *)data + 1, size - 1)) <
	    0)
		abort();
	send_next(&b, asks);
	while (resp_items_next(items, &part, &e) == 1) {
		taken += takes(&b, &part);
		if (events_batch_take(&b, &part) < 0)
			events_batch_end(&b);
		post(&b, &posted);
		send_next(&b, asks);
		check(&b, posted, taken);
	}
	events_batch_fini(&b);
	if (b.bytes != 0)
		abort();
	resp_items_free(items);
	return 0;
}
