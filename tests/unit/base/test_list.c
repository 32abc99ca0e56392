/*
 * list: order, and what may happen during a walk.
 */
#include <string.h>

#include "base/list.h"
#include "unit.h"

struct thing {
	char name;
	struct list node;
};

enum { THINGS = 5 };

static void make(struct list *head, struct thing *things)
{
	list_init(head);
	for (int i = 0; i < THINGS; i++) {
		things[i].name = (char)('a' + i);
		list_init(&things[i].node);
		list_add(head, &things[i].node);
	}
}

/* The names forwards must be wanted, and backwards its mirror image. */
static void check_order(struct list *head, const char *wanted)
{
	size_t len = strlen(wanted), i = 0;

	list_foreach (pos, head) {
		ck_assert_uint_lt(i, len);
		ck_assert_int_eq(
		    container_of(pos, struct thing, node)->name, wanted[i++]);
	}
	ck_assert_uint_eq(i, len);
	for (struct list *pos = head->prev; pos != head; pos = pos->prev)
		ck_assert_int_eq(
		    container_of(pos, struct thing, node)->name, wanted[--i]);
	ck_assert_uint_eq(i, 0);
	ck_assert_int_eq(list_is_empty(head), len == 0);
}

START_TEST(nodes_stay_in_the_order_they_were_added)
{
	struct thing things[THINGS];
	struct list head;

	make(&head, things);
	check_order(&head, "abcde");
}
END_TEST

START_TEST(first_middle_and_last_can_go)
{
	struct thing things[THINGS];
	struct list head;

	make(&head, things);
	list_del(&things[2].node);
	check_order(&head, "abde");
	list_del(&things[0].node);
	check_order(&head, "bde");
	list_del(&things[4].node);
	check_order(&head, "bd");
	list_add(&head, &things[2].node);
	check_order(&head, "bdc");
}
END_TEST

START_TEST(deleting_twice_is_harmless)
{
	struct thing things[THINGS];
	struct list head;

	make(&head, things);
	list_del(&things[1].node);
	list_del(&things[1].node);
	check_order(&head, "acde");
	ck_assert(list_is_empty(&things[1].node));
}
END_TEST

START_TEST(the_safe_walk_survives_the_removal_of_its_node)
{
	struct thing things[THINGS];
	struct list head;

	make(&head, things);
	list_foreach_safe (pos, &head) {
		struct thing *thing = container_of(pos, struct thing, node);

		if (thing->name != 'c') {
			list_del(pos);
			memset(thing, 0xa5, sizeof *thing); /* as if freed */
		}
	}
	check_order(&head, "c");
}
END_TEST

START_TEST(take_moves_all_and_empties_the_source)
{
	struct thing things[THINGS];
	struct list head, taken;

	make(&head, things);
	list_take(&taken, &head);
	check_order(&head, "");
	check_order(&taken, "abcde");
	list_del(&things[0].node);
	list_del(&things[4].node);
	check_order(&taken, "bcd");
}
END_TEST

START_TEST(take_of_an_empty_list_gives_an_empty_list)
{
	struct list head, taken;

	list_init(&head);
	list_take(&taken, &head);
	check_order(&head, "");
	check_order(&taken, "");
}
END_TEST

UNIT_MAIN("base/list", nodes_stay_in_the_order_they_were_added,
    first_middle_and_last_can_go, deleting_twice_is_harmless,
    the_safe_walk_survives_the_removal_of_its_node,
    take_moves_all_and_empties_the_source,
    take_of_an_empty_list_gives_an_empty_list)
