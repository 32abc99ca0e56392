/*
 * target_names: the targets of a payload, as the corpora write them down:
 * KIND=NAME with a NUL between them.
 */
#ifndef TESTS_UNIT_PROTO_TARGET_NAMES_H
#define TESTS_UNIT_PROTO_TARGET_NAMES_H

#include <stdbool.h>
#include <string.h>

#include <check.h>

#include "proto/names.h"
#include "proto/targets.h"

/* Whether the name is one that its kind allows. */
static inline bool names_check(const struct target *t)
{
	switch (t->kind) {
	case TARGET_ROOM:
		return room_name_is_valid(t->name);
	case TARGET_USER:
		return user_name_is_valid(t->name);
	case TARGET_CONNECTION:
	case TARGET_EXCEPT:
		break;
	case TARGET_MESSAGE:
		return message_id_is_valid(t->name);
	}
	for (size_t i = 0; i < t->name.len; i++)
		if (t->name.ptr[i] < ' ' || t->name.ptr[i] > '~')
			return false;
	return t->name.len > 0 && t->name.len <= 64;
}

static inline void names_equal(
    const struct targets *targets, struct slice expected)
{
	static const char *const kinds[] = {
		[TARGET_ROOM] = "room=",
		[TARGET_USER] = "user=",
		[TARGET_CONNECTION] = "connection=",
		[TARGET_EXCEPT] = "except=",
		[TARGET_MESSAGE] = "message=",
	};
	char joined[4096];
	size_t len = 0;

	for (size_t i = 0; i < targets->count; i++) {
		const struct target *t = &targets->items[i];
		size_t kind = strlen(kinds[t->kind]);

		if (i > 0)
			joined[len++] = '\0';
		memcpy(joined + len, kinds[t->kind], kind);
		memcpy(joined + len + kind, t->name.ptr, t->name.len);
		len += kind + t->name.len;
	}
	ck_assert(slice_eq(slice_of(joined, len), expected));
}

#endif
