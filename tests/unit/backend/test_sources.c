#include "backend/sources.h"
#include "recorder.h"
#include "redis_server.h"

enum { COUNT = 2 };

struct fixture {
	struct redis_server servers[COUNT];
	struct conf_redis sources[COUNT];
	struct recorder r;
};

static void add_source(struct fixture *f, struct redis_server *server)
{
	struct conf_redis *source = &f->sources[f->r.conf.sources.count];

	redis_server_init(server);
	redis_server_start(server);
	*source = f->r.conf.redis;
	source->url = server->url;
	(void)snprintf(source->name, sizeof source->name, "sources[%zu]",
	    f->r.conf.sources.count++);
}

static struct fixture *set_up(void)
{
	static struct fixture f;

	recorder_init(&f.r, &sources_backend);
	f.r.conf.sources.items = f.sources;
	add_source(&f, &f.servers[0]);
	add_source(&f, &f.servers[1]);
	return &f;
}

static void tear_down(struct fixture *f)
{
	recorder_fini(&f->r);
	for (int i = 0; i < COUNT; i++)
		redis_server_fini(&f->servers[i]);
}

static struct fixture *set_up_and_open(void)
{
	struct fixture *f = set_up();

	recorder_come_up(&f->r);
	return f;
}

static void publish(struct fixture *f, int server, const char *payload)
{
	ck_assert_int_eq(
	    redis_server_number(redis_server_call(
		&f->servers[server], "PUBLISH t:broadcast %s", payload)),
	    1);
}

static void must_name(struct fixture *f, const char *expected)
{
	struct buf out = { 0 };

	f->r.ops->name_away(f->r.backend, &out);
	buf_putn(&out, "", 1);
	ck_assert_str_eq(out.data, expected);
	buf_fini(&out);
}

START_TEST(test_it_is_up_by_parts)
{
	struct fixture *f = set_up_and_open();

	ck_assert_uint_eq(recorder_count(&f->r, "partly"), 1);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), COUNT);
	must_name(f, "");
	tear_down(f);
}
END_TEST

START_TEST(test_one_that_is_killed_costs_the_other_nothing)
{
	struct fixture *f = set_up_and_open();
	char expected[200];

	redis_server_kill(&f->servers[0]);
	recorder_until(&f->r, f->r.state == BACKEND_PARTLY);
	(void)snprintf(
	    expected, sizeof expected, ": sources[0] (%s)", f->servers[0].url);
	must_name(f, expected);
	publish(f, 1, "goes-on");
	recorder_until(
	    &f->r, recorder_count(&f->r, "message t:broadcast=goes-on") == 1);
	redis_server_kill(&f->servers[1]);
	recorder_until(&f->r, f->r.state == BACKEND_DOWN);
	redis_server_start(&f->servers[0]);
	recorder_until(&f->r, f->r.state == BACKEND_PARTLY);
	redis_server_start(&f->servers[1]);
	recorder_until(&f->r, f->r.state == BACKEND_UP);
	ck_assert_uint_eq(recorder_count(&f->r, "gap"), 2 * COUNT);
	tear_down(f);
}
END_TEST

START_TEST(test_a_room_is_watched_at_all)
{
	struct fixture *f = set_up_and_open();

	recorder_watch(&f->r, "a");
	recorder_until(&f->r, recorder_count(&f->r, "watched a") == 1);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(
		    redis_server_number(redis_server_call(
			&f->servers[i], "PUBSUB CHANNELS t:room:a")),
		    1);
	tear_down(f);
}
END_TEST

/* They have waited for one that hangs, and then is lost. */
START_TEST(test_very_many_rooms_wait_for_one_that_is_lost)
{
	enum { ROOMS = 5000 };
	struct fixture *f = set_up_and_open();

	kill(f->servers[1].pid, SIGSTOP);
	recorder_watch_many(&f->r, ROOMS);
	recorder_until(
	    &f->r, redis_server_number(redis_server_call(&f->servers[0],
		       "PUBSUB CHANNELS t:room:many*")) == ROOMS);
	redis_server_kill(&f->servers[1]);
	recorder_until(&f->r, recorder_count(&f->r, "watched many4999") == 1 &&
				  recorder_count(&f->r, "watched many0") == 1);
	ck_assert_int_eq(f->r.state, BACKEND_PARTLY);
	tear_down(f);
}
END_TEST

START_TEST(test_closing_is_clean_at_any_moment)
{
	struct fixture *f = set_up();

	recorder_close_at_any_moment(&f->r);
	recorder_come_up(&f->r);
	tear_down(f);
}
END_TEST

START_TEST(test_one_that_can_never_work_is_named)
{
	struct fixture *f = set_up();
	const struct backend_options options = {
		.conf = &f->r.conf,
		.metrics = f->r.metrics,
	};
	struct err e = { "" };
	char url[] = "redis://";

	f->sources[1].url = url;
	ck_assert_int_lt(
	    f->r.ops->open(&f->r.backend, f->r.base, &options, &e), 0);
	ck_assert_str_eq(e.text, "sources[1].redis.url: has no host");
	ck_assert_ptr_null(f->r.backend);
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/sources", test_it_is_up_by_parts,
    test_one_that_is_killed_costs_the_other_nothing,
    test_a_room_is_watched_at_all,
    test_very_many_rooms_wait_for_one_that_is_lost,
    test_closing_is_clean_at_any_moment, test_one_that_can_never_work_is_named)
