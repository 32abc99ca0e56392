/*
 * hook_answer: the tree says it all but one thing: a whole number that names
 * the user may be too long for cJSON's doubles, and a rounded one would be
 * somebody else. So that one is taken from the text.
 */
#include "net/hook_answer.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "proto/json.h"
#include "proto/json_tree.h"
#include "proto/jwt.h"
#include "proto/names.h"

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

void hook_answer_fini(struct hook_answer *a)
{
	identity_fini(&a->identity);
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

static int read_user(
    struct slice body, struct hook_answer *out, const char **why)
{
	const cJSON *user = find(out->identity.claims, "user");
	struct slice name;

	if (!user)
		return 0;
	if (cJSON_IsString(user))
		name = slice_str(user->valuestring);
	else if (cJSON_IsNumber(user))
		name = value_text(body, out->identity.claims, user);
	else
		return refuse(why, "user is neither a string nor a number");
	if (cJSON_IsNumber(user) && !json_is_whole(name))
		return refuse(why, "user is not a whole number");
	if (!user_name_is_valid(name))
		return refuse(why, "user is not 1 to 255 bytes without "
				   "control characters");
	out->identity.user = xstrndup(name.ptr, name.len);
	return 0;
}

/* --- rooms and expiry --- */

static int check_room(void *arg, struct slice name)
{
	const char **why = arg;

	if (room_name_is_valid(name))
		return 0;
	return refuse(why, "rooms holds a name that no room may have");
}

static int check_rooms(const struct hook_answer *out, const char **why)
{
	static const char wrong[] =
	    "rooms is not an array of strings and whole numbers";
	const cJSON *rooms = find(out->identity.claims, "rooms");

	if (!rooms)
		return 0;
	if (!cJSON_IsArray(rooms))
		return refuse(why, wrong);
	*why = wrong;
	return identity_visit(rooms, check_room, why);
}

static int read_expiry(int64_t now_s, struct hook_answer *out, const char **why)
{
	const cJSON *expiry = find(out->identity.claims, "expires_at");

	if (!expiry)
		return 0;
	if (!cJSON_IsNumber(expiry) || !isfinite(expiry->valuedouble))
		return refuse(why, "expires_at is not a number");
	if (expiry->valuedouble > JWT_DATE_MAX_S)
		return refuse(why, "expires_at looks like milliseconds: "
				   "it is in seconds since 1970");
	if (expiry->valuedouble < (double)now_s + 1) {
		out->status = 401;
		return 0;
	}
	out->identity.expires_s = (int64_t)expiry->valuedouble;
	return 0;
}

/* --- all --- */

/* So that nobody behind this takes them for something. */
static void drop_nulls(cJSON *object)
{
	cJSON *next;

	for (cJSON *m = object->child; m; m = next) {
		next = m->next;
		if (cJSON_IsNull(m))
			cJSON_Delete(cJSON_DetachItemViaPointer(object, m));
	}
}

static int read_object(
    struct slice body, int64_t now_s, struct hook_answer *out, const char **why)
{
	int rc;

	if (body.len == 0)
		return refuse(why, "an empty body: it must be a JSON object");
	out->identity.claims = json_tree_parse(body);
	if (!out->identity.claims)
		return refuse(why, "not one JSON object, or an ambiguous one");
	rc = read_user(body, out, why);
	drop_nulls(out->identity.claims);
	if (rc == 0)
		rc = check_rooms(out, why);
	if (rc == 0)
		rc = read_expiry(now_s, out, why);
	return rc;
}

int hook_answer_parse(
    struct slice body, int64_t now_s, struct hook_answer *out, const char **why)
{
	int rc;

	*out = (struct hook_answer){ .status = 200 };
	rc = read_object(body, now_s, out, why);
	if (rc < 0)
		hook_answer_fini(out);
	return rc;
}
