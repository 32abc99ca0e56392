/* suggest: what is near and what is not. */
#include "base/suggest.h"
#include "unit.h"

static const char *best(const char *word)
{
	static const char *const known[] = { "connections", "payload", "queue",
		"listen", "log", "min", "max", "s", "m", "h" };
	struct suggest s = suggest_begin(slice_str(word));

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		suggest_offer(&s, known[i]);
	return s.best ? s.best : "";
}

START_TEST(slips_of_the_finger_are_near)
{
	ck_assert_str_eq(best("conections"), "connections");
	ck_assert_str_eq(best("connexion"), "connections");
	ck_assert_str_eq(best("paylaod"), "payload");
	ck_assert_str_eq(best("qeueu"), "queue");
	ck_assert_str_eq(best("Listen"), "listen");
	ck_assert_str_eq(best("mix"), "min");
}
END_TEST

START_TEST(beginnings_are_near)
{
	ck_assert_str_eq(best("conn"), "connections");
	ck_assert_str_eq(best("queue_bytes"), "queue");
}
END_TEST

START_TEST(other_words_are_not)
{
	ck_assert_str_eq(best("banana"), "");
	ck_assert_str_eq(best("x"), "");
	ck_assert_str_eq(best(""), "");
	ck_assert_str_eq(
	    best("a word that is longer than any key there is"), "");
}
END_TEST

UNIT_MAIN("base/suggest", slips_of_the_finger_are_near, beginnings_are_near,
    other_words_are_not)
