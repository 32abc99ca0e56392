/*
 * environment: documents with what is left of them once the environment is in
 * them, and the kinds of values that may come from it.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "conf/conf_ref.h"
#include "conf/environment.h"
#include "conf/mistakes.h"
#include "conf/node.h"
#include "conf/yamldoc.h"
#include "parsed.h"
#include "unit.h"

static void set(const char *name, const char *value)
{
	ck_assert_int_eq(setenv(name, value, 1), 0);
}

static void set_environment(void)
{
	set("ONE", "a");
	set("THREE", " a ,b,\tc ");
	set("EMPTY", "");
	set("BLANK", " \t ");
	ck_assert_int_eq(unsetenv("UNSET"), 0);
}

/* As flow YAML without quotes; nothing is "~". */
static void put_tree(const struct node *n, struct buf *out)
{
	const char *ends = n->kind == NODE_LIST ? "[]" : "{}";

	if (n->kind == NODE_NULL)
		buf_puts(out, "~");
	else if (n->kind == NODE_SCALAR)
		buf_puts(out, n->value);
	if (n->kind != NODE_LIST && n->kind != NODE_MAP)
		return;
	buf_putn(out, &ends[0], 1);
	for (size_t i = 0; i < n->count; i++) {
		const struct node *child = n->children[i];

		ck_assert_uint_eq(child->index, i);
		ck_assert_ptr_eq(child->parent, n);
		buf_puts(out, i ? "," : "");
		if (child->key.name)
			buf_printf(out, "%s:", child->key.name);
		put_tree(child, out);
	}
	buf_putn(out, &ends[1], 1);
}

/* The tree of text, or its mistakes, in out. */
static void fill(const char *text, struct buf *out)
{
	struct mistakes m = { 0 };
	struct node *root = yamldoc_parse(text, strlen(text), &m);

	ck_assert_ptr_nonnull(root);
	environment_fill(root, &m);
	mistakes_print(&m, "f", out);
	if (m.count == 0)
		put_tree(root, out);
	buf_putn(out, "", 1);
	mistakes_fini(&m);
	node_free(root);
}

struct document {
	const char *text, *result;
};

static void check(const struct document *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct buf out = { 0 };

		fill(rows[i].text, &out);
		ck_assert_msg(!strcmp(out.data, rows[i].result),
		    "%s\ngave:\n%s\nexpected:\n%s", rows[i].text, out.data,
		    rows[i].result);
		buf_fini(&out);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

START_TEST(an_item_becomes_as_many_as_the_variable_has)
{
	static const struct document rows[] = {
		{ "k: ['${ONE[]}']", "{k:[a]}" },
		{ "k: ['${THREE[]}']", "{k:[a,b,c]}" },
		{ "k:\n- ${THREE[]}\n", "{k:[a,b,c]}" },
		{ "k: [x, '${THREE[]}', y, '${ONE}', '${ONE[]}']",
		    "{k:[x,a,b,c,y,a,a]}" },
		{ "k: ['${EMPTY[]}']", "{k:[]}" },
		{ "k: ['${BLANK[]}']", "{k:[]}" },
		{ "k: [x, '${EMPTY[]}']", "{k:[x]}" },
		{ "k: ['${THREE[]:-x}']", "{k:[a,b,c]}" },
		{ "k: ['${UNSET[]:-x, y}']", "{k:[x,y]}" },
		{ "k: ['${EMPTY[]:-x}']", "{k:[x]}" },
		{ "k: ['${BLANK[]:-x}']", "{k:[x]}" },
		{ "k: [{l: ['${THREE[]}']}]", "{k:[{l:[a,b,c]}]}" },
		/* What the environment has is not expanded again. */
		{ "k: ['${DOLLARS[]}']", "{k:[${ONE},$$]}" },
	};

	set("DOLLARS", "${ONE},$$");
	CHECK(rows);
}
END_TEST

#define COMMA " has a comma with nothing on one side of it; take it out\n"

START_TEST(a_comma_too_many_is_refused)
{
	static const char *const values[] = { ",", "a,", ",a", "a,,b", "a, ,b",
		" , ", "a,b,\t" };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		const struct document row = { "k: [x, '${COMMAS[]:-y}']",
			"f:1:8: k[1]: the environment variable COMMAS" COMMA };

		set("COMMAS", values[i]);
		check(&row, 1);
	}
}
END_TEST

START_TEST(what_cannot_be_filled_in_is_a_mistake_at_its_place)
{
	static const struct document rows[] = {
		{ "k: ['${UNSET[]:-a,}']",
		    "f:1:5: k[0]: the default of UNSET" COMMA },
		{ "k: ['${ONE[]}',\n '${UNSET[]}']",
		    "f:2:2: k[1]: the environment variable UNSET is not set; "
		    "set it, or write ${UNSET[]:-DEFAULT} here\n" },
		{ "k: ${ONE[]}",
		    "f:1:4: k: ${NAME[]} stands for items of a list: it must "
		    "be all of one item of a list\n" },
		{ "k: ['a${ONE[]}']",
		    "f:1:5: k[0]: ${NAME[]} stands for items of a list: it "
		    "must be all of one item of a list\n" },
	};

	CHECK(rows);
}
END_TEST

START_TEST(an_empty_default_leaves_out_what_it_stands_for)
{
	static const struct document rows[] = {
		{ "{a: '${UNSET:-}', b: x}", "{b:x}" },
		{ "{a: '${EMPTY:-}', b: x}", "{b:x}" },
		{ "{a: '${ONE:-}', b: x}", "{a:a,b:x}" },
		{ "{a: ['${UNSET:-}', x]}", "{a:[x]}" },
		{ "{a: ['${UNSET[]:-}', x, '${EMPTY:-}']}", "{a:[x]}" },
		/* With all in it a list or map goes, and so on up. */
		{ "{a: ['${UNSET[]:-}'], b: x}", "{b:x}" },
		{ "{a: {c: '${UNSET:-}', d: {e: ['${UNSET:-}']}}, b: x}",
		    "{b:x}" },
		{ "{a: {c: '${UNSET:-}', d: x}}", "{a:{d:x}}" },
		{ "[{a: '${UNSET:-}'}, {a: '${ONE:-}'}]", "[{a:a}]" },
		{ "{a: '${UNSET:-}'}", "{}" },
		{ "${UNSET:-}", "" },
		/* All that is empty otherwise was meant to be. */
		{ "{a: '${EMPTY}'}", "{a:}" },
		{ "{a: ['${EMPTY[]}']}", "{a:[]}" },
		{ "{a: [], b: {}, c: ~, d: ''}", "{a:[],b:{},c:~,d:}" },
		{ "{a: '${UNSET:-}${EMPTY:-}'}", "{a:}" },
	};

	CHECK(rows);
}
END_TEST

START_TEST(a_key_that_is_left_out_is_still_given_twice)
{
	static const struct document rows[] = {
		{ "a: '${UNSET:-}'\na: x\n",
		    "f:2:1: a: is given twice, first in line 1\n" },
	};

	CHECK(rows);
}
END_TEST

/* Joined by commas and blanks in any way, items come out as they went in. */
START_TEST(any_list_comes_out_as_it_went_in)
{
	static const char *const blanks[] = { "", " ", "\t", "  " };
	unsigned state = 1;

	for (int i = 0; i < 5000; i++) {
		struct buf value = { 0 }, expected = { 0 };
		struct document row = { "['${MANY[]}']", NULL };
		unsigned count;

		state = state * 1103515245u + 12345u;
		count = state >> 16 & 7;
		for (unsigned k = 0; k < count; k++) {
			unsigned bits = state >> (8 + k);

			buf_printf(&value, "%s%s%u x%s", k ? "," : "",
			    blanks[bits & 3], bits & 0xff,
			    blanks[bits >> 2 & 3]);
			buf_printf(
			    &expected, "%s%u x", k ? "," : "[", bits & 0xff);
		}
		buf_puts(&expected, count ? "]" : "[]");
		buf_putn(&value, "", 1);
		buf_putn(&expected, "", 1);
		set("MANY", value.data);
		row.result = expected.data;
		check(&row, 1);
		buf_fini(&value);
		buf_fini(&expected);
	}
}
END_TEST

START_TEST(a_value_of_each_kind_comes_from_the_environment)
{
	struct conf *c;

	set("NUMBER", "1234");
	set("AUTO", "auto");
	set("SIZE", "2MiB");
	set("DURATION", "90s");
	set("BOOL", "true");
	set("WORD", "json");
	set("TEXT", "unix:/run/x");
	set("OFF", "off");
	set("PATH_", "secret");
	set("LIST", "https://a.example, null");
	set("PREFIXES", "10.0.0.0/8,::1");
	c = must_parse_as("tests/conf/f",
	    "listen: [{address: '${TEXT}', trusted: ['${PREFIXES[]}'],\n"
	    "  proxy_protocol: '${BOOL}'}]\n"
	    "workers: ${AUTO}\n"
	    "limits: {connections: '${NUMBER}', payload: '${SIZE}',\n"
	    "  inbound_rate: '${UNSET:-7}'}\n"
	    "delivery: {compression: '${OFF}', queue: '${UNSET:-1}MiB'}\n"
	    "keepalive: {ping_interval: '${DURATION}'}\n"
	    "shutdown: {drain: '${UNSET:-0}'}\n"
	    "log: {format: '${WORD}', level: '${UNSET:-}'}\n"
	    "auth: {j: {type: '${UNSET:-jwt}', secret_file: '${PATH_}',\n"
	    "  algorithms: ['${UNSET[]:-HS256,HS512}']}}\n"
	    "routes: [{path: '${UNSET:-/ws}/{room}', rooms: ['{room}'],\n"
	    "  origins: ['${LIST[]}'], welcome: '${BOOL}', auth: j,\n"
	    "  resume: '${UNSET:-false}'}]\n");
	ck_assert_str_eq(c->listen.items[0].address, "unix:/run/x");
	ck_assert_uint_eq(c->listen.items[0].trusted.count, 2);
	ck_assert(c->listen.items[0].proxy_protocol);
	ck_assert_uint_eq(c->workers, 0);
	ck_assert_uint_eq(c->limits.connections, 1234);
	ck_assert_uint_eq(c->limits.payload, 2 << 20);
	ck_assert_uint_eq(c->limits.inbound_rate, 7);
	ck_assert(!c->delivery.compression.is_on);
	ck_assert_uint_eq(c->delivery.queue, 1 << 20);
	ck_assert_int_eq(c->keepalive.ping_interval_ms, 90000);
	ck_assert_int_eq(c->shutdown.drain_ms, 0);
	ck_assert_int_eq(c->log.format, LOG_JSON);
	ck_assert_int_eq(c->log.level, LOG_INFO);
	ck_assert_uint_eq(c->auth.items[0].algorithms.count, 2);
	/* A path goes by the file's folder, whoever has named it. */
	ck_assert_ptr_nonnull(strstr(
	    c->auth.items[0].secret_file.items[0], "/tests/conf/secret"));
	ck_assert_str_eq(c->routes.items[0].path, "/ws/{room}");
	ck_assert_uint_eq(c->routes.items[0].origins.count, 2);
	ck_assert_str_eq(c->routes.items[0].origins.items[1], "null");
	ck_assert(c->routes.items[0].welcome);
	ck_assert_int_eq(c->routes.items[0].resume_ms, 0);
	conf_unref(c);
}
END_TEST

UNIT_MAIN_WITH(set_environment, NULL, "conf/environment",
    an_item_becomes_as_many_as_the_variable_has, a_comma_too_many_is_refused,
    what_cannot_be_filled_in_is_a_mistake_at_its_place,
    an_empty_default_leaves_out_what_it_stands_for,
    a_key_that_is_left_out_is_still_given_twice,
    any_list_comes_out_as_it_went_in,
    a_value_of_each_kind_comes_from_the_environment)
