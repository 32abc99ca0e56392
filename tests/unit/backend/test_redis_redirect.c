/* redis_redirect: where a node of a cluster sends a client. */
#include "backend/redis_redirect.h"
#include "unit.h"

static const struct address asked = { .host = "10.0.0.1", .port = 7000 };

static void check(const char *error, enum redis_redirect_kind kind,
    unsigned slot, const char *shown)
{
	char text[ADDRESS_TEXT_MAX];
	struct redis_redirect r;

	ck_assert_msg(
	    redis_redirect_read(&r, slice_str(error), &asked), "%s", error);
	ck_assert_uint_eq(r.kind, kind);
	ck_assert_uint_eq(r.slot, slot);
	address_format(&r.to, text);
	ck_assert_str_eq(text, shown);
}

/* As redis-server 7.0 says them. */
START_TEST(test_where_a_slot_is)
{
	check("MOVED 12182 127.0.0.1:17002", REDIS_REDIRECT_MOVED, 12182,
	    "127.0.0.1:17002");
	check(
	    "ASK 0 127.0.0.1:17002", REDIS_REDIRECT_ASK, 0, "127.0.0.1:17002");
	check("MOVED 16383 ::1:17002", REDIS_REDIRECT_MOVED, 16383,
	    "[::1]:17002");
	check("MOVED 1 redis-0.example.com:6379", REDIS_REDIRECT_MOVED, 1,
	    "redis-0.example.com:6379");
}
END_TEST

START_TEST(test_no_host_is_that_of_who_was_asked)
{
	check("MOVED 12182 :17002", REDIS_REDIRECT_MOVED, 12182,
	    "10.0.0.1:17002");
}
END_TEST

START_TEST(test_what_leads_nowhere)
{
	static const char *const errors[] = { "MOVED 1", "MOVED 1 ",
		"MOVED 1 a", "MOVED 1 a:", "MOVED 1 a:0", "MOVED 1 a:65536",
		"MOVED 1 ?:17002", "MOVED 1 a:1 b" };
	struct redis_redirect r;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		ck_assert_msg(
		    redis_redirect_read(&r, slice_str(errors[i]), &asked), "%s",
		    errors[i]);
		ck_assert_uint_eq(r.slot, 1);
		ck_assert_uint_eq(r.to.port, 0);
	}
}
END_TEST

START_TEST(test_what_is_something_else)
{
	static const char *const errors[] = { "", "MOVED", "MOVED 16384 a:1",
		"MOVED -1 a:1", "MOVED 01 a:1", "MOVED x a:1", "MOVED  1 a:1",
		"moved 1 a:1", "MOVEDX 1 a:1", "ASKING 1 a:1",
		"CLUSTERDOWN Hash slot not served", "TRYAGAIN", ":", " :1" };
	struct redis_redirect r;

	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		ck_assert_msg(
		    !redis_redirect_read(&r, slice_str(errors[i]), &asked),
		    "%s", errors[i]);
}
END_TEST

UNIT_MAIN("backend/redis_redirect", test_where_a_slot_is,
    test_no_host_is_that_of_who_was_asked, test_what_leads_nowhere,
    test_what_is_something_else)
