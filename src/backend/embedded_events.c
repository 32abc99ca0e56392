/* embedded_events: see the header. */
#include "backend/embedded_events.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/conf_events.h"
#include "core/app_event.h"
#include "proto/resp_write.h"

enum { ANSWER_MAX = 256 << 10 }; /* bytes of events, and one more event */

struct entry {
	struct list link;
	struct place id;
	struct app_event *event; /* owned */
};

static struct entry *entry_of(struct list *link)
{
	return container_of(link, struct entry, link);
}

/* --- what is kept --- */

static void drop_oldest(struct embedded_events *e)
{
	struct entry *entry = entry_of(e->entries.next);

	list_del(&entry->link);
	e->count--;
	e->bytes -= entry->event->bytes;
	free(entry->event);
	free(entry);
}

static void keep(struct embedded_events *e, struct app_event *event)
{
	struct entry *entry = xcalloc(1, sizeof *entry);
	char ignored[PLACE_MAX + 1];

	(void)embedded_stream_next(&e->ids, ignored);
	entry->id = e->ids.last;
	entry->event = event;
	list_add(&e->entries, &entry->link);
	e->count++;
	e->bytes += event->bytes;
	while (e->count > e->conf->maxlen || e->bytes > APP_EVENTS_WAITING_MAX)
		drop_oldest(e);
}

void embedded_events_init(struct embedded_events *e,
    const struct conf_events *conf, const struct embedded_events_ops *ops)
{
	*e = (struct embedded_events){ .conf = conf, .ops = ops };
	embedded_stream_init(&e->ids);
	list_init(&e->entries);
	list_init(&e->listeners);
}

void embedded_events_fini(struct embedded_events *e)
{
	while (e->count > 0)
		drop_oldest(e);
}

/* --- on their way --- */

static struct embedded_listener *listener_of(struct list *link)
{
	return container_of(link, struct embedded_listener, link);
}

static void tell_all(struct embedded_events *e, const struct app_event *event)
{
	list_foreach_safe (link, &e->listeners) {
		struct embedded_listener *l = listener_of(link);

		if (l->state != EMBEDDED_READING)
			e->ops->on_event(l, event);
	}
}

void embedded_events_post(struct embedded_events *e, struct app_event *event)
{
	if (e->conf->stream) {
		keep(e, event);
		tell_all(e, NULL);
	} else {
		tell_all(e, event);
		free(event);
	}
}

bool embedded_events_are_leaving(const struct embedded_events *e)
{
	list_foreach (link, &e->listeners) {
		struct embedded_listener *l = listener_of(link);

		if (e->ops->has_unsent(l) ||
		    (l->state != EMBEDDED_SUBSCRIBED &&
			embedded_events_has_news(e, l)))
			return true;
	}
	return false;
}

/* --- how they are told --- */

void embedded_events_put_message(const struct embedded_events *e,
    const struct app_event *event, struct resp_writer *w)
{
	resp_put_number(w, w->is_resp3 ? '>' : '*', 3);
	resp_put_bulk(w, slice_str("message"));
	resp_put_bulk(w, slice_str(e->conf->channel));
	resp_put_bulk(w, app_event_json(event));
}

static void put_entry(const struct entry *entry, struct resp_writer *w)
{
	char id[PLACE_MAX + 1];

	resp_put_number(w, '*', 2);
	resp_put_bulk(w, place_print_entry(&entry->id, id));
	resp_put_number(w, '*', 2);
	resp_put_bulk(w, slice_str("event"));
	resp_put_bulk(w, app_event_json(entry->event));
}

/* The first that is behind the last one; the head when there is none. */
static struct list *find_next(
    const struct embedded_events *e, const struct place *last)
{
	struct list *at = e->entries.prev;

	while (at != &e->entries && place_compare(last, &entry_of(at)->id) < 0)
		at = at->prev;
	return at->next;
}

/* How many from there on one answer has. */
static size_t count_from(
    const struct embedded_events *e, struct list *at, size_t most)
{
	size_t count = 0, bytes = 0;

	for (; at != &e->entries && count < most && bytes < ANSWER_MAX;
	     at = at->next) {
		bytes += entry_of(at)->event->bytes;
		count++;
	}
	return count;
}

void embedded_events_put(struct embedded_events *e, struct embedded_listener *l,
    struct resp_writer *w)
{
	struct list *at = find_next(e, &l->last);
	size_t count = count_from(e, at, l->most);

	l->state = EMBEDDED_READING;
	if (count == 0) {
		resp_put_text(w, w->is_resp3 ? "_\r\n" : "*-1\r\n");
		return;
	}
	if (w->is_resp3) {
		resp_put_map(w, 1);
	} else {
		resp_put_number(w, '*', 1);
		resp_put_number(w, '*', 2);
	}
	resp_put_bulk(w, slice_str(e->conf->stream));
	resp_put_number(w, '*', (long long)count);
	for (; count > 0; count--, at = at->next) {
		put_entry(entry_of(at), w);
		l->last = entry_of(at)->id;
	}
}

/* --- listeners --- */

void embedded_listener_init(struct embedded_listener *l)
{
	*l = (struct embedded_listener){ .state = EMBEDDED_DEAF };
	list_init(&l->link);
}

void embedded_listener_fini(struct embedded_listener *l)
{
	list_del(&l->link);
	embedded_listener_init(l);
}

void embedded_events_add(struct embedded_events *e, struct embedded_listener *l,
    enum embedded_listening state)
{
	l->state = state;
	list_del(&l->link);
	list_add(&e->listeners, &l->link);
}

bool embedded_events_has_news(
    const struct embedded_events *e, const struct embedded_listener *l)
{
	return e->count > 0 && place_compare(&l->last, &e->ids.last) < 0;
}
