/*
 * Any bytes as the body of an app's answer. What is taken keeps its promises:
 * a user that is a name, rooms that are names, an expiry to come.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "net/hook_answer.h"
#include "net/identity.h"
#include "proto/names.h"

enum { NOW_S = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int check_room(void *arg, struct slice room)
{
	(void)arg;
	must(room_name_is_valid(room));
	return 0;
}

static void check(const struct hook_answer *a)
{
	const cJSON *rooms =
	    cJSON_GetObjectItemCaseSensitive(a->identity.claims, "rooms");

	must(a->status == 200 || a->status == 401);
	must(cJSON_IsObject(a->identity.claims));
	must(!a->identity.user ||
	     user_name_is_valid(slice_str(a->identity.user)));
	must(a->identity.expires_s == 0 || a->identity.expires_s > NOW_S);
	must(a->status == 200 || a->identity.expires_s == 0);
	must(!rooms || cJSON_IsArray(rooms));
	must(!rooms || identity_visit(rooms, check_room, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = slice_of((const char *)data, size);
	struct hook_answer a;
	const char *why = NULL;

	if (hook_answer_parse(body, NOW_S, &a, &why) == 0)
		check(&a);
	else
		must(why && !a.identity.claims && !a.identity.user);
	hook_answer_fini(&a);
	return 0;
}
