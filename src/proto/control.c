/*
 * control: the keys of a command. Which of them belong together is judged
 * behind the closing brace, since "command" may be the last one.
 */
#include "proto/control.h"

#include "base/ascii.h"
#include "base/list.h"
#include "base/suggest.h"
#include "proto/object_names.h"

#define COMMANDS "join, leave, disconnect or forget"

enum {
	SEEN_COMMAND = 1 << 0,
	SEEN_ROOMS = 1 << 1,
	SEEN_USERS = 1 << 2,
	SEEN_CONNECTIONS = 1 << 3,
	SEEN_CODE = 1 << 4,
	SEEN_REASON = 1 << 5,
	SEEN_IDS = 1 << 6,
	SEEN_CONNECTED = SEEN_USERS | SEEN_CONNECTIONS,
};

struct parse {
	struct object object;
	struct control *c;
	/* The first key of each kind that not all commands have, raw. */
	struct slice close_key; /* "code", "reason" */
	struct slice whom_key;  /* "users", "connections" */
	struct slice ids_key;
};

static struct parse *parse_of(struct object *o)
{
	return container_of(o, struct parse, object);
}

/* The key at hand. Whether the command may have it shows later. */
static void note(struct slice *first, const struct object *o)
{
	if (!first->ptr)
		*first = o->key;
}

static struct parse *note_close_key(struct object *o)
{
	struct parse *p = parse_of(o);

	note(&p->close_key, o);
	return p;
}

static enum envelope_reason read_command(struct object *o)
{
	static const struct slice words[] = {
		[CONTROL_JOIN] = OBJECT_NAME("join"),
		[CONTROL_LEAVE] = OBJECT_NAME("leave"),
		[CONTROL_DISCONNECT] = OBJECT_NAME("disconnect"),
		[CONTROL_FORGET] = OBJECT_NAME("forget"),
	};
	const char *start = o->scan.at;
	struct slice word;
	enum envelope_reason reason = object_string(o, &word);
	struct suggest s;

	if (reason)
		return reason;
	s = suggest_begin(word);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (slice_eq(word, words[i])) {
			parse_of(o)->c->command = (enum control_command)i;
			return ENVELOPE_OK;
		}
		suggest_offer(&s, words[i].ptr);
	}
	return object_refuse_for(o, start, ENVELOPE_COMMAND, COMMANDS, s.best);
}

/* Four digits and nothing else: 4e3 and 4001.0 are typing errors. */
static unsigned parse_code(struct slice text)
{
	uint64_t code;

	return text.len == 4 && ascii_decimal(text, 9999, &code)
		   ? (unsigned)code
		   : 0;
}

static enum envelope_reason read_code(struct object *o)
{
	struct parse *p = note_close_key(o);
	const char *start = o->scan.at;
	unsigned code;
	int status;

	if (!object_next_is(o, '-') &&
	    !(o->scan.at < o->scan.end && ascii_is_digit(*start)))
		return object_refuse_type(o);
	status = json_skip_value(&o->scan);
	if (status < 0)
		return object_refuse_json(o, status);
	code = parse_code(slice_of(start, (size_t)(o->scan.at - start)));
	if (code != 1000 && (code < 4000 || code > 4999))
		return object_refuse(o, start, ENVELOPE_CLOSE_CODE);
	p->c->code = (uint16_t)code;
	return ENVELOPE_OK;
}

static enum envelope_reason read_reason(struct object *o)
{
	struct parse *p = note_close_key(o);
	const char *start = o->scan.at;
	enum envelope_reason reason = object_string(o, &p->c->reason);

	if (reason)
		return reason;
	if (p->c->reason.len > CONTROL_REASON_MAX)
		return object_refuse(o, start, ENVELOPE_CLOSE_REASON);
	return ENVELOPE_OK;
}

static enum envelope_reason read_users(struct object *o)
{
	note(&parse_of(o)->whom_key, o);
	return object_users(o);
}

static enum envelope_reason read_connections(struct object *o)
{
	note(&parse_of(o)->whom_key, o);
	return object_connections(o);
}

static enum envelope_reason read_ids(struct object *o)
{
	note(&parse_of(o)->ids_key, o);
	return object_messages(o);
}

static const struct object_key keys[] = {
	{ OBJECT_NAME("command"), SEEN_COMMAND, 0, read_command, "a string" },
	{ OBJECT_NAME("rooms"), SEEN_ROOMS, 0, object_rooms, OBJECT_NAMES },
	{ OBJECT_NAME("users"), SEEN_USERS, 0, read_users, OBJECT_NAMES },
	{ OBJECT_NAME("connections"), SEEN_CONNECTIONS, 0, read_connections,
	    OBJECT_IDS },
	{ OBJECT_NAME("ids"), SEEN_IDS, 0, read_ids, OBJECT_IDS },
	{ OBJECT_NAME("code"), SEEN_CODE, 0, read_code, "a number" },
	{ OBJECT_NAME("reason"), SEEN_REASON, 0, read_reason, "a string" },
};

static enum envelope_reason refuse_key(
    struct object *o, struct slice key, const char *expected)
{
	const char *quote = key.ptr - 1;

	o->key = key;
	return object_refuse_for(
	    o, quote, ENVELOPE_UNKNOWN_KEY, expected, NULL);
}

/* The keys that the command cannot have. */
static enum envelope_reason check_keys(struct object *o)
{
	const struct parse *p = parse_of(o);
	enum control_command command = p->c->command;

	if (p->close_key.ptr && command != CONTROL_DISCONNECT)
		return refuse_key(o, p->close_key, "it with disconnect only");
	if (p->ids_key.ptr && command != CONTROL_FORGET)
		return refuse_key(o, p->ids_key, "it with forget only");
	if (p->whom_key.ptr && command == CONTROL_FORGET)
		return refuse_key(o, p->whom_key, "ids or rooms with forget");
	return ENVELOPE_OK;
}

/* Whom or what it must name: at least one of these. */
static const struct {
	unsigned any;
	const char *expected;
} whom[] = {
	[CONTROL_JOIN] = { SEEN_CONNECTED, "users or connections" },
	[CONTROL_LEAVE] = { SEEN_CONNECTED, "users or connections" },
	[CONTROL_DISCONNECT] = { SEEN_CONNECTED | SEEN_ROOMS,
	    "rooms, users or connections" },
	[CONTROL_FORGET] = { SEEN_IDS | SEEN_ROOMS, "ids or rooms" },
};

static enum envelope_reason finish(struct object *o)
{
	const char *end = o->scan.at - 1;
	enum control_command command = parse_of(o)->c->command;
	enum envelope_reason reason;

	if (!(o->seen & SEEN_COMMAND))
		return object_refuse_for(
		    o, end, ENVELOPE_COMMAND, COMMANDS, NULL);
	reason = check_keys(o);
	if (reason)
		return reason;
	if (!(o->seen & whom[command].any))
		return object_refuse_for(
		    o, end, ENVELOPE_NO_TARGET, whom[command].expected, NULL);
	if ((command == CONTROL_JOIN || command == CONTROL_LEAVE) &&
	    !(o->seen & SEEN_ROOMS))
		return object_refuse(o, end, ENVELOPE_NO_ROOMS);
	if (command == CONTROL_FORGET &&
	    o->store->targets.count > CONTROL_FORGET_MAX)
		return object_refuse_for(o, end, ENVELOPE_TOO_MANY,
		    "up to 1,000 ids and rooms", NULL);
	return ENVELOPE_OK;
}

enum envelope_reason control_parse(
    struct control *c, struct slice payload, size_t *offset)
{
	struct parse p = {
		.object = {
			.keys = keys,
			.key_count = sizeof keys / sizeof keys[0],
			.store = &c->store,
			.payload = payload,
			.form = "a command, as {\"command\": \"disconnect\", "
				"\"users\": [\"a\"]}",
		},
		.c = c,
	};
	enum envelope_reason reason = ENVELOPE_EMPTY;

	object_store_reset(&c->store);
	c->code = CONTROL_CODE_DEFAULT;
	c->reason = slice_of(NULL, 0);
	if (payload.len > 0)
		reason = object_parse(&p.object, finish);
	c->store.fault.reason = reason;
	if (reason)
		*offset = c->store.fault.offset;
	return reason;
}

void control_fini(struct control *c)
{
	object_store_fini(&c->store);
	*c = (struct control){ 0 };
}
