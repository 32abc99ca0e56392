/*
 * json_tree: see json_tree.h.
 */
#include "proto/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/utf8.h"
#include "proto/json.h"

/* Outside of strings, text that is JSON holds no backslash. */
static bool has_escaped_nul(struct slice text)
{
	const char *end = text.ptr + text.len;
	const char *at = text.ptr;

	while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
		if (end - at >= 6 && !memcmp(at, "\\u0000", 6))
			return true;
		at += 2; /* what is escaped may be a backslash */
	}
	return false;
}

static bool is_one_object(struct slice text)
{
	struct json_scan scan = { text.ptr, text.ptr + text.len };

	json_skip_space(&scan);
	if (scan.at == scan.end || *scan.at != '{' ||
	    json_skip_value(&scan) < 0)
		return false;
	json_skip_space(&scan);
	return scan.at == scan.end;
}

static int compare_names(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

bool json_tree_is_unique(const struct cJSON *object)
{
	const char *names[JSON_TREE_MEMBERS_MAX];
	const cJSON *member;
	size_t count = 0;

	cJSON_ArrayForEach(member, object)
	{
		if (count == JSON_TREE_MEMBERS_MAX)
			return false;
		names[count++] = member->string;
	}
	qsort(names, count, sizeof names[0], compare_names);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(names[i - 1], names[i]))
			return false;
	return true;
}

struct cJSON *json_tree_parse(struct slice text)
{
	cJSON *tree;

	if (text.len == 0 || !utf8_is_valid(text, NULL) ||
	    !is_one_object(text) || has_escaped_nul(text))
		return NULL;
	tree = cJSON_ParseWithLength(text.ptr, text.len);
	if (!tree || json_tree_is_unique(tree))
		return tree;
	cJSON_Delete(tree);
	return NULL;
}

const char *json_tree_library(void)
{
	return cJSON_Version();
}
