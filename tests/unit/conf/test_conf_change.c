/* conf_change: what a reload takes of a file, and what it leaves as it was. */
#include <string.h>

#include "conf/conf.h"
#include "conf/conf_change.h"
#include "conf/conf_notes.h"
#include "conf/conf_ref.h"
#include "parsed.h"
#include "unit.h"

#define ROUTES "routes: [{path: /a, rooms: [a]}]\n"

static struct conf *now;
static struct buf kept, errors;

static void setup(void)
{
	now = NULL;
	kept = errors = (struct buf){ 0 };
}

static void teardown(void)
{
	conf_unref(now);
	buf_fini(&kept);
	buf_fini(&errors);
}

/* What is gone by after a reload of yaml in place of now; NULL: refused. */
static struct conf *change(const char *yaml)
{
	struct conf *next = NULL;

	kept.len = errors.len = 0;
	(void)!conf_change(now, must_parse(yaml), &next, &kept, &errors);
	return next;
}

static void expect_kept(const char *paths)
{
	ck_assert_uint_eq(kept.len, strlen(paths));
	ck_assert(kept.len == 0 || !memcmp(kept.data, paths, kept.len));
}

START_TEST(what_is_live_is_as_the_file_says)
{
	struct conf *next;

	now = must_parse(ROUTES "limits: {connections: 5}\n");
	next = change("routes: [{path: /b, rooms: [b, c]}]\n"
		      "keepalive: {ping_interval: 7s}\n"
		      "listen: [{address: '127.0.0.1:8080', health: /h}]\n");
	expect_kept("");
	ck_assert_str_eq(next->routes.items[0].path, "/b");
	ck_assert_uint_eq(next->limits.connections, 0);
	ck_assert_int_eq(next->keepalive.ping_interval_ms, 7000);
	ck_assert_str_eq(next->listen.items[0].health, "/h");
	conf_unref(next);
}
END_TEST

START_TEST(what_counts_at_a_start_stays)
{
	struct conf *next;

	now = must_parse(ROUTES "workers: 2\n"
				"redis: {url: 'redis://h:1', username: u}\n"
				"history: {memory: 2MiB, stream: s}\n");
	next = change("routes: [{path: /b, rooms: [b]}]\n"
		      "backend: embedded\n"
		      "redis: {url: 'redis://i:1', heartbeat: 9s}\n"
		      "history: {memory: 3MiB, max_age: 5m}\n");
	expect_kept(
	    "workers\nbackend\nredis.url\nredis.username\nredis.heartbeat\n"
	    "history.stream\n");
	ck_assert_uint_eq(next->workers, 2);
	ck_assert_int_eq(next->backend, CONF_BACKEND_REDIS);
	ck_assert_str_eq(next->redis.url, "redis://h:1");
	ck_assert_str_eq(next->redis.username, "u");
	ck_assert_int_eq(next->redis.heartbeat_ms, now->redis.heartbeat_ms);
	ck_assert_str_eq(next->history.stream, "s");
	ck_assert_uint_eq(next->history.memory, 3 << 20);
	ck_assert_str_eq(next->routes.items[0].path, "/b");
	conf_unref(next);
}
END_TEST

START_TEST(a_switch_is_one_key)
{
	struct conf *next;

	now = must_parse(ROUTES);
	next = change(ROUTES "history: {memory: 2MiB, stream: s}\n");
	expect_kept("history\n");
	ck_assert(!next->history.is_on);
	conf_unref(next);
}
END_TEST

START_TEST(sources_are_one_key)
{
	struct conf *next;

	now = must_parse(ROUTES "sources: [{redis: {url: 'redis://a:1'}},"
				" {redis: {url: 'redis://b:1'}}]\n");
	next = change(ROUTES "sources: [{redis: {url: 'redis://a:1'}},"
			     " {redis: {url: 'redis://c:1'}}]\n");
	expect_kept("sources\n");
	ck_assert_str_eq(conf_source(next, 1)->url, "redis://b:1");
	ck_assert_str_eq(conf_source(next, 1)->name, "sources[1]");
	conf_unref(next);
}
END_TEST

START_TEST(tls_of_redis_is_as_redis_is)
{
	struct conf *next;

	now = must_parse(
	    ROUTES "redis: {url: 'rediss://h:1', tls: {server_name: a}}\n");
	next = change(ROUTES "redis: {url: 'rediss://h:1', "
			     "tls: {server_name: b}}\n");
	expect_kept("redis.tls.server_name\n");
	ck_assert_str_eq(next->redis.tls.server_name, "a");
	conf_unref(next);
}
END_TEST

#define SENTINEL_TLS "redis: {sentinel: {master: m, addresses: ['s:1'], tls: "

START_TEST(tls_of_sentinels_is_as_redis_is)
{
	struct conf *next;

	now = must_parse(ROUTES SENTINEL_TLS "{server_name: a}}}\n");
	next = change(ROUTES SENTINEL_TLS "{server_name: b}}}\n");
	expect_kept("redis.sentinel.tls.server_name\n");
	ck_assert_str_eq(next->redis.sentinel.tls.server_name, "a");
	conf_unref(next);
	next = change(ROUTES SENTINEL_TLS "off}}\n");
	expect_kept("redis.sentinel.tls\n");
	ck_assert_str_eq(next->redis.sentinel.tls.server_name, "a");
	conf_unref(next);
}
END_TEST

#define HOOK_TLS \
	"auth: {h: {type: http, url: 'https://h/', headers: [cookie], tls: "

START_TEST(what_is_live_below_a_switch_stays_live)
{
	struct conf *next;

	now = must_parse(
	    ROUTES "history: {max_age: 1m}\n" HOOK_TLS "{server_name: a}}}\n");
	next = change(
	    ROUTES "history: {max_age: 2m}\n" HOOK_TLS "{server_name: b}}}\n");
	expect_kept("");
	ck_assert_int_eq(next->history.max_age_ms, 120000);
	ck_assert_str_eq(next->auth.items[0].tls.server_name, "b");
	conf_unref(next);
}
END_TEST

static void expect_place(const struct conf *c, const char *place)
{
	struct buf at = { 0 };

	conf_redis_print_place(conf_source(c, 0), &at);
	buf_putn(&at, "", 1);
	ck_assert_str_eq(at.data, place);
	buf_fini(&at);
}

/* Redis stays where it was, and holds up nothing of the rest of the file. */
static void expect_stays(
    const char *was, const char *file, const char *paths, const char *place)
{
	struct buf yaml = { 0 };
	struct conf *next;

	buf_printf(&yaml, ROUTES "%s", was);
	buf_putn(&yaml, "", 1);
	now = must_parse(yaml.data);
	yaml.len = 0;
	buf_printf(&yaml, ROUTES "limits: {payload: 4321}\n%s", file);
	buf_putn(&yaml, "", 1);
	next = change(yaml.data);
	buf_fini(&yaml);
	ck_assert_msg(next, "%.*s", (int)errors.len, errors.data);
	expect_kept(paths);
	expect_place(next, place);
	ck_assert_uint_eq(next->limits.payload, 4321);
	conf_unref(next);
	conf_unref(now);
	now = NULL;
}

#define URL         "redis: {url: 'redis://h:1'}\n"
#define SENTINEL    "redis: {sentinel: {master: m, addresses: ['s:1']}}\n"
#define CLUSTER     "redis: {cluster: {addresses: ['c:1']}}\n"
#define SOURCES     "sources: [{redis: {url: 'redis://a:1'}}]\n"
#define OF_SENTINEL "redis.sentinel.master\nredis.sentinel.addresses\n"
#define OF_CLUSTER  "redis.cluster.addresses\n"

START_TEST(a_sentinel_in_place_of_the_default)
{
	expect_stays(
	    "", SENTINEL, "redis.url\n" OF_SENTINEL, "redis://127.0.0.1:6379");
}
END_TEST

START_TEST(a_sentinel_in_place_of_a_url)
{
	expect_stays(URL, SENTINEL, "redis.url\n" OF_SENTINEL, "redis://h:1");
}
END_TEST

START_TEST(a_cluster_in_place_of_a_url)
{
	expect_stays(URL, CLUSTER, "redis.url\n" OF_CLUSTER, "redis://h:1");
}
END_TEST

START_TEST(a_cluster_in_place_of_a_sentinel)
{
	expect_stays(
	    SENTINEL, CLUSTER, OF_SENTINEL OF_CLUSTER, "m of sentinel s:1");
}
END_TEST

START_TEST(one_server_in_place_of_sources)
{
	expect_stays(SOURCES, URL, "redis.url\nsources\n", "redis://a:1");
}
END_TEST

/* It differs in nothing, and so is named nowhere; it has to go all the same. */
START_TEST(what_is_written_as_it_was_goes_too)
{
	expect_stays(
	    SOURCES, "redis: {heartbeat: 5s}\n", "sources\n", "redis://a:1");
	expect_stays(URL,
	    "redis: {cluster: {addresses: ['c:1'], sharded: false}}\n",
	    "redis.url\n" OF_CLUSTER, "redis://h:1");
	expect_stays(URL, SENTINEL_TLS "off}}\n", "redis.url\n" OF_SENTINEL,
	    "redis://h:1");
}
END_TEST

START_TEST(ways_back)
{
	expect_stays(
	    SENTINEL, "", "redis.url\n" OF_SENTINEL, "m of sentinel s:1");
	expect_stays(
	    CLUSTER, SENTINEL, OF_SENTINEL OF_CLUSTER, "cluster of c:1");
	expect_stays(URL, SOURCES, "redis.url\nsources\n", "redis://h:1");
}
END_TEST

/* A map that the file does not have is where the one around it is. */
START_TEST(what_is_put_back_has_a_place)
{
	struct buf notes = { 0 };
	struct conf *next;

	now = must_parse(ROUTES "delivery: {socket_buffer: 128KiB}\n");
	next = change(ROUTES "limits: {payload: 3MiB}\n");
	expect_kept("delivery.socket_buffer\n");
	conf_notes(next, &notes);
	buf_putn(&notes, "", 1);
	ck_assert_ptr_nonnull(strstr(notes.data, "test:1:1: delivery: "));
	buf_fini(&notes);
	conf_unref(next);
}
END_TEST

START_TEST(listeners_are_found_by_their_addresses)
{
	struct conf *next;

	now = must_parse(ROUTES "listen:\n"
				"- {address: '127.0.0.1:1', health: /1}\n"
				"- {address: 'unix:/x', mode: '0600'}\n"
				"- {address: '127.0.0.1:3', health: /3}\n");
	next =
	    change(ROUTES "listen:\n"
			  "- {address: 'unix:/x', health: /x}\n"
			  "- {address: '127.0.0.1:1', trusted: [10.0.0.1]}\n");
	expect_kept("listen[0].address\nlisten[1].address\nlisten[1].mode\n"
		    "listen[2]\n");
	ck_assert_uint_eq(next->listen.count, 3);
	ck_assert_str_eq(next->listen.items[0].address, "127.0.0.1:1");
	ck_assert_ptr_null(next->listen.items[0].health);
	ck_assert_uint_eq(next->listen.items[0].trusted.count, 1);
	ck_assert_str_eq(next->listen.items[1].health, "/x");
	ck_assert_uint_eq(next->listen.items[1].access.bits, 0600);
	ck_assert_str_eq(next->listen.items[2].health, "/3");
	conf_unref(next);
}
END_TEST

START_TEST(a_default_listener_stays)
{
	struct conf *next;

	now = must_parse(ROUTES);
	next = change(ROUTES "listen: [{address: '127.0.0.1:9'}]\n");
	expect_kept("listen[0].address\n");
	ck_assert_str_eq(next->listen.items[0].address, "127.0.0.1:8080");
	conf_unref(next);
	conf_unref(now);
	now = must_parse(ROUTES "listen: [{address: '127.0.0.1:9'}]\n");
	next = change(ROUTES);
	ck_assert_str_eq(next->listen.items[0].address, "127.0.0.1:9");
	conf_unref(next);
}
END_TEST

START_TEST(what_cannot_go_with_what_stays_is_refused)
{
	now = must_parse(ROUTES);
	ck_assert_ptr_null(
	    change("routes: [{path: /a, rooms: [a], resume: 5m}]\n"
		   "history: {}\n"));
	expect_kept("history\n");
	buf_putn(&errors, "", 1);
	ck_assert_ptr_nonnull(
	    strstr(errors.data, ": routes[0].resume: needs history"));
}
END_TEST

START_TEST(it_may_be_done_again_and_again)
{
	now = must_parse(ROUTES "workers: 3\n");
	for (int i = 0; i < 3; i++) {
		struct conf *next = change(ROUTES "workers: 4\n"
						  "embedded: {mode: '0666'}\n");

		expect_kept("workers\nembedded.mode\n");
		conf_unref(now);
		now = next;
		ck_assert_uint_eq(now->workers, 3);
		ck_assert_uint_eq(now->embedded.access.bits, 0660);
	}
	conf_unref(change(ROUTES "workers: 3\n"));
	expect_kept("");
}
END_TEST

UNIT_MAIN_WITH(setup, teardown, "conf/conf_change",
    what_is_live_is_as_the_file_says, what_counts_at_a_start_stays,
    a_switch_is_one_key, sources_are_one_key, tls_of_redis_is_as_redis_is,
    tls_of_sentinels_is_as_redis_is, what_is_live_below_a_switch_stays_live,
    a_sentinel_in_place_of_the_default, a_sentinel_in_place_of_a_url,
    a_cluster_in_place_of_a_url, a_cluster_in_place_of_a_sentinel,
    one_server_in_place_of_sources, what_is_written_as_it_was_goes_too,
    ways_back, what_is_put_back_has_a_place,
    listeners_are_found_by_their_addresses, a_default_listener_stays,
    what_cannot_go_with_what_stays_is_refused, it_may_be_done_again_and_again)
