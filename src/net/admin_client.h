/*
 * admin_client: one connection to the admin listener: it reads a request,
 * answers it, and reads the next one. Requests are answered in order, one a
 * turn of the loop; what is read but not answered, and how long it all may
 * take, has a bound.
 */
#ifndef NET_ADMIN_CLIENT_H
#define NET_ADMIN_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

struct admin_client;
struct admin_view;
struct event_base;

/*
 * Called from the loop when the connection has come to its end, for whatever
 * reason: end it with admin_client_end.
 */
typedef void (*admin_client_end_fn)(void *arg, struct admin_client *c);

/*
 * Serve an accepted, non-blocking socket, which c owns from now on; view and
 * arg outlive c. With is_short it is closed behind its first answer. What has
 * come along is read in this turn. NULL when memory is out: fd is still the
 * caller's. Main thread, as all here.
 */
struct admin_client *admin_client_new(struct event_base *base, int fd,
    bool is_short, const struct admin_view *view, admin_client_end_fn on_end,
    void *arg);

/* Free c at once. Returns its socket, which the caller owns from now on. */
int admin_client_end(struct admin_client *c);

/* Whether one request was there at least, as far as its head. */
bool admin_client_has_asked(const struct admin_client *c);

/* When the client was connected or has had its last answer (clock_ms). */
int64_t admin_client_used_ms(const struct admin_client *c);

#endif
