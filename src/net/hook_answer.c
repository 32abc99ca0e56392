/*
 * hook_answer: the tree says it all but one thing: a whole number that names
 * the user may be too long for cJSON's doubles, and a rounded one would be
 * somebody else. So that one is taken from the text.
 */
#include "net/hook_answer.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/json.h"
#include "proto/json_tree.h"

/* The end of the year 9999: beyond it, somebody sent milliseconds. */
#define EXPIRY_MAX_S 253402300799.0

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

void hook_answer_fini(struct hook_answer *a)
{
	free(a->user);
	free(a->rooms);
	cJSON_Delete(a->claims);
	*a = (struct hook_answer){ 0 };
}

/* --- members --- */

/* Absent and null say the same. */
static const cJSON *find(const cJSON *object, const char *name)
{
	const cJSON *m = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsNull(m) ? NULL : m;
}

/* The text of a member's value: as many members on in text as in the tree. */
static struct slice value_text(
    struct slice body, const cJSON *object, const cJSON *member)
{
	struct json_scan s = { body.ptr, body.ptr + body.len };
	const cJSON *m = object->child;
	bool is_well_formed = json_take(&s, '{');

	while (is_well_formed) {
		struct slice key;
		const char *start;
		bool has_escapes;

		json_skip_space(&s);
		if (json_string(&s, &key, &has_escapes) < 0 ||
		    !json_take(&s, ':'))
			break;
		json_skip_space(&s);
		start = s.at;
		if (json_skip_value(&s) < 0)
			break;
		if (m == member)
			return slice_of(start, (size_t)(s.at - start));
		m = m->next;
		is_well_formed = json_take(&s, ',');
	}
	fatal("hook", "a member is in the tree and not in its text");
}

/* --- user --- */

/* JSON has passed it: without a fraction and an exponent it is whole. */
static bool is_whole(struct slice number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.ptr[i] == '.' || number.ptr[i] == 'e' ||
		    number.ptr[i] == 'E')
			return false;
	return true;
}

static int read_user(
    struct slice body, struct hook_answer *out, const char **why)
{
	const cJSON *user = find(out->claims, "user");
	struct slice name;

	if (!user)
		return 0;
	if (cJSON_IsString(user))
		name = slice_str(user->valuestring);
	else if (cJSON_IsNumber(user))
		name = value_text(body, out->claims, user);
	else
		return refuse(why, "user is neither a string nor a number");
	if (cJSON_IsNumber(user) && !is_whole(name))
		return refuse(why, "user is not a whole number");
	if (!user_name_is_valid(name))
		return refuse(why, "user is not 1 to 255 bytes without "
				   "control characters");
	out->user = xstrndup(name.ptr, name.len);
	return 0;
}

/* --- rooms and expiry --- */

static int read_rooms(struct hook_answer *out, const char **why)
{
	static const char wrong[] = "rooms is not an array of strings";
	const cJSON *rooms = find(out->claims, "rooms");
	const cJSON *room;
	size_t count;

	if (!rooms)
		return 0;
	if (!cJSON_IsArray(rooms))
		return refuse(why, wrong);
	count = (size_t)cJSON_GetArraySize(rooms);
	if (count == 0)
		return 0;
	out->rooms = try_alloc(count * sizeof *out->rooms);
	if (!out->rooms)
		return refuse(why, "out of memory");
	cJSON_ArrayForEach(room, rooms)
	{
		if (!cJSON_IsString(room))
			return refuse(why, wrong);
		out->rooms[out->room_count++] = slice_str(room->valuestring);
	}
	return 0;
}

static int read_expiry(int64_t now_s, struct hook_answer *out, const char **why)
{
	const cJSON *expiry = find(out->claims, "expires_at");

	if (!expiry)
		return 0;
	if (!cJSON_IsNumber(expiry) || !isfinite(expiry->valuedouble))
		return refuse(why, "expires_at is not a number");
	if (expiry->valuedouble > EXPIRY_MAX_S)
		return refuse(why, "expires_at is not in seconds since 1970");
	if (expiry->valuedouble < (double)now_s + 1) {
		out->status = 401;
		return 0;
	}
	out->expires_at_s = (int64_t)expiry->valuedouble;
	return 0;
}

/* --- all --- */

static int read_object(
    struct slice body, int64_t now_s, struct hook_answer *out, const char **why)
{
	int rc;

	out->claims = json_tree_parse(body);
	if (!out->claims)
		return refuse(why, "not one JSON object, or an ambiguous one");
	rc = read_user(body, out, why);
	if (rc == 0)
		rc = read_rooms(out, why);
	if (rc == 0)
		rc = read_expiry(now_s, out, why);
	return rc;
}

int hook_answer_parse(
    struct slice body, int64_t now_s, struct hook_answer *out, const char **why)
{
	int rc = 0;

	*out = (struct hook_answer){ .status = 200 };
	if (body.len > 0)
		rc = read_object(body, now_s, out, why);
	if (rc < 0)
		hook_answer_fini(out);
	return rc;
}
