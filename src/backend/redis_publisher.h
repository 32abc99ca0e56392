/*
 * redis_publisher: publishes what this gateway itself is asked to, by a
 * connection that is there only while something is to be published: with
 * PUBLISH, or to a stream with XADD. One at a time, in order. Main thread.
 */
#ifndef BACKEND_REDIS_PUBLISHER_H
#define BACKEND_REDIS_PUBLISHER_H

struct backend_publication;
struct event_base;
struct redis_places;
struct redis_publisher;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_PUBLISHER_FILES_MAX = 8 };

/*
 * Where and as what apps publish: what comes back has its order. stream is a
 * key, or NULL; both outlive it.
 */
struct redis_publisher *redis_publisher_new(
    struct event_base *base, struct redis_places *places, const char *stream);
/* Tells nobody any more. NULL is fine. */
void redis_publisher_free(struct redis_publisher *p);

/* As in struct backend_ops. */
void redis_publisher_publish(
    struct redis_publisher *p, struct backend_publication *out);
void redis_publisher_forget(
    struct redis_publisher *p, struct backend_publication *out);

#endif
