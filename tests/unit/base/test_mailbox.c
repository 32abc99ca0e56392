/*
 * mailbox: several writers, one reader that really sleeps. The reader polls
 * with a time-out, so that a lost wake-up is a failure and not a hang.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "base/mailbox.h"
#include "base/mem.h"
#include "rng.h"
#include "unit.h"

enum {
	WRITERS = 4,
	BATCH_MAX = 7,
	LOST_MS = 10000, /* nobody waits that long for a post */
};

struct writer {
	struct mailbox *box;
	pthread_t thread;
	uint32_t id;
	uint32_t count;
	bool is_patient; /* posts only into an empty mailbox: many sleeps */
};

static void *write_all(void *arg)
{
	struct writer *w = arg;
	uint64_t seed = w->id + 1;
	uint32_t next = 0;

	while (next < w->count) {
		struct mail mails[BATCH_MAX];
		size_t count = 1 + rng_below(&seed, BATCH_MAX);

		if (count > w->count - next)
			count = w->count - next;
		for (size_t i = 0; i < count; i++)
			mails[i] = (struct mail){ w->id, next++, NULL };
		while (w->is_patient && mailbox_bytes(w->box) > 0)
			sched_yield();
		mailbox_post(w->box, mails, count, count);
	}
	return NULL;
}

static bool is_readable(const struct mailbox *box, int timeout_ms)
{
	struct pollfd pfd = { .fd = mailbox_fd(box), .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

/* Take once; every writer's numbers must go on where they stopped. */
static uint32_t read_some(struct mailbox *box, uint32_t *next)
{
	size_t count;
	struct mail *mails = mailbox_take(box, &count);

	for (size_t i = 0; i < count; i++) {
		/* Each check is a system call, and these are many. */
		if (mails[i].kind >= WRITERS ||
		    mails[i].value != next[mails[i].kind])
			ck_abort_msg("lost, doubled or out of order");
		next[mails[i].kind]++;
	}
	mailbox_done(box, count);
	return (uint32_t)count;
}

static void run_writers(uint32_t count, bool is_patient)
{
	struct mailbox *box = mailbox_new();
	struct writer writers[WRITERS];
	uint32_t next[WRITERS] = { 0 };
	uint32_t left = WRITERS * count;

	ck_assert_ptr_nonnull(box);
	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ box, 0, i, count, is_patient };
		ck_assert_int_eq(pthread_create(&writers[i].thread, NULL,
				     write_all, &writers[i]),
		    0);
	}
	while (left > 0) {
		ck_assert_msg(is_readable(box, LOST_MS),
		    "a wake-up was lost, %u mails are missing", left);
		do {
			left -= read_some(box, next);
		} while (!mailbox_sleep(box));
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		(void)pthread_join(writers[i].thread, NULL);
	ck_assert_uint_eq(mailbox_bytes(box), 0);
	(void)mailbox_sleep(box);
	ck_assert(!is_readable(box, 0));
	mailbox_free(box);
}

START_TEST(four_writers_flat_out_lose_nothing_and_keep_their_order)
{
	run_writers(200000, false);
}
END_TEST

START_TEST(a_reader_that_sleeps_after_each_mail_is_always_woken)
{
	run_writers(20000, true);
}
END_TEST

START_TEST(a_batch_wakes_the_reader_once)
{
	const struct mail mails[3] = { { 1, 10, NULL }, { 2, 20, NULL },
		{ 3, 30, NULL } };
	struct mailbox *box = mailbox_new();
	struct mail *taken;
	size_t count;

	ck_assert(!is_readable(box, 0));
	mailbox_post(box, mails, 3, 300);
	mailbox_post(box, mails, 1, 100);
	ck_assert(is_readable(box, 0));
	ck_assert_uint_eq(mailbox_bytes(box), 400);
	ck_assert(!mailbox_sleep(box));
	taken = mailbox_take(box, &count);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(taken[2].kind, 3);
	ck_assert_uint_eq(taken[3].value, 10);
	ck_assert(is_readable(box, 0)); /* still awake, until it sleeps */
	ck_assert(mailbox_sleep(box));
	ck_assert(!is_readable(box, 0));
	mailbox_done(box, 400);
	ck_assert_uint_eq(mailbox_bytes(box), 0);
	mailbox_free(box);
}
END_TEST

START_TEST(what_was_taken_stays_valid_while_others_post)
{
	struct mailbox *box = mailbox_new();
	struct mail mail = { 1, 0, NULL };
	struct mail *taken;
	size_t count;

	for (mail.value = 0; mail.value < 100; mail.value++)
		mailbox_post(box, &mail, 1, 0);
	taken = mailbox_take(box, &count);
	for (mail.value = 1000; mail.value < 9000; mail.value++)
		mailbox_post(box, &mail, 1, 0);
	ck_assert_uint_eq(count, 100);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_uint_eq(taken[i].value, i);
	taken = mailbox_take(box, &count);
	ck_assert_uint_eq(count, 8000);
	ck_assert_uint_eq(taken[7999].value, 8999);
	taken = mailbox_take(box, &count);
	ck_assert_uint_eq(count, 0);
	mailbox_free(box);
}
END_TEST

START_TEST(what_was_taken_is_out_of_reach_after_the_next_take)
{
	struct mailbox *box = mailbox_new();
	const struct mail mail = { 1, 0, NULL };
	struct mail *taken;
	size_t count;

	mailbox_post(box, &mail, 1, 0);
	taken = mailbox_take(box, &count);
	mailbox_post(box, &mail, 1, 0);
	ck_assert(!mem_is_out_of_reach(taken));
	(void)mailbox_take(box, &count);
	ck_assert(mem_is_out_of_reach(taken) == SANITIZER_ADDRESS);
	mailbox_free(box);
}
END_TEST

START_TEST(a_local_reader_is_never_woken)
{
	const struct mail mail = { 1, 10, NULL };
	struct mailbox *box = mailbox_new();
	size_t count;

	mailbox_set_local(box);
	ck_assert(mailbox_sleep(box));
	mailbox_post(box, &mail, 1, 0);
	ck_assert(!is_readable(box, 0));
	ck_assert(!mailbox_sleep(box));
	(void)mailbox_take(box, &count);
	ck_assert_uint_eq(count, 1);
	ck_assert(mailbox_sleep(box));
	mailbox_post(box, &mail, 1, 0);
	ck_assert(!mailbox_sleep(box));
	mailbox_free(box);
}
END_TEST

static void count_wakes(void *arg)
{
	++*(unsigned *)arg;
}

START_TEST(a_waker_is_called_instead_until_all_is_taken)
{
	const struct mail mail = { 1, 10, NULL };
	struct mailbox *box = mailbox_new();
	unsigned wakes = 0;
	size_t count;

	mailbox_set_waker(box, count_wakes, &wakes);
	mailbox_post(box, &mail, 1, 0);
	mailbox_post(box, &mail, 1, 0);
	ck_assert_uint_eq(wakes, 1);
	ck_assert(!is_readable(box, 0));
	ck_assert(!mailbox_sleep(box));
	ck_assert_uint_eq(wakes, 2);
	(void)mailbox_take(box, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert(mailbox_sleep(box));
	ck_assert_uint_eq(wakes, 2);
	mailbox_post(box, &mail, 1, 0);
	ck_assert_uint_eq(wakes, 3);
	mailbox_free(box);
}
END_TEST

START_TEST(a_post_of_nothing_wakes_nobody)
{
	struct mailbox *box = mailbox_new();

	mailbox_post(box, NULL, 0, 0);
	ck_assert(!is_readable(box, 0));
	ck_assert(mailbox_sleep(box));
	mailbox_free(box);
	mailbox_free(NULL);
}
END_TEST

UNIT_MAIN("base/mailbox",
    four_writers_flat_out_lose_nothing_and_keep_their_order,
    a_reader_that_sleeps_after_each_mail_is_always_woken,
    a_batch_wakes_the_reader_once, what_was_taken_stays_valid_while_others_post,
    what_was_taken_is_out_of_reach_after_the_next_take,
    a_local_reader_is_never_woken, a_waker_is_called_instead_until_all_is_taken,
    a_post_of_nothing_wakes_nobody)
