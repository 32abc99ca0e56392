/*
 * redis_publisher: what is published goes out one by one, in order, and each is
 * told what became of it, once; a real server takes it, refuses it, stands
 * still and is gone.
 */
#include "base/list.h"
#include "redis_rig.h"

enum { MANY = 20 };

struct item {
	struct backend_publication out;
	char payload[16];
	unsigned told;
	bool has_failed;
	int64_t receivers;
};

static struct fixture *f;
static struct item items[MANY];
static unsigned told; /* of all */

static void on_told(
    struct backend_publication *out, const struct backend_told *what)
{
	struct item *i = container_of(out, struct item, out);

	i->told++;
	i->has_failed = what->error != NULL;
	i->receivers = what->receivers;
	ck_assert(!what->error || what->error[0]);
	/* In order: none behind it has been told before. */
	ck_assert(i == &items[MANY - 1] || i[1].told == 0);
	told++;
}

static struct item *ask(unsigned number)
{
	struct item *i = &items[number];

	*i = (struct item){ .out.channel = slice_str("t:send"),
		.out.on_told = on_told };
	(void)snprintf(i->payload, sizeof i->payload, "%u", number);
	i->out.payload = slice_str(i->payload);
	redis_backend.publish(f->r.backend, &i->out);
	return i;
}

static void forget(struct item *i)
{
	redis_backend.forget(f->r.backend, &i->out);
}

static void ask_all(void)
{
	for (unsigned i = 0; i < MANY; i++)
		(void)ask(i);
}

/* It stands still: what it was sent it answers later. */
static void stop_server(bool shall_stop)
{
	ck_assert_int_eq(
	    kill(f->server.pid, shall_stop ? SIGSTOP : SIGCONT), 0);
}

static void setup(void)
{
	f = set_up_and_open();
	told = 0;
}

static void teardown(void)
{
	tear_down(f);
}

/* Clients that the server has now, this question's among them. */
static unsigned clients(void)
{
	redisReply *reply = redis_server_call(&f->server, "CLIENT LIST");
	unsigned count = 0;

	for (const char *c = reply->str; (c = strchr(c, '\n')); c++)
		count++;
	freeReplyObject(reply);
	return count;
}

/* Subscribed, the heartbeat, and who asks: nothing is left of what was not. */
static bool is_at_rest(void)
{
	return clients() == 3;
}

START_TEST(all_go_out_in_order_and_the_connection_goes)
{
	char line[64];

	ask_all();
	recorder_until(&f->r, told == MANY && f->r.messages == MANY);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_uint_eq(items[i].told, 1);
		ck_assert(!items[i].has_failed);
		ck_assert_int_eq(items[i].receivers, 1);
		(void)snprintf(line, sizeof line, "message t:send=%u", i);
		ck_assert_uint_eq(recorder_count(&f->r, line), 1);
	}
	recorder_until(&f->r, is_at_rest());
}
END_TEST

START_TEST(what_is_refused_is_told_and_the_next_goes_out)
{
	freeReplyObject(redis_server_call(&f->server,
	    "ACL SETUSER default resetchannels &t:room:* "
	    "&roomcast:heartbeat:*"));
	(void)ask(0);
	items[1] = (struct item){ .out.channel = slice_str("t:room:a"),
		.out.payload = slice_str("x"),
		.out.on_told = on_told };
	redis_backend.publish(f->r.backend, &items[1].out);
	recorder_until(&f->r, told == 2);
	ck_assert(items[0].has_failed && !items[1].has_failed);
}
END_TEST

START_TEST(without_a_server_all_are_told)
{
	redis_server_kill(&f->server);
	ask_all();
	recorder_until(&f->r, told == MANY);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert(items[i].told == 1 && items[i].has_failed);
}
END_TEST

START_TEST(a_server_that_is_lost_meanwhile_is_told)
{
	stop_server(true);
	ask_all();
	recorder_run_for(&f->r, 50);
	redis_server_kill(&f->server);
	recorder_until(&f->r, told == MANY);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert(items[i].told == 1 && items[i].has_failed);
}
END_TEST

/* The answer to one that was forgotten is nobody's. */
START_TEST(what_is_forgotten_is_told_no_more)
{
	(void)ask(0);
	recorder_until(&f->r, told == 1);
	stop_server(true);
	for (unsigned i = 1; i < 6; i++)
		(void)ask(i);
	recorder_run_for(&f->r, 50);
	forget(&items[1]); /* under way, perhaps */
	forget(&items[3]);
	forget(&items[5]);
	stop_server(false);
	recorder_until(&f->r, told == 3);
	ck_assert(items[2].told == 1 && !items[2].has_failed);
	ck_assert(items[4].told == 1 && !items[4].has_failed);
	ck_assert_uint_eq(items[1].told + items[3].told + items[5].told, 0);
}
END_TEST

START_TEST(all_may_be_forgotten)
{
	stop_server(true);
	ask_all();
	recorder_run_for(&f->r, 50);
	for (unsigned i = 0; i < MANY; i++)
		forget(&items[i]);
	stop_server(false);
	recorder_until(&f->r, is_at_rest());
	ck_assert_uint_eq(told, 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "backend/redis_publisher",
    all_go_out_in_order_and_the_connection_goes,
    what_is_refused_is_told_and_the_next_goes_out,
    without_a_server_all_are_told, a_server_that_is_lost_meanwhile_is_told,
    what_is_forgotten_is_told_no_more, all_may_be_forgotten)
