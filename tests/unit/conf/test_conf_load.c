/*
 * conf_load: what lands in the struct, what a dump hides, what bounds a file.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/conf_load.h"
#include "conf/conf_print.h"
#include "conf/conf_ref.h"
#include "conf/conf_rows.h"
#include "parsed.h"
#include "unit.h"

#define ROUTES "routes: [{path: '/ws/{room}', rooms: ['{room}']}]\n"

/* The errors of a text that is refused, NUL-terminated; free with free. */
static char *must_refuse(const char *text, size_t len)
{
	struct buf errors = { 0 };
	struct conf *c;

	ck_assert_int_eq(conf_parse("test", text, len, &c, &errors), -EINVAL);
	ck_assert_ptr_null(c);
	buf_putn(&errors, "", 1);
	return errors.data;
}

static char *dump_of(const char *text)
{
	struct conf *c = must_parse(text);
	struct buf out = { 0 };

	conf_dump(c, &out);
	buf_putn(&out, "", 1);
	conf_unref(c);
	return out.data;
}

START_TEST(what_is_not_written_has_its_default)
{
	struct conf *c = must_parse(ROUTES);

	ck_assert_uint_eq(c->listen.count, 1);
	ck_assert_str_eq(c->listen.items[0].address, "127.0.0.1:8080");
	ck_assert_uint_eq(c->workers, 0);
	ck_assert_int_eq(c->backend, CONF_BACKEND_REDIS);
	ck_assert_str_eq(c->channels.send, "roomcast:send");
	ck_assert_str_eq(c->channels.broadcast, "roomcast:broadcast");
	ck_assert_str_eq(c->channels.control, "roomcast:control");
	ck_assert_str_eq(c->channels.room_prefix, "roomcast:room:");
	ck_assert_str_eq(c->redis.url, "redis://127.0.0.1:6379");
	ck_assert_ptr_null(c->redis.username);
	ck_assert_ptr_null(c->redis.password_file);
	ck_assert_int_eq(c->redis.reconnect_min_ms, 100);
	ck_assert_int_eq(c->redis.reconnect_max_ms, 1000);
	ck_assert_int_eq(c->redis.heartbeat_ms, 5000);
	ck_assert_int_eq(c->redis.on_gap, CONF_GAP_IGNORE);
	ck_assert_str_eq(c->embedded.listen, "127.0.0.1:6390");
	ck_assert_uint_eq(c->auth.count, 0);
	ck_assert_uint_eq(c->limits.connections, 0);
	ck_assert_uint_eq(c->limits.connections_per_address, 0);
	ck_assert_uint_eq(c->limits.handshakes_per_address, 0);
	ck_assert_uint_eq(c->limits.handshakes, 10000);
	ck_assert_uint_eq(c->limits.rooms_per_connection, 128);
	ck_assert_int_eq(c->limits.handshake_timeout_ms, 5000);
	ck_assert_uint_eq(c->limits.request_head, 8192);
	ck_assert_uint_eq(c->limits.inbound_message, 4096);
	ck_assert_uint_eq(c->limits.inbound_rate, 20);
	ck_assert_uint_eq(c->limits.payload, 1 << 20);
	ck_assert_uint_eq(c->delivery.queue, 4 << 20);
	ck_assert_uint_eq(c->delivery.socket_buffer, 64 << 10);
	ck_assert_int_eq(c->delivery.slow_consumer, CONF_SLOW_DISCONNECT);
	ck_assert_int_eq(c->keepalive.ping_interval_ms, 25000);
	ck_assert_int_eq(c->keepalive.pong_timeout_ms, 20000);
	ck_assert_int_eq(c->shutdown.drain_ms, 2000);
	ck_assert_ptr_null(c->admin.listen);
	ck_assert_int_eq(c->log.level, LOG_INFO);
	ck_assert_int_eq(c->log.format, LOG_TEXT);
	conf_unref(c);
}
END_TEST

START_TEST(what_is_written_lands_in_its_member)
{
	struct conf *c = must_parse(
	    "listen: [{address: '*:1'}, {address: 'unix:/a'}]\n"
	    "workers: 3\n"
	    "backend: embedded\n"
	    "redis: {on_gap: close, reconnect: {min: 1s, max: 2m}}\n"
	    "limits: {connections: 7, inbound_rate: 0, payload: 2MiB,\n"
	    "  connections_per_address: 4, handshakes_per_address: 5,\n"
	    "  handshakes: 6}\n"
	    "delivery: {socket_buffer: 0, slow_consumer: drop_newest}\n"
	    "shutdown: {drain: 0}\n"
	    "admin: {listen: '[::1]:9180'}\n"
	    "log: {level: debug, format: json}\n" ROUTES);

	ck_assert_uint_eq(c->listen.count, 2);
	ck_assert_str_eq(c->listen.items[1].address, "unix:/a");
	ck_assert_uint_eq(c->workers, 3);
	ck_assert_int_eq(c->backend, CONF_BACKEND_EMBEDDED);
	ck_assert_int_eq(c->redis.on_gap, CONF_GAP_CLOSE);
	ck_assert_int_eq(c->redis.reconnect_min_ms, 1000);
	ck_assert_int_eq(c->redis.reconnect_max_ms, 120000);
	ck_assert_uint_eq(c->limits.connections, 7);
	ck_assert_uint_eq(c->limits.connections_per_address, 4);
	ck_assert_uint_eq(c->limits.handshakes_per_address, 5);
	ck_assert_uint_eq(c->limits.handshakes, 6);
	ck_assert_uint_eq(c->limits.inbound_rate, 0);
	ck_assert_uint_eq(c->limits.payload, 2 << 20);
	ck_assert_uint_eq(c->delivery.socket_buffer, 0);
	ck_assert_int_eq(c->delivery.slow_consumer, CONF_SLOW_DROP_NEWEST);
	ck_assert_int_eq(c->shutdown.drain_ms, 0);
	ck_assert_str_eq(c->admin.listen, "[::1]:9180");
	ck_assert_int_eq(c->log.level, LOG_DEBUG);
	ck_assert_int_eq(c->log.format, LOG_JSON);
	conf_unref(c);
}
END_TEST

START_TEST(a_route_comes_with_its_pattern_and_templates)
{
	struct conf *c = must_parse("routes:\n"
				    "  - path: /{tenant}/{room}\n"
				    "    rooms: [all, '{tenant}-{query.q}']\n"
				    "    subprotocols: [v2, v1]\n"
				    "    frames: binary\n"
				    "    welcome: true\n");
	const struct conf_route *r = &c->routes.items[0];

	ck_assert_uint_eq(c->routes.count, 1);
	ck_assert_uint_eq(r->pattern.segment_count, 2);
	ck_assert_uint_eq(r->rooms.count, 2);
	ck_assert_str_eq(r->templates[0].text, "all");
	ck_assert_uint_eq(r->templates[1].part_count, 3);
	ck_assert_uint_eq(r->subprotocols.count, 2);
	ck_assert_str_eq(r->subprotocols.items[0], "v2");
	ck_assert_int_eq(r->frames, CONF_FRAMES_BINARY);
	ck_assert(r->welcome);
	conf_unref(c);
}
END_TEST

START_TEST(the_environment_is_filled_in)
{
	struct conf *c;

	ck_assert_int_eq(setenv("ROOMCAST_TEST_A", "${HOME}", 1), 0);
	c = must_parse(
	    "channels: {send: 'x-${ROOMCAST_TEST_A}-$$-$y'}\n" ROUTES);
	ck_assert_str_eq(c->channels.send, "x-${HOME}-$-$y");
	conf_unref(c);
}
END_TEST

START_TEST(a_dump_masks_the_password_of_the_url)
{
	char *dump =
	    dump_of("redis: {url: 'redis://me:hunter2@h:1/2'}\n" ROUTES);

	ck_assert_ptr_null(strstr(dump, "hunter2"));
	ck_assert_ptr_nonnull(strstr(dump, "\"redis://me:***@h:1/2\""));
	free(dump);
}
END_TEST

START_TEST(a_dump_names_the_password_file_only)
{
	char *dump =
	    dump_of("redis: {password_file: tests/conf/password}\n" ROUTES);

	ck_assert_ptr_null(strstr(dump, "hunter2"));
	ck_assert_ptr_nonnull(strstr(dump, "/tests/conf/password\"\n"));
	free(dump);
}
END_TEST

START_TEST(a_file_that_is_not_there_has_one_line)
{
	struct buf errors = { 0 };
	struct conf *c;

	ck_assert_int_eq(
	    conf_load("tests/conf/no-such-file", &c, &errors), -ENOENT);
	buf_putn(&errors, "", 1);
	ck_assert_str_eq(errors.data,
	    "tests/conf/no-such-file: cannot be read: "
	    "No such file or directory\n");
	buf_fini(&errors);
}
END_TEST

START_TEST(a_folder_is_no_file)
{
	struct buf errors = { 0 };
	struct conf *c;

	ck_assert_int_eq(conf_load("tests/conf", &c, &errors), -EISDIR);
	ck_assert_uint_gt(errors.len, 0);
	buf_fini(&errors);
}
END_TEST

START_TEST(a_file_without_end_is_refused)
{
	struct buf errors = { 0 };
	struct conf *c;

	ck_assert_int_eq(conf_load("/dev/zero", &c, &errors), -EINVAL);
	buf_putn(&errors, "", 1);
	ck_assert_str_eq(errors.data,
	    "/dev/zero:1:1: syntax: the file is larger than 1MiB\n");
	buf_fini(&errors);
}
END_TEST

START_TEST(a_map_has_at_most_a_thousand_keys)
{
	struct buf text = { 0 };
	char *errors;

	for (int i = 0; i <= 1000; i++)
		buf_printf(&text, "k%d: 1\n", i);
	errors = must_refuse(text.data, text.len);
	ck_assert_str_eq(
	    errors, "test:1:1: top level: has more than 1000 keys\n");
	free(errors);
	buf_fini(&text);
}
END_TEST

/* As an editor may save it unseen; a mistake is where the editor shows it. */
START_TEST(a_mark_in_front_changes_no_place)
{
	static const char text[] = "\xef\xbb\xbfnope: 1\n" ROUTES;
	static const char broken[] = "\xef\xbb\xbf"
				     "a: caf\xe9\n";
	char *said = must_refuse(text, sizeof text - 1);

	ck_assert_msg(
	    !strncmp(said, "test:1:1: nope: ", strlen("test:1:1: nope: ")),
	    "%s", said);
	free(said);
	said = must_refuse(broken, sizeof broken - 1);
	ck_assert_msg(
	    !strncmp(said, "test:1:7: ", strlen("test:1:7: ")), "%s", said);
	free(said);
}
END_TEST

START_TEST(a_text_in_utf16_is_told)
{
	static const char little[] = "\xff\xfe"
				     "a\0:\0";
	static const char big[] = "\xfe\xff"
				  "\0a\0:";
	static const char why[] =
	    "test:1:1: syntax: the file is in UTF-16: save it as UTF-8 or "
	    "ASCII\n";
	char *said = must_refuse(little, sizeof little - 1);

	ck_assert_str_eq(said, why);
	free(said);
	said = must_refuse(big, sizeof big - 1);
	ck_assert_str_eq(said, why);
	free(said);
}
END_TEST

START_TEST(depth_up_to_the_bound_is_judged_by_the_rows)
{
	static const char text[] = "routes: [[[[[[[[[[[[[[x]]]]]]]]]]]]]]\n";
	char *errors = must_refuse(text, strlen(text));

	ck_assert_str_eq(
	    errors, "test:1:10: routes[0]: must be a map, not a list\n");
	free(errors);
}
END_TEST

START_TEST(a_long_quote_is_cut_between_characters)
{
	struct buf text = { 0 };
	char *errors;

	buf_puts(&text, ROUTES "workers: x");
	for (int i = 0; i < 40; i++)
		buf_puts(&text, "\u00e9");
	errors = must_refuse(text.data, text.len);
	ck_assert_ptr_nonnull(strstr(errors, "\u00e9...'"));
	free(errors);
	buf_fini(&text);
}
END_TEST

START_TEST(a_map_that_may_be_off_is_off_or_has_its_defaults)
{
	struct conf *c = must_parse(ROUTES);
	char *dump;

	ck_assert(!c->delivery.compression.is_on);
	conf_unref(c);
	c = must_parse(ROUTES "delivery: {compression: off}\n");
	ck_assert(!c->delivery.compression.is_on);
	conf_unref(c);
	c = must_parse(ROUTES "delivery: {compression: {}}\n");
	ck_assert(c->delivery.compression.is_on);
	ck_assert_uint_eq(c->delivery.compression.min_size, 256);
	ck_assert_int_eq(c->delivery.compression.level, 1);
	ck_assert_uint_eq(c->delivery.compression.window_bits, 12);
	conf_unref(c);
	c = must_parse(ROUTES "delivery: {compression: {min_size: 0, "
			      "level: 9, window_bits: 15}}\n");
	ck_assert_uint_eq(c->delivery.compression.min_size, 0);
	ck_assert_int_eq(c->delivery.compression.level, 9);
	ck_assert_uint_eq(c->delivery.compression.window_bits, 15);
	conf_unref(c);
	dump = dump_of(ROUTES);
	ck_assert_ptr_nonnull(strstr(dump, "  compression: off\n"));
	free(dump);
	dump = dump_of(ROUTES "delivery: {compression: {level: 6}}\n");
	ck_assert_ptr_nonnull(strstr(dump, "  compression:\n"
					   "    min_size: 256B\n"
					   "    level: 6\n"
					   "    window_bits: 12\n"));
	free(dump);
}
END_TEST

/* Every key that is accepted says what it is for, and is in the reference. */
static void check_rows(const struct schema_row *rows, const char *reference)
{
	for (; rows->key; rows++) {
		char quoted[64];

		if (rows->rows)
			check_rows(rows->rows, reference);
		else
			ck_assert_msg(rows->prose && strlen(rows->prose) > 20,
			    "%s has no prose", rows->key);
		(void)snprintf(quoted, sizeof quoted, "%s%s", rows->key,
		    rows->type == SCHEMA_MAP ? "" : "` |");
		if (rows->type != SCHEMA_LIST && rows->type != SCHEMA_NAMED)
			ck_assert_msg(strstr(reference, quoted),
			    "%s is not in the reference", rows->key);
	}
}

START_TEST(the_reference_has_every_key)
{
	struct buf out = { 0 };

	conf_reference(&out);
	buf_putn(&out, "", 1);
	check_rows(conf_rows(), out.data);
	ck_assert_ptr_nonnull(
	    strstr(out.data, "| `compression` | `off` or map | `off` |"));
	ck_assert_ptr_nonnull(strstr(
	    out.data, "| `compression.level` | number | `1` | 1 to 9 |"));
	buf_fini(&out);
}
END_TEST

START_TEST(the_last_reference_frees)
{
	const struct conf *c = must_parse(ROUTES);

	ck_assert_ptr_eq(conf_ref(c), c);
	conf_unref(c);
	ck_assert_uint_eq(atomic_load(&c->refs), 1);
	ck_assert_str_eq(c->routes.items[0].path, "/ws/{room}");
	conf_unref(c);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	conf_unref(NULL);
}
END_TEST

UNIT_MAIN("conf/conf_load", what_is_not_written_has_its_default,
    what_is_written_lands_in_its_member,
    a_route_comes_with_its_pattern_and_templates, the_environment_is_filled_in,
    a_dump_masks_the_password_of_the_url, a_dump_names_the_password_file_only,
    a_file_that_is_not_there_has_one_line, a_folder_is_no_file,
    a_file_without_end_is_refused, a_map_has_at_most_a_thousand_keys,
    a_mark_in_front_changes_no_place, a_text_in_utf16_is_told,
    depth_up_to_the_bound_is_judged_by_the_rows,
    a_long_quote_is_cut_between_characters,
    a_map_that_may_be_off_is_off_or_has_its_defaults,
    the_reference_has_every_key, the_last_reference_frees,
    freeing_nothing_is_fine)
