/* Whom epoll is heeded for, and when what is ready is over. */
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "fakeworker.h"
#include "unit.h"

enum { CROWD = 200 }; /* several times what is looked at at once */

static unsigned told;

static void leave(struct conn *c)
{
	told++;
	conn_kill(c);
}

/* Its socket stays readable, and open up to the end of the turn. */
START_TEST(of_each_that_leaves_it_is_told_once)
{
	struct fakeworker f;
	struct transport_ops ops;
	int fds[CROWD];

	told = 0;
	fake_init(&f, false);
	ops = *f.shared.ops;
	ops.on_readable = leave;
	f.shared.ops = &ops;
	for (size_t i = 0; i < CROWD; i++) {
		struct conn *c = conn_new(f.worker, eventfd(1, EFD_NONBLOCK));

		ck_assert_ptr_nonnull(c);
		fds[i] = c->fd;
		ck_assert_int_eq(poller_watch(c, POLLER_INPUT), 0);
	}
	while (told < CROWD)
		(void)event_base_loop(f.worker->base, EVLOOP_ONCE);
	ck_assert_uint_eq(told, CROWD);
	fake_fini(&f);
	for (size_t i = 0; i < CROWD; i++)
		(void)close(fds[i]);
}
END_TEST

UNIT_MAIN("core/poller", of_each_that_leaves_it_is_told_once)
