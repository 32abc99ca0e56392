/*
 * redis_marks: some instances that hear one order, or not, with breaks and
 * delays; by example, and at random against what truly was published.
 */
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "backend/redis_marks.h"
#include "unit.h"

enum { GROUP = 7 };

static struct redis_marks *a, *b;

static void set_up(void)
{
	a = redis_marks_new(GROUP);
	b = redis_marks_new(GROUP);
}

static void tear_down(void)
{
	redis_marks_free(a);
	redis_marks_free(b);
}

static enum redis_marks_verdict hear(struct redis_marks *m, const char *text)
{
	return redis_marks_hear(m, slice_str(text)).verdict;
}

/* A mark of this instance, kept for the test. */
static const char *write(struct redis_marks *m)
{
	static char texts[64][MARK_MAX + 1];
	static unsigned count;
	char *text = texts[count++ % 64];
	struct slice s = redis_marks_write(m);

	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return text;
}

static void count(struct redis_marks *m, const char *payload)
{
	redis_marks_count(m, slice_str("c"), slice_str(payload));
}

/* Both hear it. */
static void both(const char *text)
{
	(void)hear(a, text);
	(void)hear(b, text);
}

static void both_count(const char *payload)
{
	count(a, payload);
	count(b, payload);
}

START_TEST(it_begins_with_a_mark_of_ours)
{
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_EARLY);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_FIRST);
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_NEXT);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_NEXT);
}
END_TEST

START_TEST(one_from_before_the_break_does_not_count)
{
	const char *late = write(a);

	redis_marks_break(a);
	ck_assert_int_eq(hear(a, late), REDIS_MARKS_EARLY);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_FIRST);
	redis_marks_break(a);
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_EARLY);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_FIRST);
}
END_TEST

START_TEST(ours_have_numbers_and_those_of_others_none)
{
	struct redis_marks_heard heard;
	const char *text;

	for (uint64_t i = 1; i <= 3; i++) {
		ck_assert_uint_eq(redis_marks_next(a), i);
		text = write(a);
		heard = redis_marks_hear(a, slice_str(text));
		ck_assert_uint_eq(heard.own, i);
		ck_assert_uint_eq(redis_marks_hear(b, slice_str(text)).own, 0);
	}
}
END_TEST

/* As if the one that is published next had come already. */
START_TEST(a_number_that_was_not_given_is_not_ours)
{
	char text[MARK_MAX + 1];

	(void)snprintf(text, sizeof text, "%s", write(a));
	*strchr(text, '.') = '\0';
	(void)snprintf(
	    text + strlen(text), 64, ".2 - 0 0000000000000000 %016x", GROUP);
	ck_assert_uint_eq(redis_marks_hear(a, slice_str(text)).own, 0);
}
END_TEST

START_TEST(what_is_no_mark_of_the_group_changes_nothing)
{
	struct redis_marks *other = redis_marks_new(GROUP + 1);

	both(write(a));
	both(write(b));
	ck_assert_int_eq(hear(a, "hello"), REDIS_MARKS_UNREADABLE);
	ck_assert_int_eq(hear(a, write(other)), REDIS_MARKS_FOREIGN);
	both_count("x");
	for (int i = 0; i < 4; i++)
		both(write(b));
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_NEXT);
	redis_marks_free(other);
}
END_TEST

START_TEST(one_that_comes_twice_is_told_and_all_begins_anew)
{
	const char *text = write(b);

	both(write(a));
	ck_assert_int_eq(hear(a, text), REDIS_MARKS_NEXT);
	ck_assert_int_eq(hear(a, text), REDIS_MARKS_TWICE);
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_EARLY);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_FIRST);
}
END_TEST

START_TEST(ours_twice_does_not_pass_for_a_heartbeat)
{
	const char *text = write(a);
	struct redis_marks_heard heard;

	both(text);
	heard = redis_marks_hear(a, slice_str(text));
	ck_assert_int_eq(heard.verdict, REDIS_MARKS_TWICE);
	ck_assert_uint_eq(heard.own, 0);
}
END_TEST

/* Else a cursor from then would be one of now. */
START_TEST(one_from_before_the_break_is_known_behind_it)
{
	const char *text = write(b);

	(void)hear(a, write(a));
	ck_assert_int_eq(hear(a, text), REDIS_MARKS_NEXT);
	redis_marks_break(a);
	(void)hear(a, write(a));
	ck_assert_int_eq(hear(a, text), REDIS_MARKS_TWICE);
}
END_TEST

START_TEST(many_are_remembered_but_not_all)
{
	const char *text = write(b);
	char first[MARK_MAX + 1];

	(void)snprintf(first, sizeof first, "%s", text);
	(void)hear(a, write(a));
	ck_assert_int_eq(hear(a, first), REDIS_MARKS_NEXT);
	for (int i = 1; i < REDIS_MARKS_MAX; i++)
		ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_NEXT);
	ck_assert_int_eq(hear(a, first), REDIS_MARKS_TWICE);
	(void)hear(a, write(a));
	for (int i = 1; i < REDIS_MARKS_MAX; i++)
		ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_NEXT);
	ck_assert_int_eq(hear(a, first), REDIS_MARKS_NEXT);
}
END_TEST

/* --- digests --- */

/* Both have heard a few of each other's, so that stretches are told. */
static void settle(void)
{
	for (int i = 0; i < 3; i++) {
		both(write(a));
		both_count("s");
		both(write(b));
		both_count("t");
	}
}

START_TEST(who_hears_the_same_agrees)
{
	settle();
	for (int i = 0; i < 20; i++) {
		both_count(i % 3 ? "x" : "y");
		ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_NEXT);
		(void)hear(b, "");
		settle();
	}
}
END_TEST

static void check_disorder(const char *const *heard_by_a,
    const char *const *heard_by_b, bool is_disorder)
{
	enum redis_marks_verdict verdict;

	settle();
	for (int i = 0; heard_by_a[i]; i++)
		count(a, heard_by_a[i]);
	for (int i = 0; heard_by_b[i]; i++)
		count(b, heard_by_b[i]);
	both(write(b)); /* ends the stretch, which the next one tells */
	verdict = hear(a, write(b));
	ck_assert_int_eq(
	    verdict, is_disorder ? REDIS_MARKS_DISORDER : REDIS_MARKS_NEXT);
	if (!is_disorder)
		return;
	ck_assert_int_eq(hear(a, write(b)), REDIS_MARKS_EARLY);
	ck_assert_int_eq(hear(a, write(a)), REDIS_MARKS_FIRST);
}

START_TEST(another_order_is_seen)
{
	check_disorder((const char *[]){ "1", "2", NULL },
	    (const char *[]){ "2", "1", NULL }, true);
}
END_TEST

START_TEST(one_too_few_is_seen)
{
	check_disorder((const char *[]){ "1", "2", NULL },
	    (const char *[]){ "1", NULL }, true);
}
END_TEST

START_TEST(the_same_is_no_disorder)
{
	check_disorder((const char *[]){ "1", "2", NULL },
	    (const char *[]){ "1", "2", NULL }, false);
}
END_TEST

/* b was away in the middle, and says nothing of it. */
START_TEST(no_stretch_goes_over_a_break)
{
	settle();
	both_count("1");
	redis_marks_break(b);
	count(a, "only a hears it");
	for (int i = 0; i < 4; i++) {
		const char *text = write(b);

		ck_assert_int_eq(hear(a, text), REDIS_MARKS_NEXT);
		(void)hear(b, text);
		both_count("2");
	}
}
END_TEST

/* a was away in the middle, and does not compare it. */
START_TEST(no_stretch_is_compared_over_a_break)
{
	const char *text;

	settle();
	redis_marks_break(a);
	count(b, "only b hears it");
	(void)hear(b, write(b));
	text = write(a);
	both(text);
	for (int i = 0; i < 4; i++) {
		text = write(b);
		ck_assert_int_eq(hear(a, text), REDIS_MARKS_NEXT);
		(void)hear(b, text);
		both_count("2");
	}
}
END_TEST

/*
 * A server with one order, instances that hear it late, break off and come
 * back, and publish more marks than they hear in time. Whenever two count from
 * the same mark, the nth is the same; nobody ever sees disorder.
 */
enum { INSTANCES = 4, LOG_MAX = 60000 };

struct entry {
	int mark_of; /* an instance, or -1: a payload */
	char text[MARK_MAX + 1];
};

struct instance {
	struct redis_marks *marks;
	size_t heard; /* of the server's log */
	bool is_counting;
	size_t mark; /* entry of the last mark, while it counts */
	size_t n;    /* payloads behind it */
};

struct model {
	uint64_t rng;
	struct entry *log;
	size_t length;
	struct instance all[INSTANCES];
};

static void publish(struct model *m, int mark_of)
{
	struct entry *e = &m->log[m->length];

	e->mark_of = mark_of;
	if (mark_of < 0)
		(void)snprintf(e->text, sizeof e->text, "%llu",
		    (unsigned long long)rng_below(&m->rng, 3));
	else
		(void)snprintf(e->text, sizeof e->text, "%s",
		    write(m->all[mark_of].marks));
	m->length++;
}

static void check_mark(struct model *m, struct instance *one)
{
	struct redis_marks_heard heard =
	    redis_marks_hear(one->marks, slice_str(m->log[one->heard].text));

	ck_assert_int_ne(heard.verdict, REDIS_MARKS_DISORDER);
	ck_assert_int_ne(heard.verdict, REDIS_MARKS_TWICE);
	if (heard.verdict == REDIS_MARKS_FIRST)
		one->is_counting = true;
	ck_assert_int_eq(
	    one->is_counting, heard.verdict == REDIS_MARKS_FIRST ||
				  heard.verdict == REDIS_MARKS_NEXT);
	one->mark = one->heard;
	one->n = 0;
}

static void listen(struct model *m, struct instance *one)
{
	struct entry *e = &m->log[one->heard];

	if (one->heard == m->length)
		return;
	if (e->mark_of >= 0) {
		check_mark(m, one);
	} else {
		redis_marks_count(
		    one->marks, slice_str("c"), slice_str(e->text));
		/* What an id means: this very entry. */
		if (one->is_counting) {
			one->n++;
			ck_assert_uint_eq(one->mark + one->n, one->heard);
		}
	}
	one->heard++;
}

/* It loses what is in between. */
static void break_off(struct model *m, struct instance *one)
{
	redis_marks_break(one->marks);
	one->is_counting = false;
	one->heard += rng_below(&m->rng, m->length - one->heard + 1);
}

static void run_model(uint64_t seed)
{
	struct model m = { .rng = seed };

	m.log = calloc(LOG_MAX, sizeof *m.log);
	for (int i = 0; i < INSTANCES; i++)
		m.all[i].marks = redis_marks_new(GROUP);
	while (m.length < LOG_MAX) {
		int i = (int)rng_below(&m.rng, INSTANCES);
		uint64_t dice = rng_below(&m.rng, 1000);

		if (dice < 2)
			break_off(&m, &m.all[i]);
		else if (dice < 50)
			publish(&m, i);
		else if (dice < 250)
			publish(&m, -1);
		else
			listen(&m, &m.all[i]);
	}
	for (int i = 0; i < INSTANCES; i++)
		redis_marks_free(m.all[i].marks);
	free(m.log);
}

START_TEST(instances_agree_whatever_happens)
{
	for (uint64_t seed = 1; seed <= 8; seed++)
		run_model(seed);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_marks",
    it_begins_with_a_mark_of_ours, one_from_before_the_break_does_not_count,
    ours_have_numbers_and_those_of_others_none,
    a_number_that_was_not_given_is_not_ours,
    what_is_no_mark_of_the_group_changes_nothing,
    one_that_comes_twice_is_told_and_all_begins_anew,
    ours_twice_does_not_pass_for_a_heartbeat,
    one_from_before_the_break_is_known_behind_it,
    many_are_remembered_but_not_all, who_hears_the_same_agrees,
    another_order_is_seen, one_too_few_is_seen, the_same_is_no_disorder,
    no_stretch_goes_over_a_break, no_stretch_is_compared_over_a_break,
    instances_agree_whatever_happens)
