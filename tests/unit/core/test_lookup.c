/* From names to an aim: what is known here, and which workers it concerns. */
#include <stdio.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "core/lookup.h"
#include "fakeworker.h"
#include "unit.h"

enum { WORKERS = 3 };

struct fixture {
	struct worker_shared shared;
	struct interests interests;
	struct lookup lookup;
	struct crypto_block *ids;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){
		.shared = { .hash_key = { 3, 4 }, .instance = 99 },
	};
	memcpy(f->shared.id_key, "fedcba9876543210", sizeof f->shared.id_key);
	interests_init(&f->interests);
	lookup_init(&f->lookup, &f->shared, &f->interests, WORKERS, false);
	f->ids = crypto_block_new(f->shared.id_key);
}

static void teardown(struct fixture *f)
{
	lookup_fini(&f->lookup);
	interests_fini(&f->interests);
	crypto_block_free(f->ids);
}

static uint64_t hash(const struct fixture *f, struct slice name)
{
	return hash_bytes(&f->shared.hash_key, name.ptr, name.len);
}

static void open_room(struct fixture *f, struct slice name, unsigned worker)
{
	bool is_new;

	(void)interests_add(
	    &f->interests, name, hash(f, name), worker, &is_new);
}

static void open_user(struct fixture *f, const char *user, unsigned worker)
{
	char name[ROOM_OF_USER_MAX];

	open_room(f, room_of_user(slice_str(user), name), worker);
}

static struct target target(enum target_kind kind, const char *name)
{
	return (struct target){ kind, slice_str(name) };
}

static const char *id(const struct fixture *f, uint32_t instance,
    struct conn_ref ref, char out[CONN_ID_LEN + 1])
{
	conn_id_encode(f->ids, instance, &ref, out);
	return out;
}

START_TEST(rooms_and_users_of_one_name_are_two)
{
	struct fixture f;
	struct target targets[2] = { target(TARGET_ROOM, "ann"),
		target(TARGET_USER, "ann") };
	struct aim aim;

	setup(&f);
	open_room(&f, slice_str("ann"), 0);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 2, true, &aim), 1);
	ck_assert_uint_eq(aim.room_count, 1);
	ck_assert(slice_eq(aim.rooms[0].name, slice_str("ann")));
	open_user(&f, "ann", 2);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 2, true, &aim), 5);
	ck_assert_uint_eq(aim.room_count, 2);
	ck_assert(slice_eq(aim.rooms[1].name, slice_str("\x01"
							"ann")));
	ck_assert_uint_eq(aim.rooms[1].hash, hash(&f, aim.rooms[1].name));
	teardown(&f);
}
END_TEST

START_TEST(without_rooms_only_users_and_connections_count)
{
	struct fixture f;
	struct target targets[3] = { target(TARGET_ROOM, "a"),
		target(TARGET_USER, "ann"), target(TARGET_ROOM, "new") };
	struct aim whom, where;

	setup(&f);
	open_room(&f, slice_str("a"), 0);
	open_user(&f, "ann", 1);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 3, false, &whom), 2);
	lookup_rooms(&f.lookup, targets, 3, &where);
	ck_assert_uint_eq(whom.room_count, 1);
	ck_assert_uint_eq(where.room_count, 2);
	ck_assert(slice_eq(where.rooms[1].name, slice_str("new")));
	ck_assert_uint_eq(where.rooms[1].hash, hash(&f, slice_str("new")));
	ck_assert(room_name_is_of_user(whom.rooms[0].name));
	teardown(&f);
}
END_TEST

START_TEST(only_ids_of_this_instance_and_its_workers_name_somebody)
{
	struct fixture f;
	char mine[CONN_ID_LEN + 1], foreign[CONN_ID_LEN + 1];
	char nobody[CONN_ID_LEN + 1];
	const struct conn_ref ref = { .serial = 7, .worker = 2, .slot = 5 };
	struct target targets[4];
	struct aim aim;

	setup(&f);
	targets[0] = target(TARGET_CONNECTION, id(&f, 98, ref, foreign));
	targets[1] = target(TARGET_CONNECTION, id(&f, 99, ref, mine));
	targets[2] = target(TARGET_CONNECTION, "nonsense");
	targets[3] = target(TARGET_CONNECTION,
	    id(&f, 99, (struct conn_ref){ 7, WORKERS, 5 }, nobody));
	ck_assert_uint_eq(
	    lookup_find(&f.lookup, targets, 4, true, &aim), 1u << 2);
	ck_assert_uint_eq(aim.connection_count, 1);
	ck_assert_uint_eq(aim.connections[0].serial, 7);
	ck_assert_uint_eq(aim.connections[0].slot, 5);
	teardown(&f);
}
END_TEST

START_TEST(who_is_spared_concerns_no_worker)
{
	struct fixture f;
	char text[CONN_ID_LEN + 1];
	struct target targets[3] = { target(TARGET_EXCEPT, "nonsense") };
	struct aim aim;

	setup(&f);
	open_room(&f, slice_str("a"), 1);
	targets[1] = target(
	    TARGET_EXCEPT, id(&f, 99, (struct conn_ref){ 7, 0, 5 }, text));
	targets[2] = target(TARGET_ROOM, "a");
	ck_assert_uint_eq(
	    lookup_find(&f.lookup, targets, 3, true, &aim), 1u << 1);
	ck_assert_uint_eq(aim.except_count, 1);
	ck_assert_uint_eq(aim.connection_count, 0);
	ck_assert_uint_eq(aim.spared_count, 0);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 2, true, &aim), 0);
	f.lookup.keeps_all = true; /* somebody may come back as one of them */
	(void)lookup_find(&f.lookup, targets, 3, true, &aim);
	ck_assert_uint_eq(aim.except_count, 1);
	ck_assert_uint_eq(aim.spared_count, 2);
	ck_assert(slice_eq(aim.spared[0].name, slice_str("nonsense")));
	ck_assert(slice_eq(aim.spared[1].name, slice_str(text)));
	teardown(&f);
}
END_TEST

START_TEST(a_room_that_is_expected_is_found)
{
	struct fixture f;
	struct target t = target(TARGET_ROOM, "new");
	struct aim aim;
	bool is_new;

	setup(&f);
	(void)interests_expect(
	    &f.interests, t.name, hash(&f, t.name), 6, &is_new);
	ck_assert_uint_eq(lookup_find(&f.lookup, &t, 1, true, &aim), 6);
	ck_assert_uint_eq(aim.room_count, 1);
	teardown(&f);
}
END_TEST

/* Both results of one payload stand at once, however many targets it has. */
START_TEST(memory_of_a_huge_payload_is_given_back)
{
	enum { MANY = 20000 };
	struct fixture f;
	struct target *targets = calloc(MANY, sizeof *targets);
	struct aim whom, where;

	setup(&f);
	open_user(&f, "ann", 0);
	targets[0] = target(TARGET_USER, "ann");
	for (int i = 1; i < MANY; i++)
		targets[i] = target(TARGET_ROOM, "a");
	ck_assert_uint_eq(
	    lookup_find(&f.lookup, targets, MANY, false, &whom), 1);
	lookup_rooms(&f.lookup, targets, MANY, &where);
	ck_assert_uint_eq(where.room_count, 1);
	ck_assert_uint_eq(whom.rooms[0].name.len, 4);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 1, false, &whom), 1);
	ck_assert_uint_lt(f.lookup.cap, 100);
	free(targets);
	teardown(&f);
}
END_TEST

static void open_deflated_room(struct fixture *f, const char *name)
{
	struct slice room = slice_str(name);

	open_room(f, room, 0);
	interests_add_deflated(
	    &f->interests, interests_find(&f->interests, room, hash(f, room)));
}

START_TEST(the_aim_wants_what_its_rooms_do)
{
	struct fixture f;
	char text[CONN_ID_LEN + 1];
	struct target targets[3] = { target(TARGET_ROOM, "a"),
		target(TARGET_ROOM, "b"), target(TARGET_ROOM, "empty") };
	struct aim aim;

	setup(&f);
	open_room(&f, slice_str("a"), 0);
	open_deflated_room(&f, "b");
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 1, true, &aim), 1);
	ck_assert(!aim.wants_deflated);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 3, true, &aim), 1);
	ck_assert(aim.wants_deflated);
	/* Where a connection is in is not known here: it may be any room. */
	targets[0] = target(
	    TARGET_CONNECTION, id(&f, 99, (struct conn_ref){ 7, 0, 5 }, text));
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 1, true, &aim), 1);
	ck_assert(aim.wants_deflated);
	teardown(&f);
}
END_TEST

/* Of each kind, with others between. */
START_TEST(what_is_named_again_is_there_once)
{
	enum { TIMES = 40000, KINDS = 5 };
	struct fixture f;
	struct target *targets = xcalloc(TIMES * KINDS, sizeof *targets);
	const struct conn_ref one = { .serial = 1, .worker = 1, .slot = 4 };
	const struct conn_ref two = { .serial = 2, .worker = 1, .slot = 5 };
	char ids[2][CONN_ID_LEN + 1];
	struct aim whom, where;

	setup(&f);
	open_room(&f, slice_str("a"), 0);
	open_user(&f, "a", 2);
	(void)id(&f, 99, one, ids[0]);
	(void)id(&f, 99, two, ids[1]);
	for (size_t i = 0; i < TIMES; i++) {
		struct target *t = &targets[i * KINDS];

		t[0] = target(TARGET_ROOM, "a");
		t[1] = target(TARGET_USER, "a");
		t[2] = target(TARGET_CONNECTION, ids[i % 2]);
		t[3] = target(TARGET_EXCEPT, ids[0]);
		t[4] = target(TARGET_ROOM, "of nobody");
	}
	ck_assert_uint_eq(
	    lookup_find(&f.lookup, targets, TIMES * KINDS, true, &whom), 7);
	ck_assert_uint_eq(whom.room_count, 2);
	ck_assert_uint_eq(whom.connection_count, 2);
	ck_assert_uint_eq(whom.except_count, 1);
	lookup_rooms(&f.lookup, targets, TIMES * KINDS, &where);
	ck_assert_uint_eq(where.room_count, 2);
	free(targets);
	teardown(&f);
}
END_TEST

/* As many as a payload of 1 MiB can hold; then a usual one again. */
START_TEST(many_names_are_all_there)
{
	enum { NAMES = 150000 };
	static char names[NAMES][8];
	struct fixture f;
	struct target *targets = xcalloc(NAMES, sizeof *targets);
	struct aim aim;

	setup(&f);
	for (size_t i = 0; i < NAMES; i++) {
		(void)snprintf(names[i], sizeof names[i], "%zx", i);
		targets[i] = target(TARGET_ROOM, names[i]);
		if (i % 1000 == 0)
			open_room(&f, targets[i].name, (unsigned)i % WORKERS);
	}
	ck_assert_uint_eq(
	    lookup_find(&f.lookup, targets, NAMES, true, &aim), 7);
	ck_assert_uint_eq(aim.room_count, NAMES / 1000);
	lookup_rooms(&f.lookup, targets, NAMES, &aim);
	ck_assert_uint_eq(aim.room_count, NAMES);
	targets[1] = targets[0];
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 2, true, &aim), 1);
	ck_assert_uint_eq(aim.room_count, 1);
	free(targets);
	teardown(&f);
}
END_TEST

START_TEST(where_all_is_kept_names_without_members_stay)
{
	struct fixture f;
	struct target targets[4] = { target(TARGET_ROOM, "a"),
		target(TARGET_USER, "ann"), target(TARGET_USER, "bob"),
		target(TARGET_USER, "ann") };
	struct aim aim;

	setup(&f);
	f.lookup.keeps_all = true;
	open_user(&f, "bob", 1);
	ck_assert_uint_eq(lookup_find(&f.lookup, targets, 4, true, &aim), 2);
	ck_assert_uint_eq(aim.room_count, 3);
	ck_assert(slice_eq(aim.rooms[0].name, slice_str("a")));
	ck_assert(slice_eq(aim.rooms[1].name, slice_str("\x01"
							"ann")));
	ck_assert(slice_eq(aim.rooms[2].name, slice_str("\x01"
							"bob")));
	ck_assert_uint_eq(aim.rooms[1].hash, hash(&f, aim.rooms[1].name));
	teardown(&f);
}
END_TEST

UNIT_MAIN("core/lookup", rooms_and_users_of_one_name_are_two,
    without_rooms_only_users_and_connections_count,
    only_ids_of_this_instance_and_its_workers_name_somebody,
    who_is_spared_concerns_no_worker, a_room_that_is_expected_is_found,
    memory_of_a_huge_payload_is_given_back, the_aim_wants_what_its_rooms_do,
    what_is_named_again_is_there_once, many_names_are_all_there,
    where_all_is_kept_names_without_members_stay)
