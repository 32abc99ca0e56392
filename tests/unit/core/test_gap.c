/* gap: who is told that messages of some rooms may have been missed. */
#include "base/mem.h"
#include "conf/conf_route.h"
#include "core/gap.h"
#include "core/lost_rooms.h"
#include "fakeworker.h"
#include "unit.h"

static struct fakeworker f; /* aligned: the stack of ASan is not */
static const struct conf_route greeted = { .welcome = true };
static const struct conf_route silent;

static void set_up(void)
{
	fake_init(&f, false);
}

static void tear_down(void)
{
	fake_fini(&f);
}

static struct conn *come(const struct conf_route *route)
{
	struct conn *c = fake_connect(&f, CONN_OPEN);

	conn_set_route(c, route);
	return c;
}

static bool is_lost(const struct lost_rooms *l, struct slice room)
{
	(void)l;
	return room.ptr[0] == 'a';
}

/* Of rooms whose names begin with an a; told: else their members are closed. */
static void lose(bool told)
{
	static const struct aim nobody;
	struct lost_rooms *rooms = xmalloc(sizeof *rooms);

	*rooms = (struct lost_rooms){ 1, is_lost };
	fake_mail(&f, MAIL_ROOMS_GAP,
	    rooms_gap_new(rooms, told ? fake_message(10, &nobody) : NULL), 0);
}

START_TEST(test_members_are_told_once)
{
	struct conn *in_two = come(&greeted), *in_other = come(&greeted),
		    *in_none = come(&greeted);

	fake_join(&f, in_two, "a1");
	fake_join(&f, in_two, "a2");
	fake_join(&f, in_other, "b1");
	lose(true);
	ck_assert_uint_eq(fake_waiting(in_two), 1);
	ck_assert_uint_eq(fake_waiting(in_other), 0);
	ck_assert_uint_eq(fake_waiting(in_none), 0);
}
END_TEST

START_TEST(test_who_is_not_told)
{
	struct conn *without_welcome = come(&silent), *with_id = come(&greeted),
		    *waits = fake_connect(&f, CONN_WAITING);

	with_id->form = MESSAGE_AS_TEXT_WITH_ID;
	fake_join(&f, without_welcome, "a1");
	fake_join(&f, with_id, "a1");
	fake_join(&f, waits, "a1");
	lose(true);
	ck_assert_uint_eq(fake_waiting(without_welcome), 0);
	ck_assert_uint_eq(fake_waiting(with_id), 0);
	ck_assert_uint_eq(fake_waiting(waits), 0);
}
END_TEST

START_TEST(test_members_are_closed)
{
	fake_join(&f, come(&silent), "a1");
	fake_join(&f, come(&silent), "b1");
	lose(false);
	ck_assert_uint_eq(f.closes, 1);
	ck_assert_int_eq(f.close_reason, CLOSE_GAP);
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "core/gap", test_members_are_told_once,
    test_who_is_not_told, test_members_are_closed)
