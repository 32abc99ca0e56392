#include "proto/object_names.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "proto/names.h"

enum envelope_reason object_add_target(
    struct object *o, enum target_kind kind, struct slice name)
{
	struct targets *t = &o->store->targets;

	if (t->count == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 8;
		struct target *grown =
		    try_realloc(t->items, cap * sizeof *grown);

		if (!grown)
			return object_refuse_memory(o);
		t->items = grown;
		t->cap = cap;
	}
	t->items[t->count++] = (struct target){ kind, name };
	return ENVELOPE_OK;
}

/* Why a name of this kind is not allowed, or ENVELOPE_OK. */
static enum envelope_reason check_name(enum target_kind kind, struct slice name)
{
	switch (kind) {
	case TARGET_ROOM:
		return room_name_is_valid(name) ? ENVELOPE_OK
						: ENVELOPE_ROOM_NAME;
	case TARGET_USER:
		return user_name_is_valid(name) ? ENVELOPE_OK
						: ENVELOPE_USER_NAME;
	case TARGET_CONNECTION:
	case TARGET_EXCEPT:
		break;
	case TARGET_MESSAGE:
		return message_id_is_valid(name) ? ENVELOPE_OK
						 : ENVELOPE_MESSAGE_ID;
	}
	return connection_id_is_valid(name) ? ENVELOPE_OK
					    : ENVELOPE_CONNECTION_ID;
}

/* The rule that a name refused for this reason breaks, or NULL. */
static const char *rule_of(enum envelope_reason reason)
{
	switch (reason) {
	case ENVELOPE_ROOM_NAME:
		return ENVELOPE_ROOM_RULE;
	case ENVELOPE_USER_NAME:
		return ENVELOPE_USER_RULE;
	case ENVELOPE_MESSAGE_ID:
		return ENVELOPE_MESSAGE_RULE;
	default:
		return NULL;
	}
}

static bool is_number_start(const struct object *o)
{
	return o->scan.at < o->scan.end &&
	       (*o->scan.at == '-' || ascii_is_digit(*o->scan.at));
}

/* An id of a database names a user or a room in its very digits. */
static enum envelope_reason read_number_name(
    struct object *o, struct slice *out)
{
	const char *start = o->scan.at;
	int code = json_skip_value(&o->scan);

	if (code < 0)
		return object_refuse_json(o, code);
	*out = slice_of(start, (size_t)(o->scan.at - start));
	return json_is_whole(*out) ? ENVELOPE_OK
				   : object_refuse_for(o, start, ENVELOPE_TYPE,
					 o->expected, NULL);
}

static enum envelope_reason read_name(struct object *o, enum target_kind kind)
{
	bool may_be_number = kind == TARGET_ROOM || kind == TARGET_USER;
	const char *start;
	struct slice name;
	enum envelope_reason reason;

	json_skip_space(&o->scan);
	start = o->scan.at;
	reason = may_be_number && is_number_start(o)
		     ? read_number_name(o, &name)
		     : object_string(o, &name);
	if (reason)
		return reason;
	reason = check_name(kind, name);
	if (reason)
		return object_refuse_for(
		    o, start, reason, rule_of(reason), NULL);
	return object_add_target(o, kind, name);
}

static enum envelope_reason read_names(struct object *o, enum target_kind kind)
{
	const char *start = o->scan.at;
	enum envelope_reason reason;

	if (!object_next_is(o, '['))
		return object_refuse_type(o);
	o->scan.at++;
	if (json_take(&o->scan, ']'))
		return kind == TARGET_EXCEPT
			   ? ENVELOPE_OK
			   : object_refuse_for(o, start, ENVELOPE_NO_TARGET,
				 o->expected, NULL);
	do {
		reason = read_name(o, kind);
		if (reason)
			return reason;
	} while (json_take(&o->scan, ','));
	if (!json_take(&o->scan, ']'))
		return object_refuse_json(o, -EINVAL);
	return ENVELOPE_OK;
}

enum envelope_reason object_rooms(struct object *o)
{
	return read_names(o, TARGET_ROOM);
}

enum envelope_reason object_users(struct object *o)
{
	return read_names(o, TARGET_USER);
}

enum envelope_reason object_connections(struct object *o)
{
	return read_names(o, TARGET_CONNECTION);
}

enum envelope_reason object_except(struct object *o)
{
	return read_names(o, TARGET_EXCEPT);
}

enum envelope_reason object_messages(struct object *o)
{
	return read_names(o, TARGET_MESSAGE);
}
