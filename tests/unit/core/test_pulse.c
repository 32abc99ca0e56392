/* pulse: who answers in time, who does not, and what the clock may do. */
#include "core/ask.h"
#include "core/outbox.h"
#include "core/pulse.h"
#include "fakeworker.h"
#include "unit.h"

struct fixture {
	struct fakeworker fake;
	struct outbox outbox;
	struct pulse pulse;
	int64_t now_ms;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){ .now_ms = 1000000 };
	fake_init(&f->fake, false);
	outbox_init(&f->outbox, &f->fake.worker, 1);
	pulse_init(&f->pulse, &f->outbox);
}

static void teardown(struct fixture *f)
{
	outbox_fini(&f->outbox);
	fake_fini(&f->fake);
}

/* Beats for so long, as the hub gives them. */
static void beat_for(struct fixture *f, int64_t ms)
{
	for (; ms > 0; ms -= PULSE_ASK_MS) {
		pulse_beat(&f->pulse, f->now_ms);
		f->now_ms += PULSE_ASK_MS;
	}
}

static uint64_t lag_ms(const struct fixture *f)
{
	return fake_metric(&f->fake, METRIC_WORKER_LAG);
}

/* Whether the worker is asked; takes its mail. */
static size_t asked(struct fixture *f)
{
	size_t count;
	const struct mail *mail = mailbox_take(f->fake.worker->mailbox, &count);

	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(mail[i].kind, MAIL_ASK);
	ck_assert((atomic_exchange(&f->fake.worker->asked, NULL) != NULL) ==
		  (count > 0));
	return count;
}

START_TEST(who_answers_is_asked_at_each_beat)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 20; i++) {
		beat_for(&f, PULSE_ASK_MS);
		ck_assert_uint_eq(asked(&f), 1);
		pulse_answered(&f.pulse, 0, f.now_ms - 300);
		ck_assert_uint_eq(lag_ms(&f), 200);
		ck_assert_int_eq(pulse_find_late(&f.pulse), -1);
	}
	teardown(&f);
}
END_TEST

START_TEST(who_does_not_answer_is_asked_once_and_late_in_the_end)
{
	struct fixture f;

	setup(&f);
	beat_for(&f, PULSE_LATE_MS);
	ck_assert_int_eq(pulse_find_late(&f.pulse), -1);
	beat_for(&f, PULSE_ASK_MS);
	ck_assert_int_eq(pulse_find_late(&f.pulse), 0);
	ck_assert_uint_eq(lag_ms(&f), PULSE_LATE_MS);
	ck_assert_uint_eq(asked(&f), 1);
	pulse_answered(&f.pulse, 0, f.now_ms);
	ck_assert_int_eq(pulse_find_late(&f.pulse), -1);
	beat_for(&f, PULSE_ASK_MS);
	ck_assert_uint_eq(asked(&f), 1);
	teardown(&f);
}
END_TEST

START_TEST(a_process_that_stood_still_blames_nobody)
{
	struct fixture f;

	setup(&f);
	beat_for(&f, PULSE_ASK_MS);
	f.now_ms += 3600000;
	beat_for(&f, PULSE_LATE_MS - PULSE_ASK_MS);
	ck_assert_int_eq(pulse_find_late(&f.pulse), -1);
	beat_for(&f, 2 * PULSE_ASK_MS);
	ck_assert_int_eq(pulse_find_late(&f.pulse), 0);
	teardown(&f);
}
END_TEST

START_TEST(who_has_ended_is_never_late)
{
	struct fixture f;

	setup(&f);
	beat_for(&f, PULSE_ASK_MS);
	pulse_ended(&f.pulse, 0);
	beat_for(&f, 2 * PULSE_LATE_MS);
	ck_assert_int_eq(pulse_find_late(&f.pulse), -1);
	ck_assert_uint_eq(lag_ms(&f), 0);
	ck_assert_uint_eq(asked(&f), 1);
	teardown(&f);
}
END_TEST

START_TEST(an_answer_for_who_has_ended_comes_to_nothing)
{
	struct fixture f;

	setup(&f);
	beat_for(&f, PULSE_ASK_MS);
	ask_end(&f.outbox, 0);
	pulse_ended(&f.pulse, 0);
	ask_answered(&f.pulse.workers[0].ask); /* as its mail says */
	ck_assert_uint_eq(lag_ms(&f), 0);
	ck_assert_int_eq(pulse_find_late(&f.pulse), -1);

	teardown(&f);
}
END_TEST

UNIT_MAIN("core/pulse", who_answers_is_asked_at_each_beat,
    who_does_not_answer_is_asked_once_and_late_in_the_end,
    a_process_that_stood_still_blames_nobody, who_has_ended_is_never_late,
    an_answer_for_who_has_ended_comes_to_nothing)
