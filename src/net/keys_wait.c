/*
 * keys_wait: see keys_wait.h. Each is a token to be checked again: a turn does
 * a part of them, and who comes meanwhile is behind those.
 */
#include "net/keys_wait.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "net/jwks.h"
#include "sys/timer.h"

enum { CALLED_A_TURN = 32 }; /* a signature takes up to 0.1 ms to check */

struct keys_wait {
	struct list waiting; /* for a look to end */
	struct list called;  /* it has */
	struct event *pump;  /* owned; a timer of no time */
};

static void on_pump(evutil_socket_t fd, short what, void *arg)
{
	struct keys_wait *k = arg;

	(void)fd, (void)what;
	for (int i = 0; i < CALLED_A_TURN && !list_is_empty(&k->called); i++) {
		struct keys_waiter *w =
		    container_of(k->called.next, struct keys_waiter, node);

		list_del(&w->node);
		w->on_look(w->arg);
	}
	if (!list_is_empty(&k->called))
		timer_arm(k->pump, 0, "jwks");
}

struct keys_wait *keys_wait_new(struct event_base *base)
{
	struct keys_wait *k = xcalloc(1, sizeof *k);

	list_init(&k->waiting);
	list_init(&k->called);
	k->pump = timer_new(base, on_pump, k, "jwks");
	return k;
}

void keys_wait_free(struct keys_wait *k)
{
	if (!k)
		return;
	event_free(k->pump);
	free(k);
}

void keys_wait_begin(struct keys_wait *k, struct keys_waiter *w, struct jwks *j,
    void (*on_look)(void *arg), void *arg)
{
	w->jwks = jwks_ref(j);
	w->on_look = on_look;
	w->arg = arg;
	list_add(&k->waiting, &w->node);
}

void keys_wait_end(struct keys_waiter *w)
{
	if (!w->jwks)
		return;
	list_del(&w->node);
	jwks_unref(w->jwks);
	w->jwks = NULL;
}

/*
 * Those of other keys hear of it as well, and find that theirs are still looked
 * for: they wait again.
 */
void keys_wait_looked(struct keys_wait *k)
{
	list_join(&k->called, &k->waiting);
	if (!list_is_empty(&k->called))
		timer_arm(k->pump, 0, "jwks");
}
