/* parse: whose channel a payload's is, when their names change. */
#include <stdio.h>

#include "conf/conf.h"
#include "core/parse.h"
#include "unit.h"

enum { CONFS = CONF_GENERATIONS_MAX + 1 };

static struct conf confs[CONFS];
static char names[CONFS][2][16], nothing[] = "";

/* Each has names of its own; one reference is the test's. */
static void name(int number)
{
	struct conf *c = &confs[number];

	(void)snprintf(names[number][0], 16, "send%d", number);
	(void)snprintf(names[number][1], 16, "r%d:", number);
	c->refs = 1;
	c->channels.send = names[number][0];
	c->channels.broadcast = c->channels.control = nothing;
	c->channels.room_prefix = names[number][1];
}

static void check_known(const struct parse *p, int number)
{
	char room[32];
	struct slice channel;

	(void)snprintf(room, sizeof room, "r%d:a", number);
	channel = slice_str(room);
	ck_assert_int_eq(parse_channel(p, channel), CHANNEL_ROOM);
	ck_assert(slice_eq(parse_room(p, channel), slice_str("a")));
	ck_assert_int_eq(
	    parse_channel(p, slice_str(names[number][0])), CHANNEL_SEND);
}

START_TEST(what_was_under_way_comes_though_names_change_again)
{
	struct parse p;

	for (int i = 0; i < CONFS; i++)
		name(i);
	parse_init(&p, &confs[0]);
	for (int i = 1; i < CONFS; i++) {
		parse_use_conf(&p, &confs[i]);
		for (int known = i;
		     known >= 0 && known > i - CONF_GENERATIONS_MAX; known--)
			check_known(&p, known);
	}
	ck_assert_int_eq(parse_channel(&p, slice_str("r0:a")), CHANNEL_OTHER);
	ck_assert_uint_eq(confs[0].refs, 1);
	parse_fini(&p);
	for (int i = 0; i < CONFS; i++)
		ck_assert_uint_eq(confs[i].refs, 1);
}
END_TEST

UNIT_MAIN("core/parse", what_was_under_way_comes_though_names_change_again)
