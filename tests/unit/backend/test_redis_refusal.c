/* redis_refusal: the words of Redis 6 and 7, for one channel that is due. */
#include "backend/redis_channels.h"
#include "backend/redis_refusal.h"
#include "backend/redis_slot.h"
#include "unit.h"

static const char channel[] = "roomcast:room:a";
static struct redis_channels *channels;
static struct redis_refusal r;

static void set_up(void)
{
	struct redis_channels_batch batch;

	channels = redis_channels_new();
	redis_channels_want(channels, slice_str(channel), REDIS_CHANNEL_SHARD);
	ck_assert(redis_channels_next(channels, &batch));
}

static void tear_down(void)
{
	redis_channels_free(channels);
}

static void read_error(const char *error)
{
	static const struct address asked = { .host = "10.0.0.1", .port = 7 };

	redis_refusal_read(&r, slice_str(error), channels, &asked);
}

static void check_denied(const char *error, const char *command, bool is_due)
{
	read_error(error);
	ck_assert(!r.is_about_channels && !r.is_elsewhere);
	ck_assert_int_eq(r.why.kind, REDIS_FAILURE_DENIED);
	ck_assert_str_eq(r.why.command, command);
	ck_assert_str_eq(r.why.channel, is_due ? channel : "");
}

START_TEST(test_a_command_that_is_not_permitted)
{
	check_denied("NOPERM this user has no permissions to run the "
		     "'ssubscribe' command or its subcommand",
	    "SSUBSCRIBE", true);
	check_denied("NOPERM User gw has no permissions to run the 'ping' "
		     "command",
	    "PING", false);
	check_denied("NOPERM this user has no permissions to run the "
		     "'sunsubscribe' command",
	    "SUNSUBSCRIBE", false);
	ck_assert_ptr_nonnull(strstr(r.why.remedy, "+sunsubscribe"));
	check_denied("NOPERM this user has no permissions to run the 'get",
	    "SSUBSCRIBE", true);
}
END_TEST

START_TEST(test_a_channel_that_is_not_permitted)
{
	read_error("NOPERM this user has no permissions to access one of the "
		   "channels used as arguments");
	ck_assert(r.is_about_channels && !r.is_elsewhere);
	ck_assert_str_eq(r.why.channel, channel);
}
END_TEST

START_TEST(test_a_slot_that_is_elsewhere)
{
	read_error("MOVED 7 10.0.0.2:6379");
	ck_assert(r.is_elsewhere);
	ck_assert_uint_eq(r.slot, 7);
	ck_assert_str_eq(r.to.host, "10.0.0.2");
	ck_assert_uint_eq(r.to.port, 6379);
}
END_TEST

/* Of which the error does not say all. */
START_TEST(test_a_slot_that_is_nowhere)
{
	read_error("MOVED 7 ?:6379");
	ck_assert(r.is_elsewhere);
	ck_assert_uint_eq(r.slot, 7);
	ck_assert_uint_eq(r.to.port, 0);
	read_error("CLUSTERDOWN Hash slot not served");
	ck_assert(r.is_elsewhere);
	ck_assert_uint_eq(r.slot, redis_slot_of(slice_str(channel)));
	ck_assert_uint_eq(r.to.port, 0);
}
END_TEST

START_TEST(test_another_error)
{
	read_error("LOADING wait");
	ck_assert(!r.is_about_channels && !r.is_elsewhere);
	ck_assert_str_eq(r.why.reason, "LOADING wait");
}
END_TEST

UNIT_MAIN_WITH(set_up, tear_down, "backend/redis_refusal",
    test_a_command_that_is_not_permitted, test_a_channel_that_is_not_permitted,
    test_a_slot_that_is_elsewhere, test_a_slot_that_is_nowhere,
    test_another_error)
