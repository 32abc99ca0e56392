/*
 * app_event: what the app is told of a connection or a room, as JSON (`events`
 * of the configuration). It is made on the thread where it happens
 * (core/tell_app), goes to the hub by mail, and from there to the backend,
 * which has it leave: no payload and no client waits for that.
 */
#ifndef CORE_APP_EVENT_H
#define CORE_APP_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/slice.h"

/* What the app knows an instance by: hexadecimal digits. */
enum { APP_EVENT_INSTANCE_LEN = 16 };

/*
 * The name of an instance that has had so many others before, of which the
 * first one was this number.
 */
void app_event_name_instance(
    uint64_t first, uint32_t renames, char out[APP_EVENT_INSTANCE_LEN + 1]);

/* Bytes of events that may wait at one place: for the hub, for the server. */
enum { APP_EVENTS_WAITING_MAX = 16 << 20 };

struct app_event {
	struct list link; /* of whoever has it */
	size_t bytes;     /* of the whole allocation */
	size_t len;
	char json[];
};

/* NULL when memory is out; freed with free(). Any thread. */
struct app_event *app_event_new(struct slice json);

static inline struct slice app_event_json(const struct app_event *e)
{
	return slice_of(e->json, e->len);
}

#endif
