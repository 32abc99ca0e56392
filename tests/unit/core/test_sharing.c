/*
 * What a message costs the threads that it is not for: nothing. Four workers
 * without threads; what the hub does for a batch is counted at their mailboxes.
 */
#include <stdio.h>
#include <sys/eventfd.h>

#include "core/keeper.h"
#include "core/outbox.h"
#include "core/router.h"
#include "core/watches.h"
#include "fakeworker.h"
#include "unit.h"

enum { WORKERS = 4, BATCH = 50, ELSEWHERE = 1000 };

struct fixture {
	struct fakeworker fake; /* worker 0, and what all share */
	struct worker *workers[WORKERS];
	struct outbox outbox;
	struct metrics metrics;
	struct watches watches;
	struct keeper keeper;
	struct router router;
};

static void setup(struct fixture *f)
{
	static char prefix[] = "room:", send[] = "send", none[] = "";
	static struct conf_route route = { .has_websocket = true };
	struct err e;

	memset(f, 0, sizeof *f);
	fake_init(&f->fake, false);
	f->fake.conf.limits.payload = 1 << 16;
	f->fake.conf.routes.items = &route; /* somebody's frames */
	f->fake.conf.routes.count = 1;
	f->fake.conf.channels.room_prefix = prefix;
	f->fake.conf.channels.send = send;
	f->fake.conf.channels.broadcast = none;
	f->fake.conf.channels.control = none;
	f->workers[0] = f->fake.worker;
	for (unsigned i = 1; i < WORKERS; i++)
		f->workers[i] =
		    worker_new(&f->fake.shared, &f->fake.conf, i, false, &e);
	outbox_init(&f->outbox, f->workers, WORKERS);
	watches_init(&f->watches, &f->outbox, &f->metrics, false);
	keeper_init(&f->keeper, &f->fake.conf, &f->outbox, &f->metrics);
	router_init(&f->router, &f->fake.conf, &f->fake.shared, &f->watches,
	    &f->outbox, &f->keeper, &f->metrics);
}

static void teardown(struct fixture *f)
{
	router_fini(&f->router);
	interests_fini(&f->watches.interests);
	outbox_fini(&f->outbox);
	for (unsigned i = 1; i < WORKERS; i++)
		worker_free(f->workers[i]);
	fake_fini(&f->fake);
}

/* As if a worker had said that it has a member of the room. */
static void open_room(struct fixture *f, const char *room, unsigned worker)
{
	struct slice name = slice_str(room);
	bool is_new;

	(void)interests_add(&f->watches.interests, name,
	    worker_hash(f->fake.worker, name), worker, &is_new);
}

static void publish(struct fixture *f, const char *channel)
{
	const struct backend_message m = { .channel = slice_str(channel),
		.payload = slice_str("x") };

	router_take(&f->router, &m);
}

static void publish_batch(struct fixture *f, const char *channel)
{
	for (int i = 0; i < BATCH; i++)
		publish(f, channel);
	outbox_post(&f->outbox);
}

/* How often a worker's mailbox was made readable since the last look. */
static unsigned wakes(const struct worker *w)
{
	eventfd_t count = 0;

	(void)eventfd_read(mailbox_fd(w->mailbox), &count);
	return (unsigned)count;
}

static size_t take_all(struct worker *w)
{
	size_t count;
	struct mail *mail = mailbox_take(w->mailbox, &count);

	for (size_t i = 0; i < count; i++)
		(void)message_unref(mail[i].item);
	return count;
}

START_TEST(a_batch_wakes_the_worker_that_has_the_members_once_and_no_other)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	open_room(&f, "here", 2);
	publish_batch(&f, "room:here");
	publish_batch(&f, "room:here"); /* it is awake by now */
	for (unsigned i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(wakes(f.workers[i]), i == 2);
		ck_assert_uint_eq(
		    take_all(f.workers[i]), i == 2 ? 2 * BATCH : 0);
	}
	teardown(&f);
}
END_TEST

START_TEST(members_elsewhere_change_nothing)
{
	static struct fixture f; /* aligned as its metrics are */
	char room[32];

	setup(&f);
	open_room(&f, "here", 2);
	for (int i = 0; i < ELSEWHERE; i++) {
		(void)snprintf(room, sizeof room, "elsewhere-%d", i);
		open_room(&f, room, (unsigned)i % WORKERS);
	}
	publish_batch(&f, "room:here");
	for (unsigned i = 0; i < WORKERS; i++) {
		ck_assert_uint_eq(wakes(f.workers[i]), i == 2);
		ck_assert_uint_eq(take_all(f.workers[i]), i == 2 ? BATCH : 0);
	}
	teardown(&f);
}
END_TEST

START_TEST(one_message_is_shared_by_all_workers_that_have_members)
{
	static struct fixture f; /* aligned as its metrics are */
	const struct message *shared = NULL;

	setup(&f);
	open_room(&f, "here", 1);
	open_room(&f, "here", 3);
	publish(&f, "room:here");
	outbox_post(&f.outbox);
	for (unsigned i = 1; i < WORKERS; i += 2) {
		size_t count;
		const struct mail *mail =
		    mailbox_take(f.workers[i]->mailbox, &count);

		ck_assert_uint_eq(count, 1);
		ck_assert(!shared || shared == mail->item);
		shared = mail->item;
		(void)message_unref(mail->item);
	}
	ck_assert_uint_eq(wakes(f.workers[0]) + wakes(f.workers[2]), 0);
	teardown(&f);
}
END_TEST

START_TEST(what_is_for_nobody_here_wakes_nobody)
{
	static struct fixture f; /* aligned as its metrics are */

	setup(&f);
	publish_batch(&f, "room:unknown");
	publish_batch(&f, "unknown channel");
	for (unsigned i = 0; i < WORKERS; i++)
		ck_assert_uint_eq(wakes(f.workers[i]), 0);
	teardown(&f);
}
END_TEST

UNIT_MAIN("core/sharing",
    a_batch_wakes_the_worker_that_has_the_members_once_and_no_other,
    members_elsewhere_change_nothing,
    one_message_is_shared_by_all_workers_that_have_members,
    what_is_for_nobody_here_wakes_nobody)
