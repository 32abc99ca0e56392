/* What clients were called before: they are spared, live and later. */
#include "core/aliases.h"
#include "core/history.h"
#include "core/history_collect.h"
#include "core/resume.h"
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

/* A member of the room "a" that was called so; NULL: nothing. */
static struct conn *member(const char *first, const char *second)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);
	struct slice names[] = { slice_str(first), slice_str(second) };

	if (first)
		ck_assert_int_eq(aliases_set(c, names, second ? 2 : 1), 0);
	fake_join(&f, c, "a");
	return c;
}

/* To the room "a", but not to who was called so. */
static struct message *sparing(const char *first, const char *second)
{
	const struct aim_room room = fake_room(&f, slice_str("a"));
	const struct aim_room spared[] = { fake_room(&f, slice_str(first)),
		fake_room(&f, slice_str(second)) };
	const struct aim aim = {
		.rooms = &room,
		.room_count = 1,
		.spared = spared,
		.spared_count = 2,
	};

	return fake_message(1, &aim);
}

static void publish(const char *first, const char *second)
{
	struct message *m = sparing(first, second);

	fake_mail(&f, MAIL_MESSAGE, m, m->bytes);
}

START_TEST(who_was_called_so_is_spared)
{
	struct conn *one = member("x", "y"), *two = member("x", NULL),
		    *other = member("z", NULL), *none = member(NULL, NULL);

	publish("x", "unknown");
	ck_assert_uint_eq(fake_waiting(one), 0);
	ck_assert_uint_eq(fake_waiting(two), 0);
	ck_assert_uint_eq(fake_waiting(other), 1);
	ck_assert_uint_eq(fake_waiting(none), 1);
	publish("y", "z");
	ck_assert_uint_eq(fake_waiting(one), 0);
	ck_assert_uint_eq(fake_waiting(two), 1);
	ck_assert_uint_eq(fake_waiting(other), 1);
	ck_assert_uint_eq(fake_waiting(none), 2);
}
END_TEST

/* Whoever stands for all of that name in the map. */
START_TEST(who_has_the_same_name_may_go_in_any_order)
{
	enum { ALL = 5 };
	struct conn *all[ALL];

	for (unsigned gone = 0; gone < ALL; gone++) {
		for (unsigned i = 0; i < ALL; i++)
			all[i] = member("x", i % 2 ? "x" : "y");
		for (unsigned left = ALL; left > 0; left--) {
			unsigned at = (gone + 2 * left) % ALL;

			publish("x", "unknown");
			ck_assert_uint_eq(fake_waiting(all[at]), 0);
			conn_kill(all[at]);
			fake_end_turn(&f);
		}
		ck_assert_uint_eq(f.worker->alias_names.count, 0);
	}
}
END_TEST

START_TEST(the_next_message_reaches_it)
{
	struct conn *c = member("x", NULL);

	publish("x", "x");
	publish("y", "y");
	ck_assert_uint_eq(fake_waiting(c), 1);
}
END_TEST

/* Stamping those of the name takes its time, whomever the message is for. */
START_TEST(very_many_of_one_name_take_several_turns)
{
	enum { MESSAGES = 64, HOLDERS = 5000 };
	struct conn *reached = member(NULL, NULL);
	const struct slice name = slice_str("x");
	unsigned turns = 1;

	for (int i = 0; i < HOLDERS; i++)
		ck_assert_int_eq(
		    aliases_set(fake_connect(&f, CONN_OPEN), &name, 1), 0);
	for (int i = 0; i < MESSAGES; i++) {
		struct message *m = sparing("x", "unknown");
		const struct mail mail = { .kind = MAIL_MESSAGE, .item = m };

		mailbox_post(f.worker->mailbox, &mail, 1, m->bytes);
	}
	while (turn_take_mail(f.worker))
		turns++;
	ck_assert_uint_eq(turns, 2);
	ck_assert_uint_eq(fake_waiting(reached), MESSAGES);
}
END_TEST

START_TEST(names_go_with_their_connection)
{
	struct conn *gone = member("x", "y"), *stays = member("y", "x");

	conn_kill(gone);
	fake_end_turn(&f);
	ck_assert_uint_eq(f.worker->aliases.count, 1);
	ck_assert_uint_eq(f.worker->alias_names.count, 2);
	publish("x", "y");
	ck_assert_uint_eq(fake_waiting(stays), 0);
	conn_kill(stays);
	fake_end_turn(&f);
	ck_assert_uint_eq(f.worker->aliases.count, 0);
	ck_assert_uint_eq(f.worker->alias_names.count, 0);
}
END_TEST

static bool count_visit(void *arg, struct message *m)
{
	unsigned *count = arg;

	(void)m;
	++*count;
	return true;
}

/* How many of all that is kept are for who comes back as this connection. */
static unsigned missed(const struct history *h, struct conn *c)
{
	struct resume *r = resume_new(c);
	uint64_t position = 0;
	size_t steps = 1000;
	unsigned count = 0;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(history_collect(h, &position, &r->reader, &steps,
			     count_visit, &count),
	    HISTORY_HEAD);
	resume_free(r, NULL);
	return count;
}

START_TEST(who_comes_back_is_spared_what_spared_it)
{
	static const char *const names[][2] = { { "x", "y" }, { "y", "z" },
		{ "unknown", "X" } };
	static struct metrics metrics; /* aligned: the stack of ASan is not */
	struct history *h = history_new(PLACE_COUNTED, 1 << 20, 1000, &metrics);

	ck_assert(history_mark(h, slice_str("mark")));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		history_advance(h, 0);
		history_keep(h, sparing(names[i][0], names[i][1]));
	}
	ck_assert_uint_eq(missed(h, member(NULL, NULL)), 3);
	ck_assert_uint_eq(missed(h, member("x", NULL)), 2);
	ck_assert_uint_eq(missed(h, member("y", NULL)), 1);
	ck_assert_uint_eq(missed(h, member("x", "z")), 1);
	ck_assert_uint_eq(missed(h, member("a", NULL)), 3);
	history_free(h);
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "core/aliases", who_was_called_so_is_spared,
    who_has_the_same_name_may_go_in_any_order, the_next_message_reaches_it,
    very_many_of_one_name_take_several_turns, names_go_with_their_connection,
    who_comes_back_is_spared_what_spared_it)
