/* redis_sharded: at masters that move, are away and contradict each other. */
#include <sys/mman.h>
#include <unistd.h>

#include "backend/redis_login.h"
#include "backend/redis_role.h"
#include "backend/redis_sharded.h"
#include "backend/redis_slots.h"
#include "recorder.h"
#include "shard_node.h"

struct fixture {
	struct recorder r; /* first; of what the hub is told; no backend */
	size_t watched;    /* rooms of which it was told that they are */
	struct backend_options backend;
	struct redis_login login;
	struct redis_role_rule role;
	struct redis_sharded *sharded;
	struct shard_node nodes[2];
	bool is_whole;
	unsigned gaps;
	struct redis_slot_set lost; /* by the last of those */
	unsigned looks;
	int64_t look_ms; /* when the last one was wanted */
};

/* --- what it says --- */

static void on_look(void *arg)
{
	struct fixture *f = arg;

	f->looks++;
	f->look_ms = clock_ms();
}

static void on_whole(void *arg, bool is_whole)
{
	struct fixture *f = arg;

	ck_assert(f->is_whole != is_whole);
	f->is_whole = is_whole;
}

static void on_gap(void *arg, const struct redis_slot_set *slots)
{
	struct fixture *f = arg;

	f->gaps++;
	f->lost = *slots;
}

static const struct redis_sharded_sink sink = { on_look, on_whole, on_gap };

static void on_watched(void *arg, struct slice room)
{
	struct fixture *f = arg;

	f->watched++;
	recorder_on_watched(&f->r, room);
}

static const struct backend_sink backend_sink = {
	.on_message = recorder_on_message,
	.on_batch_end = recorder_on_batch_end,
	.on_watched = on_watched,
	.on_refused = recorder_on_refused,
};

/* --- a cluster --- */

static struct fixture *set_up(void)
{
	static struct fixture f;
	struct redis_shard_options options = { .max_string = 1000 };

	f = (struct fixture){ .is_whole = true };
	recorder_init(&f.r, NULL);
	f.r.conf.redis.heartbeat_ms = 600000;
	f.role.is_any = true;
	f.backend = (struct backend_options){ .conf = &f.r.conf,
		.source = &f.r.conf.redis,
		.sink = &backend_sink,
		.arg = &f };
	options.backend = &f.backend;
	options.login = &f.login;
	options.role = &f.role;
	options.metrics = f.r.metrics;
	for (int i = 0; i < 2; i++)
		shard_node_init(&f.nodes[i], f.r.base);
	f.sharded = redis_sharded_new(f.r.base, &options, &sink, &f);
	return &f;
}

static void tear_down(struct fixture *f)
{
	redis_sharded_free(f->sharded);
	for (int i = 0; i < 2; i++)
		shard_node_stop(&f->nodes[i]);
	for (int i = 0; i < 3; i++)
		event_base_loop(f->r.base, EVLOOP_NONBLOCK);
	event_base_free(f->r.base);
	buf_fini(&f->r.told);
	free(f->r.metrics);
}

static struct slice channel_of(char out[64], const char *room)
{
	return slice_of(out, (size_t)snprintf(out, 64, "t:room:%s", room));
}

static uint16_t slot_of(const char *room)
{
	char channel[64];

	return redis_slot_of(channel_of(channel, room));
}

static void watch(struct fixture *f, const char *room)
{
	char channel[64];

	redis_sharded_want(f->sharded, channel_of(channel, room));
}

static void unwatch(struct fixture *f, const char *room)
{
	char channel[64];

	redis_sharded_unwant(f->sharded, channel_of(channel, room));
}

static void say(struct shard_node *n, const char *kind, const char *room,
    const char *payload)
{
	char channel[64];

	shard_node_say(n, kind, channel_of(channel, room), payload);
}

/* A node says that one master has all slots, but for this one; NULL: nobody. */
static void know_but(struct fixture *f, const struct address *master,
    uint16_t slot, const struct address *other)
{
	struct redis_slots *table = redis_slots_new();

	for (unsigned i = 0; i < REDIS_SLOTS; i++)
		ck_assert_int_eq(redis_slots_move(table, (uint16_t)i,
				     i == slot ? other : master),
		    0);
	redis_sharded_know(f->sharded, table);
	redis_slots_free(table);
}

static void know(struct fixture *f, const struct address *master)
{
	know_but(f, master, 0, master);
}

/* The slot of one room is at the second node, the others at the first. */
static void know_moved(struct fixture *f, const char *room)
{
	know_but(f, &f->nodes[0].address, slot_of(room), &f->nodes[1].address);
}

/* Rooms that are watched at the first node. */
static struct fixture *set_up_with(const char *room, const char *other)
{
	struct fixture *f = set_up();

	know(f, &f->nodes[0].address);
	watch(f, room);
	watch(f, other);
	recorder_until(&f->r, f->watched == 2 && f->looks > 0);
	return f;
}

static bool is_lost(const struct fixture *f, const char *room)
{
	return redis_slot_set_has(&f->lost, slot_of(room));
}

/* --- a slot moves --- */

/* The node has ended the channel, and says who has its slot when asked. */
static void move(struct fixture *f, const char *room, struct shard_node *to)
{
	shard_node_move(&f->nodes[0], slot_of(room), to);
	say(&f->nodes[0], "sunsubscribe", room, NULL);
}

START_TEST(test_a_slot_moves)
{
	struct fixture *f = set_up_with("goes", "stays");

	move(f, "goes", &f->nodes[1]);
	recorder_until(&f->r, f->nodes[1].channels == 1);
	recorder_until(&f->r, f->gaps == 1);
	ck_assert(is_lost(f, "goes"));
	ck_assert(!is_lost(f, "stays"));
	recorder_until(&f->r, f->is_whole);
	know_moved(f, "goes");
	say(&f->nodes[1], "smessage", "goes", "new");
	say(&f->nodes[0], "smessage", "stays", "old");
	recorder_until(&f->r, f->r.messages == 2);
	ck_assert_uint_eq(f->gaps, 1);
	ck_assert_uint_eq(f->nodes[0].clients, 1);
	tear_down(f);
}
END_TEST

START_TEST(test_a_slot_moves_to_who_has_no_name)
{
	struct fixture *f = set_up_with("goes", "stays");
	unsigned looks = f->looks;

	move(f, "goes", NULL);
	recorder_until(&f->r, f->looks > looks);
	ck_assert(!f->is_whole);
	ck_assert_uint_eq(f->gaps, 0);
	know_moved(f, "goes");
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->gaps, 1);
	ck_assert(is_lost(f, "goes"));
	ck_assert(!is_lost(f, "stays"));
	ck_assert_uint_eq(f->nodes[0].clients, 1);
	tear_down(f);
}
END_TEST

/* The old master gives out what it has, until it is told not to. */
START_TEST(test_nothing_comes_twice_while_a_slot_moves)
{
	struct fixture *f = set_up_with("goes", "stays");

	f->nodes[0].is_deaf = true;
	unwatch(f, "goes");
	know_but(
	    f, &f->nodes[0].address, slot_of("goes"), &f->nodes[1].address);
	watch(f, "goes");
	recorder_until(&f->r, f->nodes[1].channels == 1);
	say(&f->nodes[0], "smessage", "goes", "once");
	say(&f->nodes[0], "smessage", "stays", "end");
	recorder_until(
	    &f->r, recorder_count(&f->r, "message t:room:stays=end") == 1);
	ck_assert_uint_eq(f->r.messages, 1);
	say(&f->nodes[1], "smessage", "goes", "once");
	recorder_until(&f->r, f->r.messages == 2);
	tear_down(f);
}
END_TEST

/* --- a failover --- */

/* Which ends channels, and takes them again as a replica. */
static struct fixture *set_up_failover(void)
{
	struct fixture *f = set_up_with("one", "two");

	say(&f->nodes[0], "sunsubscribe", "one", NULL);
	say(&f->nodes[0], "sunsubscribe", "two", NULL);
	recorder_until(&f->r, f->nodes[0].channels == 4);
	ck_assert(!f->is_whole);
	return f;
}

START_TEST(test_who_has_not_heard_of_a_failover_is_not_believed)
{
	struct fixture *f = set_up_failover();
	unsigned looks = f->looks;

	recorder_until(&f->r, f->looks > looks);
	know(f, &f->nodes[0].address);
	recorder_until(&f->r, f->looks > looks + 1);
	ck_assert_uint_eq(f->gaps, 0);
	ck_assert(!f->is_whole);
	know(f, &f->nodes[1].address);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->nodes[1].channels, 2);
	ck_assert_uint_eq(f->gaps, 1);
	ck_assert(is_lost(f, "one"));
	ck_assert(is_lost(f, "two"));
	tear_down(f);
}
END_TEST

START_TEST(test_who_has_its_slots_back_is_believed_after_two_tables)
{
	struct fixture *f = set_up_failover();

	know(f, &f->nodes[0].address);
	recorder_run_for(&f->r, 20);
	ck_assert_uint_eq(f->gaps, 0);
	know(f, &f->nodes[0].address);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->gaps, 1);
	ck_assert_uint_eq(f->nodes[0].clients, 1);
	tear_down(f);
}
END_TEST

/* --- a master that is away --- */

START_TEST(test_a_master_comes_back)
{
	struct fixture *f = set_up_with("one", "two");

	shard_node_stop(&f->nodes[0]);
	recorder_until(&f->r, !f->is_whole);
	watch(f, "late");
	recorder_until(&f->r, recorder_count(&f->r, "watched late") == 1);
	ck_assert_uint_eq(f->gaps, 0);
	shard_node_start(&f->nodes[0]);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->nodes[0].channels, 5);
	ck_assert_uint_eq(f->gaps, 1);
	ck_assert(is_lost(f, "one"));
	ck_assert(is_lost(f, "late"));
	tear_down(f);
}
END_TEST

START_TEST(test_a_slot_moves_while_its_master_is_away)
{
	struct fixture *f = set_up_with("goes", "stays");

	shard_node_move(&f->nodes[0], slot_of("goes"), &f->nodes[1]);
	shard_node_hang_up(&f->nodes[0]);
	recorder_until(&f->r, !f->is_whole);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->nodes[1].channels, 1);
	ck_assert_uint_eq(f->nodes[0].channels, 3);
	ck_assert_uint_eq(f->gaps, 2);
	tear_down(f);
}
END_TEST

START_TEST(test_a_slot_moves_from_a_master_that_is_not_reached)
{
	struct fixture *f = set_up_with("goes", "stays");

	shard_node_stop(&f->nodes[0]);
	recorder_until(&f->r, !f->is_whole);
	know_moved(f, "goes");
	recorder_until(&f->r, f->gaps == 1);
	ck_assert(is_lost(f, "goes"));
	ck_assert(!is_lost(f, "stays"));
	ck_assert(!f->is_whole);
	tear_down(f);
}
END_TEST

START_TEST(test_a_link_lives_as_long_as_its_rooms)
{
	struct fixture *f = set_up_with("one", "two");

	unwatch(f, "one");
	unwatch(f, "two");
	recorder_until(&f->r, !f->nodes[0].client);
	watch(f, "two");
	recorder_until(&f->r, f->nodes[0].channels == 3);
	ck_assert_uint_eq(f->gaps, 0);
	tear_down(f);
}
END_TEST

/* An outdated node has its slot elsewhere, in the last table before that. */
START_TEST(test_a_gap_is_told_of_what_is_there_whatever_a_table_says)
{
	struct fixture *f = set_up_with("goes", "stays");

	move(f, "goes", &f->nodes[1]);
	recorder_until(&f->r, f->gaps == 1 && f->is_whole);
	know_but(
	    f, &f->nodes[0].address, slot_of("other"), &f->nodes[1].address);
	shard_node_hang_up(&f->nodes[1]);
	recorder_until(&f->r, !f->is_whole);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->gaps, 2);
	ck_assert(is_lost(f, "goes"));
	ck_assert(!is_lost(f, "stays"));
	tear_down(f);
}
END_TEST

/* --- looks --- */

START_TEST(test_who_send_us_to_each_other_are_asked_ever_later)
{
	struct fixture *f = set_up_with("round", "stays");
	int64_t begin = clock_ms(), least_ms = 0;
	unsigned looks = f->looks;

	shard_node_move(&f->nodes[1], slot_of("round"), &f->nodes[0]);
	move(f, "round", &f->nodes[1]);
	for (int64_t pause_ms = 100; pause_ms <= 400; pause_ms *= 2) {
		recorder_until(&f->r, f->looks > looks);
		looks = f->looks;
		least_ms += pause_ms * 9 / 10; /* its clock is coarse */
		ck_assert_int_ge(f->look_ms - begin, least_ms);
		know(f, &f->nodes[0].address);
	}
	ck_assert(!f->is_whole);
	f->nodes[0].error[0] = '\0';
	recorder_until(&f->r, f->looks > looks);
	know(f, &f->nodes[0].address);
	recorder_until(&f->r, f->is_whole);
	ck_assert_uint_eq(f->gaps, 1);
	tear_down(f);
}
END_TEST

/* --- nowhere --- */

START_TEST(test_rooms_that_nobody_serves_are_left_alone)
{
	struct fixture *f = set_up();

	know(f, NULL);
	watch(f, "one");
	watch(f, "two");
	recorder_until(&f->r, f->watched == 2);
	for (int i = 0; i < 3; i++) {
		know_but(f, NULL, slot_of("other"), &f->nodes[0].address);
		recorder_run_for(&f->r, 10);
	}
	ck_assert_uint_eq(f->watched, 2);
	know_but(f, NULL, slot_of("two"), &f->nodes[0].address);
	recorder_until(&f->r, f->gaps == 1);
	ck_assert(is_lost(f, "two"));
	ck_assert(!is_lost(f, "one"));
	ck_assert(!f->is_whole);
	tear_down(f);
}
END_TEST

/* Where its own lines go meanwhile. */
static int capture_log(void)
{
	int file = memfd_create("log", 0);

	ck_assert_int_ge(dup2(file, STDERR_FILENO), 0);
	return file;
}

static bool is_logged(int file, const char *text)
{
	static char log[200000];
	ssize_t len = pread(file, log, sizeof log - 1, 0);

	ck_assert_int_ge(len, 0);
	log[len] = '\0';
	return strstr(log, text) != NULL;
}

enum { MANY = REDIS_SHARDED_SITES_MAX + 1 };

/* So many masters, of each of which every so manieth slot is. */
static void know_many(struct fixture *f)
{
	struct redis_slots *table = redis_slots_new();
	struct address a = { .port = 1 }; /* nobody listens there */

	for (unsigned i = 0; i < REDIS_SLOTS; i++) {
		(void)snprintf(a.host, sizeof a.host, "127.0.%u.%u",
		    1 + i % MANY / 200, 1 + i % MANY % 200);
		ck_assert_int_eq(redis_slots_move(table, (uint16_t)i, &a), 0);
	}
	redis_sharded_know(f->sharded, table);
	redis_slots_free(table);
}

/* A room of each; by the first letter of what is told of those. */
static void for_each_of_many(void (*fn)(struct fixture *, const char *),
    struct fixture *f, unsigned first, unsigned end)
{
	char room[32];

	for (unsigned master = first; master < end; master++) {
		unsigned number = 0;

		do
			(void)snprintf(room, sizeof room, "r%u", number++);
		while (slot_of(room) % MANY != master);
		fn(f, room);
	}
}

static uint64_t refused(const struct fixture *f)
{
	return recorder_metric(&f->r,
	    (enum metric)(
		METRIC_SOURCE_FAILED_SHARD_CLOSED + REDIS_FAILURE_CONNECT));
}

START_TEST(test_more_masters_than_there_is_room_for)
{
	struct fixture *f = set_up();
	int log = capture_log();

	f->r.conf.redis.reconnect_min_ms = 600000;
	f->r.conf.redis.reconnect_max_ms = 600000;
	know_many(f);
	for_each_of_many(watch, f, 0, MANY);
	recorder_until(&f->r, f->watched == MANY);
	recorder_until(&f->r, refused(f) == MANY - 1);
	know_many(f);
	recorder_until(&f->r, is_logged(log, "rooms are at more masters than "
					     "a gateway connects to rooms=1 "));
	recorder_run_for(&f->r, 20);
	ck_assert_uint_eq(refused(f), MANY - 1);
	for_each_of_many(unwatch, f, 0, 1);
	recorder_run_for(&f->r, 20);
	know_many(f);
	recorder_until(&f->r, refused(f) == MANY);
	tear_down(f);
}
END_TEST

/* --- turns --- */

/* They are announced faster than that. */
START_TEST(test_no_turn_moves_more_than_a_part)
{
	enum { ROOMS = 5000, TURN_MAX = 1024 };
	struct fixture *f = set_up_with("a{t}", "b{t}");
	char room[32];

	for (int i = 0; i < ROOMS; i++) {
		(void)snprintf(room, sizeof room, "%d{t}", i);
		watch(f, room);
	}
	recorder_until(&f->r, f->watched == ROOMS + 2);
	shard_node_stop(&f->nodes[0]);
	recorder_until(&f->r, !f->is_whole);
	know(f, NULL);
	for (size_t last = f->watched; f->watched < 2 * (ROOMS + 2);) {
		recorder_turn(&f->r, 10000);
		ck_assert_uint_le(f->watched - last, TURN_MAX);
		last = f->watched;
	}
	tear_down(f);
}
END_TEST

UNIT_MAIN("backend/redis_sharded", test_a_slot_moves,
    test_a_slot_moves_to_who_has_no_name,
    test_nothing_comes_twice_while_a_slot_moves,
    test_who_has_not_heard_of_a_failover_is_not_believed,
    test_who_has_its_slots_back_is_believed_after_two_tables,
    test_a_master_comes_back, test_a_slot_moves_while_its_master_is_away,
    test_a_slot_moves_from_a_master_that_is_not_reached,
    test_a_link_lives_as_long_as_its_rooms,
    test_a_gap_is_told_of_what_is_there_whatever_a_table_says,
    test_who_send_us_to_each_other_are_asked_ever_later,
    test_rooms_that_nobody_serves_are_left_alone,
    test_more_masters_than_there_is_room_for,
    test_no_turn_moves_more_than_a_part)
