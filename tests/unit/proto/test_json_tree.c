/*
 * json_tree: what becomes a tree, and what cJSON alone would have taken.
 */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "corpus.h"
#include "proto/json.h"
#include "proto/json_tree.h"
#include "unit.h"

static struct cJSON *parse(struct slice text)
{
	char *copy = exact_copy(text);
	struct cJSON *tree = json_tree_parse(slice_of(copy, text.len));

	free(copy);
	return tree;
}

START_TEST(objects_become_trees)
{
	static const char *const good[] = { "{}", " \r\n\t{} ", "{\"\":1}",
		"{\"a\":{\"b\":1,\"b\":2},\"b\":[1,{\"a\":0}]}",
		"{\"a\":\"\\\\u0000\"}", "{\"a\":\"\\ud83d\\ude00\"}",
		"{\"A\":1,\"a\":2}", "{\"a\":1.5e-3,\"b\":-0}",
		"{\"\\\\\":1}" };

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct cJSON *tree = parse(slice_str(good[i]));

		ck_assert_msg(tree != NULL, "%s", good[i]);
		ck_assert(cJSON_IsObject(tree));
		cJSON_Delete(tree);
	}
}
END_TEST

START_TEST(everything_else_is_refused)
{
	static const char *const bad[] = { "", " ", "null", "[]", "\"a\"", "1",
		"{", "}", "{}{}", "{}x", "{} {}", "{\"a\"}", "{\"a\":}",
		"{a:1}", "{'a':1}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":+1}",
		"{\"a\":1.}", "{\"a\":.5}", "{\"a\":0x10}", "{\"a\":NaN}",
		"{\"a\":True}", "{\"a\":\"\\u0000\"}", "{\"a\\u0000\":1}",
		"{\"a\":\"\\\\\\u0000\"}", "{\"a\":\"\\x41\"}",
		"{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\"}",
		"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"\\u0061\":3}",
		"/**/{}", "\xef\xbb\xbf{}" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(parse(slice_str(bad[i])) == NULL, "%s", bad[i]);
	ck_assert_ptr_null(parse(slice_of("{\"a\":\"\0\"}", 9)));
	ck_assert_ptr_null(parse(slice_of("{}\0", 3)));
	ck_assert_ptr_null(json_tree_parse(slice_of(NULL, 0)));
}
END_TEST

static struct cJSON *parse_members(int count)
{
	char text[8 * (JSON_TREE_MEMBERS_MAX + 2)] = "{";
	size_t len = 1;

	for (int i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		    "%s\"%x\":0", i > 0 ? "," : "", (unsigned)i);
	text[len++] = '}';
	return parse(slice_of(text, len));
}

static struct cJSON *parse_nested(size_t depth)
{
	char text[2 * JSON_DEPTH_MAX + 16] = "{\"a\":";
	size_t len = strlen(text);

	memset(text + len, '[', depth - 1);
	len += depth - 1;
	memset(text + len, ']', depth - 1);
	len += depth - 1;
	text[len++] = '}';
	return parse(slice_of(text, len));
}

START_TEST(members_and_depth_have_limits)
{
	struct cJSON *tree = parse_members(JSON_TREE_MEMBERS_MAX);

	ck_assert_ptr_nonnull(tree);
	cJSON_Delete(tree);
	ck_assert_ptr_null(parse_members(JSON_TREE_MEMBERS_MAX + 1));
	tree = parse_nested(JSON_DEPTH_MAX);
	ck_assert_ptr_nonnull(tree);
	cJSON_Delete(tree);
	ck_assert_ptr_null(parse_nested(JSON_DEPTH_MAX + 1));
}
END_TEST

UNIT_MAIN("proto/json_tree", objects_become_trees, everything_else_is_refused,
    members_and_depth_have_limits)
