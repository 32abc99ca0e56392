/*
 * redis_presence: has the seats of this instance where those of all instances
 * are, with Redis, so that apps read them there and are told which rooms are
 * occupied: by a connection of its own, so that no payload and no event waits
 * for it. Main thread.
 *
 * What is written is the number of a seat, never a change of it: it may be
 * written twice. An instance holds a lease, and without one nothing of it is
 * written. Whoever finds that another one's lease is over sweeps it; and who
 * finds that its own one was writes all of its seats anew, as after each time
 * that it connects, when it also looks at what is written of it that should
 * not be.
 */
#ifndef BACKEND_REDIS_PRESENCE_H
#define BACKEND_REDIS_PRESENCE_H

#include <stdbool.h>

struct backend_options;
struct event_base;
struct metrics;
struct redis_places;
struct redis_presence;

/* Descriptors of one: the connection, what is dialled, look-ups. */
enum { REDIS_PRESENCE_FILES_MAX = 8 };

/*
 * Connects at once. What is pointed at outlives it; metrics are the source's.
 * on_name is called when what is told under the instance's name may leave, and
 * when that has another name and may not yet: whoever dies without a lease is
 * swept by nobody, so nothing is to be known of him. It may leave, too, when
 * the server refuses the lease. At first it may not.
 */
struct redis_presence *redis_presence_open(struct event_base *base,
    struct redis_places *places, const struct backend_options *options,
    struct metrics *metrics, void (*on_name)(void *arg, bool may_leave),
    void *arg);
/* Closes at once: what is written of us is swept when the lease is over. */
void redis_presence_free(struct redis_presence *p);

/* As in struct backend_ops. */
void redis_presence_write_seats(struct redis_presence *p);
void redis_presence_leave(struct redis_presence *p, bool owes_events);
bool redis_presence_is_leaving(const struct redis_presence *p);

/* The servers are elsewhere: leave this one, and find it again. */
void redis_presence_move(struct redis_presence *p, const char *reason);

#endif
