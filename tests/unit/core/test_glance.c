/* glance: what it may say of an envelope without reading the whole. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"
#include "conf/conf.h"
#include "core/backend.h"
#include "core/glance.h"
#include "core/lookup.h"
#include "core/parse.h"
#include "core/room.h"
#include "core/worker.h"
#include "unit.h"

enum { LIMIT = 2 * GLANCE_BYTES_MIN };

struct fixture {
	struct conf conf;
	struct worker_shared shared;
	struct interests interests;
	struct lookup lookup;
	struct parse parse;
};

static void open_room(struct fixture *f, struct slice name)
{
	bool is_new;

	(void)interests_add(&f->interests, name,
	    hash_bytes(&f->shared.hash_key, name.ptr, name.len), 0, &is_new);
}

/* The room "here" and the user "me" have somebody. */
static void setup(struct fixture *f)
{
	char user[ROOM_OF_USER_MAX];

	*f = (struct fixture){
		.conf = { .refs = 1, .limits = { .payload = LIMIT } },
		.shared = { .hash_key = { 3, 4 }, .instance = 99 },
	};
	interests_init(&f->interests);
	lookup_init(&f->lookup, &f->shared, &f->interests, 1, false);
	parse_init(&f->parse, &f->conf);
	open_room(f, slice_str("here"));
	open_room(f, room_of_user(slice_str("me"), user));
}

static void teardown(struct fixture *f)
{
	parse_fini(&f->parse);
	lookup_fini(&f->lookup);
	interests_fini(&f->interests);
}

/* Whether it is for nobody, with so many bytes in place of its %. */
static bool finds_nobody(struct fixture *f, const char *text, size_t fill)
{
	const char *gap = strchr(text, '%');
	struct buf payload = { 0 };
	struct backend_message m = { .payload = slice_of(NULL, 0) };
	bool is_so;

	ck_assert_ptr_nonnull(gap);
	ck_assert_int_eq(buf_append(&payload, text, (size_t)(gap - text)), 0);
	for (size_t i = 0; i < fill; i++)
		buf_puts(&payload, "x");
	buf_puts(&payload, gap + 1);
	m.payload = buf_slice(&payload);
	is_so = glance_finds_nobody(&m, &f->parse, &f->lookup);
	buf_fini(&payload);
	return is_so;
}

static bool is_for_nobody(struct fixture *f, const char *text)
{
	return finds_nobody(f, text, GLANCE_BYTES_MIN);
}

START_TEST(the_names_alone_tell)
{
	char id[CONN_ID_LEN + 1], text[128];
	const struct conn_ref ref = { .worker = 0 };
	struct fixture f;

	setup(&f);
	ck_assert(is_for_nobody(&f, "{\"rooms\":[\"a\"],\"text\":\"%\"}"));
	ck_assert(is_for_nobody(&f, "{\"text\":\"%\",\"users\":[\"here\"]}"));
	ck_assert(is_for_nobody(&f, "{\"rooms\":[\"a\"],\"text\":\"%"));
	ck_assert(!is_for_nobody(&f, "{\"rooms\":[\"here\"],\"text\":\"%\"}"));
	ck_assert(!is_for_nobody(&f, "{\"text\":\"%\",\"users\":[\"me\"]}"));
	ck_assert(!is_for_nobody(
	    &f, "{\"rooms\":[\"a\"],\"text\":\"%\",\"users\":[1,\"me\"]}"));
	conn_id_encode(f.lookup.ids, 99, &ref, id);
	(void)snprintf(text, sizeof text,
	    "{\"connections\":[\"%s\"],\"text\":\"%%\"}", id);
	ck_assert(!is_for_nobody(&f, text));
	conn_id_encode(f.lookup.ids, 98, &ref, id);
	(void)snprintf(text, sizeof text,
	    "{\"connections\":[\"%s\"],\"text\":\"%%\"}", id);
	ck_assert(is_for_nobody(&f, text));
	teardown(&f);
}
END_TEST

START_TEST(what_may_be_somebodys_is_left_to_the_parser)
{
	struct fixture f;

	setup(&f);
	ck_assert(!is_for_nobody(
	    &f, "{\"rooms\":[1],\"message\":{\"users\":[\"me\"],\"%\":1}}"));
	ck_assert(!is_for_nobody(
	    &f, "{\"rooms\":[1],\"text\":\"%\",\"\\u0075sers\":[\"me\"]}"));
	ck_assert(!is_for_nobody(&f, "{\"room\":[\"a\"],\"text\":\"%\"}"));
	ck_assert(!is_for_nobody(&f, "a,b,%"));
	teardown(&f);
}
END_TEST

START_TEST(the_short_and_the_too_long_are_read_as_ever)
{
	static const char text[] = "{\"rooms\":[\"a\"],\"text\":\"%\"}";
	const size_t around = sizeof text - 2;
	const struct backend_message gone = { .payload = { NULL, 600 } };
	struct fixture f;

	setup(&f);
	ck_assert(!finds_nobody(&f, text, GLANCE_BYTES_MIN - around));
	ck_assert(finds_nobody(&f, text, GLANCE_BYTES_MIN - around + 1));
	ck_assert(finds_nobody(&f, text, LIMIT - around));
	ck_assert(!finds_nobody(&f, text, LIMIT - around + 1));
	ck_assert(!glance_finds_nobody(&gone, &f.parse, &f.lookup));
	teardown(&f);
}
END_TEST

START_TEST(who_asks_for_lines_at_debug_gets_all_mistakes)
{
	static const char text[] = "{\"rooms\":[\"a\"],\"text\":\"%\"";
	struct fixture f;

	setup(&f);
	log_set_level(LOG_HUB, LOG_DEBUG);
	ck_assert(!is_for_nobody(&f, text));
	log_set_level(LOG_HUB, LOG_INFO);
	ck_assert(is_for_nobody(&f, text));
	teardown(&f);
}
END_TEST

START_TEST(all_is_read_where_somebody_may_come_for_it_or_hears_the_answer)
{
	struct conf conf = { .backend = CONF_BACKEND_REDIS };

	ck_assert(glance_is_enough(&conf));
	conf.history.is_on = true;
	ck_assert(!glance_is_enough(&conf));
	conf.history.is_on = false;
	conf.backend = CONF_BACKEND_EMBEDDED;
	ck_assert(!glance_is_enough(&conf));
}
END_TEST

UNIT_MAIN("core/glance", the_names_alone_tell,
    what_may_be_somebodys_is_left_to_the_parser,
    the_short_and_the_too_long_are_read_as_ever,
    who_asks_for_lines_at_debug_gets_all_mistakes,
    all_is_read_where_somebody_may_come_for_it_or_hears_the_answer)
