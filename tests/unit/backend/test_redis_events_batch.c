/* redis_events_batch: what leaves together, and what a server's words do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/redis_events_batch.h"
#include "core/app_event.h"
#include "core/metrics.h"
#include "proto/resp_items.h"
#include "unit.h"

static struct metrics metrics;
static struct events_batch b;

static void set_up(void)
{
	struct redis_follow follow;

	memset(&metrics, 0, sizeof metrics);
	redis_follow_init(&follow, NULL, false);
	events_batch_init(&b, "XADD", &metrics, follow);
}

static void tear_down(void)
{
	events_batch_fini(&b);
	ck_assert_uint_eq(b.bytes, 0);
}

/* Events that are letters. */
static void post(const char *letters)
{
	for (; *letters; letters++)
		events_batch_post(&b, app_event_new(slice_of(letters, 1)));
}

static uint64_t lost(void)
{
	return metrics_value(&metrics, METRIC_EVENTS_LOST);
}

static void assert_list(const struct list *l, const char *letters)
{
	char found[64];
	size_t len = 0;

	list_foreach (pos, l)
		found[len++] =
		    container_of(pos, struct app_event, link)->json[0];
	found[len] = '\0';
	ck_assert_str_eq(found, letters);
}

static int take(enum resp_type type, const char *text, int64_t number)
{
	const struct resp_part part = { type, slice_str(text), number };

	return events_batch_take(&b, &part);
}

static int ok(void)
{
	return take(RESP_STATUS, "OK", 0);
}

static int error(const char *text)
{
	return take(RESP_ERROR, text, 0);
}

static int id(void)
{
	return take(RESP_STRING, "1-1", 3);
}

static int array(int64_t count)
{
	return take(RESP_ARRAY, "", count);
}

/* Up to where they have been sent: these. */
static void send_all(const char *letters)
{
	ck_assert_int_eq(b.step, EVENTS_OPENED);
	while (events_batch_send(&b))
		;
	assert_list(&b.sent, letters);
}

/* A transaction that has been sent. */
static void send_transaction(const char *letters)
{
	post(letters);
	events_batch_open(&b, false);
	ck_assert(b.is_transaction);
	ck_assert_int_eq(ok(), 0);
	send_all(letters);
}

static void take_queued(size_t count)
{
	while (count-- > 0)
		ck_assert_int_eq(take(RESP_STATUS, "QUEUED", 0), 0);
}

START_TEST(one_leaves_as_it_is)
{
	post("a");
	events_batch_open(&b, false);
	ck_assert(!b.is_transaction);
	send_all("a");
	ck_assert_int_eq(b.step, EVENTS_SENT);
	post("bc");
	ck_assert_int_eq(id(), 0);
	ck_assert(events_batch_is_free(&b));
	assert_list(&b.sent, "");
	assert_list(&b.waiting, "bc");
}
END_TEST

START_TEST(several_leave_as_a_transaction)
{
	send_transaction("abc");
	take_queued(3);
	ck_assert_int_eq(array(3), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(id(), 0);
	ck_assert_int_eq(b.step, EVENTS_AT_REST);
	ck_assert_uint_eq(b.bytes, 0);
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(a_batch_is_bounded)
{
	for (int i = 0; i < 10; i++)
		post("abcdefghijklmnopqrstuvwxyz0123456789");
	events_batch_open(&b, false);
	ck_assert_int_eq(ok(), 0);
	while (events_batch_send(&b))
		;
	ck_assert_uint_eq(b.sent_count, EVENTS_BATCH_MAX);
}
END_TEST

START_TEST(what_is_refused_before_exec_is_void)
{
	send_transaction("abc");
	take_queued(1);
	ck_assert_int_eq(error("NOPERM no xadd"), 0);
	take_queued(1);
	ck_assert_int_eq(error("EXECABORT previous errors"), -EREMOTEIO);
	ck_assert_str_eq(b.why.reason, "NOPERM no xadd");
	ck_assert_str_eq(b.why.command, "XADD");
	post("d");
	events_batch_end(&b);
	assert_list(&b.waiting, "abcd");
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(a_loss_costs_nothing_of_what_is_void)
{
	send_transaction("ab");
	ck_assert_int_eq(error("OOM no memory"), 0);
	events_batch_end(&b);
	assert_list(&b.waiting, "ab");
	events_batch_open(&b, false);
	events_batch_end(&b);
	assert_list(&b.waiting, "ab");
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(a_loss_costs_what_is_under_way)
{
	send_transaction("ab");
	take_queued(2);
	post("c");
	events_batch_end(&b);
	assert_list(&b.waiting, "c");
	ck_assert_uint_eq(lost(), 2);
}
END_TEST

/* A server that takes connections and nothing else costs one each time. */
START_TEST(after_a_loss_one_leaves_alone)
{
	send_transaction("ab");
	events_batch_end(&b);
	ck_assert_uint_eq(lost(), 2);
	post("cdef");
	events_batch_open(&b, false);
	ck_assert(!b.is_transaction);
	send_all("c");
	events_batch_end(&b);
	ck_assert_uint_eq(lost(), 3);
	events_batch_open(&b, false);
	send_all("d");
	ck_assert_int_eq(id(), 0);
	events_batch_open(&b, false);
	ck_assert(b.is_transaction);
}
END_TEST

START_TEST(exec_may_be_refused_by_itself)
{
	send_transaction("ab");
	take_queued(2);
	ck_assert_int_eq(
	    error("EXECABORT Transaction discarded because of: OOM command"),
	    -EREMOTEIO);
	ck_assert_str_eq(b.why.reason, "OOM command");
	events_batch_end(&b);
	assert_list(&b.waiting, "ab");
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(what_exec_refuses_comes_again)
{
	send_transaction("abc");
	take_queued(3);
	ck_assert_int_eq(array(3), 0);
	ck_assert_int_eq(id(), 0);
	ck_assert_int_eq(error("ERR exhausted"), 0);
	ck_assert_int_eq(error("ERR exhausted"), -EREMOTEIO);
	post("d");
	events_batch_end(&b);
	assert_list(&b.waiting, "bcd");
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

START_TEST(what_a_later_one_has_overtaken_is_lost)
{
	send_transaction("abc");
	take_queued(3);
	ck_assert_int_eq(array(3), 0);
	ck_assert_int_eq(error("ERR too large"), 0);
	ck_assert_int_eq(id(), 0);
	ck_assert_uint_eq(lost(), 1);
	ck_assert_int_eq(error("ERR too large"), -EREMOTEIO);
	events_batch_end(&b);
	assert_list(&b.waiting, "c");
}
END_TEST

START_TEST(what_a_later_one_has_perhaps_overtaken_is_lost)
{
	send_transaction("abc");
	take_queued(3);
	ck_assert_int_eq(array(3), 0);
	ck_assert_int_eq(error("ERR too large"), 0);
	post("d");
	events_batch_end(&b);
	assert_list(&b.waiting, "d");
	ck_assert_uint_eq(lost(), 3);
}
END_TEST

START_TEST(without_multi_they_leave_one_by_one)
{
	post("abc");
	events_batch_open(&b, false);
	ck_assert_int_eq(error("NOPERM no multi"), 0);
	for (const char *c = "abc"; *c; c++) {
		ck_assert_int_eq(b.step, EVENTS_AT_REST);
		events_batch_open(&b, false);
		ck_assert(!b.is_transaction);
		send_all((char[]){ *c, '\0' });
		ck_assert_int_eq(id(), 0);
	}
	ck_assert_uint_eq(b.bytes, 0);
}
END_TEST

START_TEST(without_exec_they_leave_one_by_one)
{
	send_transaction("ab");
	take_queued(2);
	ck_assert_int_eq(error("EXECABORT Transaction discarded because of: "
			       "NOPERM no exec"),
	    -EREMOTEIO);
	events_batch_end(&b);
	events_batch_open(&b, false);
	ck_assert(!b.is_transaction);
	send_all("a");
}
END_TEST

START_TEST(asking_goes_ahead)
{
	post("a");
	events_batch_open(&b, true);
	ck_assert_int_eq(b.step, EVENTS_OPENING);
	ck_assert_int_eq(ok(), 0);
	send_all("a");
	ck_assert_int_eq(id(), 0);

	post("bc");
	events_batch_open(&b, true);
	ck_assert(b.is_transaction);
	ck_assert_int_eq(ok(), 0);
	ck_assert_int_eq(b.step, EVENTS_OPENING);
	ck_assert_int_eq(ok(), 0);
	ck_assert_int_eq(b.step, EVENTS_OPENED);
	events_batch_end(&b);

	events_batch_open(&b, true);
	ck_assert_int_eq(error("NOPERM no asking"), -EREMOTEIO);
	ck_assert_str_eq(b.why.command, "ASKING");
	events_batch_end(&b);
	assert_list(&b.waiting, "bc");
}
END_TEST

START_TEST(other_answers_are_none)
{
	ck_assert_int_eq(ok(), -EPROTO);
	post("ab");
	events_batch_open(&b, false);
	ck_assert_int_eq(id(), -EPROTO);
	events_batch_end(&b);
	events_batch_open(&b, false);
	ck_assert_int_eq(ok(), 0);
	send_all("ab");
	ck_assert_int_eq(id(), -EPROTO);
}
END_TEST

START_TEST(another_count_is_none)
{
	send_transaction("ab");
	take_queued(2);
	ck_assert_int_eq(array(1), -EPROTO);
	events_batch_end(&b);
	ck_assert_uint_eq(lost(), 2);
}
END_TEST

/* That of a server which carries out what has an error in it. */
START_TEST(what_is_carried_out_all_the_same_is_not_sent_again)
{
	send_transaction("ab");
	take_queued(1);
	ck_assert_int_eq(error("OOM no memory"), 0);
	ck_assert_int_eq(array(1), -EPROTO);
	events_batch_end(&b);
	assert_list(&b.waiting, "");
	ck_assert_uint_eq(lost(), 2);
}
END_TEST

START_TEST(what_could_not_be_put_together_is_not_lost)
{
	post("abc");
	events_batch_open(&b, false);
	ck_assert_int_eq(ok(), 0);
	ck_assert_ptr_nonnull(events_batch_send(&b));
	ck_assert_ptr_nonnull(events_batch_send(&b));
	events_batch_end(&b);
	assert_list(&b.waiting, "abc");
	ck_assert_uint_eq(lost(), 0);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_events_batch",
    one_leaves_as_it_is, several_leave_as_a_transaction, a_batch_is_bounded,
    what_is_refused_before_exec_is_void, a_loss_costs_nothing_of_what_is_void,
    a_loss_costs_what_is_under_way, after_a_loss_one_leaves_alone,
    exec_may_be_refused_by_itself, what_exec_refuses_comes_again,
    what_a_later_one_has_overtaken_is_lost,
    what_a_later_one_has_perhaps_overtaken_is_lost,
    without_multi_they_leave_one_by_one, without_exec_they_leave_one_by_one,
    asking_goes_ahead, other_answers_are_none, another_count_is_none,
    what_is_carried_out_all_the_same_is_not_sent_again,
    what_could_not_be_put_together_is_not_lost)
