/*
 * redis_app: what the app gets by the Redis that payloads come from: events
 * (backend/redis_events), and who is in which room (backend/redis_presence). Of
 * several sources by the first alone. Main thread.
 */
#ifndef BACKEND_REDIS_APP_H
#define BACKEND_REDIS_APP_H

#include <stdbool.h>

#include "backend/redis_places.h"
#include "core/backend.h"

struct redis_app;

enum { REDIS_APP_FILES_MAX = 16 };

/*
 * As options say; connects at once to what it needs. metrics is the block of
 * the source. What is pointed at outlives it.
 */
struct redis_app *redis_app_new(struct event_base *base,
    const struct backend_options *options, struct redis_places *places,
    struct metrics *metrics);
void redis_app_free(struct redis_app *a);

/* A route of it may be the first with presence. */
void redis_app_use_conf(struct redis_app *a, const struct conf *conf);

/* One of its places is elsewhere. */
void redis_app_move(
    struct redis_app *a, enum redis_place place, const char *reason);

/* As in struct backend_ops. */
void redis_app_post_event(struct redis_app *a, struct app_event *e);
bool redis_app_has_events(const struct redis_app *a);
void redis_app_write_seats(struct redis_app *a);
void redis_app_leave_seats(struct redis_app *a, bool owes_events);
bool redis_app_is_leaving(const struct redis_app *a);

#endif
