/*
 * Queues and handles come back to be used again; under the address sanitizer
 * who still uses them is noticed.
 */
#include "base/mem.h"
#include "core/spares.h"
#include "fakeworker.h"
#include "unit.h"

static struct fakeworker f; /* aligned: the stack of ASan is not */

static void setup(void)
{
	fake_init(&f, false);
}

static void teardown(void)
{
	fake_fini(&f);
}

static struct message *make(void)
{
	return fake_message(100, &(struct aim){ .is_everyone = true });
}

static void expect_out_of_reach(const void *p)
{
	ck_assert(mem_is_out_of_reach(p) == SANITIZER_ADDRESS);
}

START_TEST(a_queue_that_was_given_back_is_out_of_reach)
{
	struct outq *q = spares_take_outq(f.worker);

	ck_assert(!mem_is_out_of_reach(q));
	spares_give_outq(f.worker, q);
	expect_out_of_reach(q);
	q = spares_take_outq(f.worker);
	ck_assert(!mem_is_out_of_reach(q));
	spares_give_outq(f.worker, q);
}
END_TEST

START_TEST(a_handle_that_was_given_back_is_out_of_reach)
{
	struct delivery *d = spares_take_delivery(f.worker, make());

	d->refs++;
	spares_unref_delivery(f.worker, d);
	ck_assert(!mem_is_out_of_reach(d));
	spares_unref_delivery(f.worker, d);
	expect_out_of_reach(d);
	d = spares_take_delivery(f.worker, make());
	ck_assert(!mem_is_out_of_reach(d));
	spares_unref_delivery(f.worker, d);
}
END_TEST

START_TEST(a_run_takes_its_handles_out_of_reach)
{
	struct message *messages[] = { make(), make() };
	struct run *run = spares_take_run(f.worker, messages, 2);
	struct delivery *first = run->parts[0], *second = run->parts[1];

	ck_assert(!mem_is_out_of_reach(first) && !mem_is_out_of_reach(second));
	spares_unref_delivery(f.worker, &run->whole);
	expect_out_of_reach(first);
	expect_out_of_reach(second);
}
END_TEST

START_TEST(what_was_given_back_is_kept_for_the_next)
{
	struct delivery *d = spares_take_delivery(f.worker, make());

	spares_unref_delivery(f.worker, d);
	ck_assert_uint_eq(f.worker->free_delivery_count, mem_may_keep(true));
	d = spares_take_delivery(f.worker, make());
	ck_assert_uint_eq(f.worker->free_delivery_count, 0);
	spares_unref_delivery(f.worker, d);
	spares_free(f.worker);
	ck_assert_uint_eq(f.worker->free_delivery_count, 0);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/spares",
    a_queue_that_was_given_back_is_out_of_reach,
    a_handle_that_was_given_back_is_out_of_reach,
    a_run_takes_its_handles_out_of_reach,
    what_was_given_back_is_kept_for_the_next)
