/*
 * envelope: the two forms of a payload of channels.send. What they share with
 * control commands, the JSON object and its lists of names, is in object and
 * object_names.
 */
#include "proto/envelope.h"

#include <errno.h>
#include <string.h>

#include "base/crypto.h"
#include "base/list.h"
#include "proto/names.h"
#include "proto/object_names.h"

enum {
	SEEN_ROOMS = 1 << 0,
	SEEN_USERS = 1 << 1,
	SEEN_CONNECTIONS = 1 << 2,
	SEEN_EXCEPT = 1 << 3,
	SEEN_MESSAGE = 1 << 4,
	SEEN_TEXT = 1 << 5,
	SEEN_BINARY = 1 << 6,
	SEEN_KEEP = 1 << 7,
	SEEN_TARGET = SEEN_ROOMS | SEEN_USERS | SEEN_CONNECTIONS,
	SEEN_CONTENT = SEEN_MESSAGE | SEEN_TEXT | SEEN_BINARY,
};

struct parse {
	struct object object;
	struct envelope *e;
};

static struct envelope *envelope_of(struct object *o)
{
	return container_of(o, struct parse, object)->e;
}

static enum envelope_reason read_message(struct object *o)
{
	struct envelope *e = envelope_of(o);
	const char *start = o->scan.at;
	int code = json_skip_value(&o->scan);

	if (code < 0)
		return object_refuse_json(o, code);
	e->content = slice_of(start, (size_t)(o->scan.at - start));
	e->kind = CONTENT_TEXT;
	return ENVELOPE_OK;
}

static enum envelope_reason read_text(struct object *o)
{
	struct envelope *e = envelope_of(o);

	e->kind = CONTENT_TEXT;
	return object_string(o, &e->content);
}

/* Cut off the one line end that encoders put behind base64. */
static struct slice without_line_end(struct slice s)
{
	if (s.len > 0 && s.ptr[s.len - 1] == '\n')
		s.len--;
	else
		return s;
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

/*
 * Decode base64, strictly but for what many encoders do: a line end behind the
 * text, or no padding, which the last group then gets. Returns the length, or
 * a negative errno.
 */
static long decode(struct slice base64, char *to)
{
	unsigned char *out = (unsigned char *)to;
	char last[4] = "====";
	size_t whole, rest;
	long len, tail;

	base64 = without_line_end(base64);
	rest = base64.len % 4;
	whole = base64.len - rest;
	if (rest == 0)
		return crypto_base64_decode(base64.ptr, base64.len, out);
	if (memchr(base64.ptr, '=', base64.len))
		return -EINVAL;
	memcpy(last, base64.ptr + whole, rest);
	len = crypto_base64_decode(base64.ptr, whole, out);
	tail = len < 0 ? len : crypto_base64_decode(last, 4, out + len);
	return tail < 0 ? tail : len + tail;
}

static enum envelope_reason read_binary(struct object *o)
{
	struct envelope *e = envelope_of(o);
	const char *start = o->scan.at;
	struct slice base64;
	enum envelope_reason reason = object_string(o, &base64);
	char *to;
	long len;

	if (reason)
		return reason;
	to = object_scratch(o);
	if (!to)
		return object_refuse_memory(o);
	len = decode(base64, to);
	if (len < 0)
		return object_refuse(o, start, ENVELOPE_BASE64);
	o->store->scratch.len += (size_t)len;
	e->content = slice_of(to, (size_t)len);
	e->kind = CONTENT_BINARY;
	return ENVELOPE_OK;
}

static enum envelope_reason read_keep(struct object *o)
{
	return object_bool(o, &envelope_of(o)->keep);
}

static const struct object_key keys[] = {
	{ OBJECT_NAME("rooms"), SEEN_ROOMS, 0, object_rooms, OBJECT_NAMES },
	{ OBJECT_NAME("message"), SEEN_MESSAGE, SEEN_CONTENT, read_message,
	    NULL },
	{ OBJECT_NAME("text"), SEEN_TEXT, SEEN_CONTENT, read_text, "a string" },
	{ OBJECT_NAME("binary"), SEEN_BINARY, SEEN_CONTENT, read_binary,
	    "base64 in a string" },
	{ OBJECT_NAME("keep"), SEEN_KEEP, 0, read_keep, "true or false" },
	{ OBJECT_NAME("users"), SEEN_USERS, 0, object_users, OBJECT_NAMES },
	{ OBJECT_NAME("connections"), SEEN_CONNECTIONS, 0, object_connections,
	    OBJECT_IDS },
	{ OBJECT_NAME("except"), SEEN_EXCEPT, 0, object_except, OBJECT_IDS },
};

/* Behind the closing brace: is there somebody, and something to send? */
static enum envelope_reason finish(struct object *o)
{
	const char *end = o->scan.at - 1;

	if (!(o->seen & SEEN_TARGET))
		return object_refuse_for(o, end, ENVELOPE_NO_TARGET,
		    "rooms, users or connections", NULL);
	if (!(o->seen & SEEN_CONTENT))
		return object_refuse(o, end, ENVELOPE_NO_CONTENT);
	return ENVELOPE_OK;
}

/*
 * An object with members in front of the NUL is no list of rooms that anybody
 * has: its sender has put the end of a C string behind it, or what stood in its
 * memory there.
 */
static bool is_object(const char *start, const char *nul)
{
	struct json_scan scan = { start, nul };

	if (!json_take(&scan, '{') || json_take(&scan, '}'))
		return false;
	scan.at = start;
	json_skip_space(&scan);
	if (json_skip_value(&scan) < 0)
		return false;
	json_skip_space(&scan);
	return scan.at == nul;
}

/* "a,b" NUL content: names and content are bytes, whatever they look like. */
static enum envelope_reason parse_list(struct parse *p, const char *nul)
{
	struct object *o = &p->object;
	const char *at = o->payload.ptr;
	enum envelope_reason reason;

	if (at == nul)
		return object_refuse(o, at, ENVELOPE_NO_TARGET);
	if (is_object(at, nul))
		return object_refuse_for(
		    o, nul, ENVELOPE_JSON, "nothing behind the object", NULL);
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(nul - at));
		const char *end = comma ? comma : nul;
		struct slice name = slice_of(at, (size_t)(end - at));

		if (!room_name_is_valid(name))
			return object_refuse(o, at, ENVELOPE_ROOM_NAME);
		reason = object_add_target(o, TARGET_ROOM, name);
		if (reason)
			return reason;
		if (!comma)
			break;
		at = comma + 1;
	}
	p->e->content =
	    slice_after(o->payload, (size_t)(nul + 1 - o->payload.ptr));
	p->e->kind = CONTENT_ANY;
	return ENVELOPE_OK;
}

enum envelope_reason envelope_parse(
    struct envelope *e, struct slice payload, size_t *offset)
{
	struct parse p = {
		.object = {
			.keys = keys,
			.key_count = sizeof keys / sizeof keys[0],
			.store = &e->store,
			.payload = payload,
			.form = "an envelope, as {\"rooms\": [\"a\"], "
				"\"text\": \"b\"}, or a room list",
		},
		.e = e,
	};
	enum envelope_reason reason = ENVELOPE_EMPTY;
	const char *nul;

	object_store_reset(&e->store);
	e->content = slice_of(NULL, 0);
	e->keep = true;
	if (payload.len > 0) {
		nul = memchr(payload.ptr, '\0', payload.len);
		reason =
		    nul ? parse_list(&p, nul) : object_parse(&p.object, finish);
	}
	e->store.fault.reason = reason;
	if (reason)
		*offset = e->store.fault.offset;
	return reason;
}

void envelope_fini(struct envelope *e)
{
	object_store_fini(&e->store);
	*e = (struct envelope){ 0 };
}
