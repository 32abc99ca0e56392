/*
 * redis_events: has events leave for the app, to a stream or a channel of a
 * Redis server, by a connection of its own that stays: in the order in which
 * they happened, each once, or counted as lost (backend/redis_events_batch).
 * What has not been sent, or was refused, waits. Main thread.
 */
#ifndef BACKEND_REDIS_EVENTS_H
#define BACKEND_REDIS_EVENTS_H

#include <stdbool.h>

struct app_event;
struct backend_options;
struct event_base;
struct metrics;
struct redis_events;
struct redis_places;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_EVENTS_FILES_MAX = 8 };

/*
 * For the `events` of options, at REDIS_PLACE_EVENTS of places; connects at
 * once, and for as long as it takes. metrics is the block of the source. All of
 * it outlives what is returned.
 */
struct redis_events *redis_events_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics);
/* What waits yet is lost, and told of. NULL is fine. */
void redis_events_free(struct redis_events *e);

/* As in struct backend_ops. */
void redis_events_post(struct redis_events *e, struct app_event *event);
bool redis_events_wait(const struct redis_events *e);

/* From now on all wait, or not any longer. At first none does. */
void redis_events_hold(struct redis_events *e, bool is_held);

/* The server is elsewhere, for this reason: go there. */
void redis_events_move(struct redis_events *e, const char *reason);

#endif
