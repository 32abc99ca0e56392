/* tellrig: a worker without a thread, of whose connections the app is told. */
#ifndef TESTS_UNIT_CORE_TELLRIG_H
#define TESTS_UNIT_CORE_TELLRIG_H

#include "base/clock.h"
#include "core/app_event.h"
#include "core/tell_app.h"
#include "fakeworker.h"

static struct fakeworker f; /* aligned: the stack of ASan is not */
static char path[] = "/here";
static struct conf_route route = { .path = path, .conf = &f.conf };

static void set_up(void)
{
	fake_init(&f, false);
	f.conf.events.is_on = true;
	f.conf.events.kind_bits = CONF_EVENTS_CONNECTIONS;
	f.worker->now_ms = clock_ms();
}

static void tear_down(void)
{
	fake_fini(&f);
}

/* One more is there, and told of. */
static void come(void)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);

	conn_set_route(c, &route);
	tell_app_connected(c);
}

#endif
