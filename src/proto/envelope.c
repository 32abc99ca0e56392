/*
 * envelope: one pass over a payload of channels.send, on the main thread, for
 * every message. Whatever can be is a slice of the payload; what must be
 * decoded goes to scratch, which is reserved once for the worst case so that
 * slices into it stay true. Of several mistakes the one that comes first in
 * the payload is reported.
 */
#include "proto/envelope.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "proto/json.h"

/* What an envelope keeps for the next payload; more is given back. */
enum {
	KEEP_SCRATCH = 1 << 20,
	KEEP_TARGETS = 1 << 12,
};

enum {
	SEEN_ROOMS = 1 << 0,
	SEEN_MESSAGE = 1 << 1,
	SEEN_TEXT = 1 << 2,
	SEEN_BINARY = 1 << 3,
	SEEN_CONTENT = SEEN_MESSAGE | SEEN_TEXT | SEEN_BINARY,
};

struct parse {
	struct envelope *e;
	struct slice payload;
	struct json_scan scan; /* over the payload */
	unsigned seen;         /* SEEN_ bits: keys of the object so far */
	size_t bad_at;         /* offset, once there is a reason */
};

typedef enum envelope_reason (*read_value_fn)(struct parse *p);

struct key {
	struct slice name;
	unsigned seen;
	read_value_fn read_value;
};

/* Give the reason, and remember where. */
static enum envelope_reason refuse(
    struct parse *p, const char *at, enum envelope_reason reason)
{
	p->bad_at = (size_t)(at - p->payload.ptr);
	return reason;
}

/* The scanner stopped: where it stands is where the text is wrong. */
static enum envelope_reason refuse_json(struct parse *p, int code)
{
	return refuse(
	    p, p->scan.at, code == -ELOOP ? ENVELOPE_DEPTH : ENVELOPE_JSON);
}

/* The value at the scanner is not of the type that the key wants. */
static enum envelope_reason refuse_type(struct parse *p)
{
	bool is_value = json_is_value_start(&p->scan);

	return refuse(p, p->scan.at, is_value ? ENVELOPE_TYPE : ENVELOPE_JSON);
}

/* No byte of the payload is to blame. */
static enum envelope_reason refuse_memory(struct parse *p)
{
	return refuse(p, p->payload.ptr, ENVELOPE_MEMORY);
}

static bool next_is(const struct parse *p, char c)
{
	return p->scan.at < p->scan.end && *p->scan.at == c;
}

static enum envelope_reason add_target(struct parse *p, struct slice name)
{
	struct envelope *e = p->e;

	if (e->target_count == e->target_cap) {
		size_t cap = e->target_cap ? 2 * e->target_cap : 8;
		struct target *grown =
		    try_realloc(e->targets, cap * sizeof *grown);

		if (!grown)
			return refuse_memory(p);
		e->targets = grown;
		e->target_cap = cap;
	}
	e->targets[e->target_count++] = (struct target){ TARGET_ROOM, name };
	return ENVELOPE_OK;
}

/*
 * Where to decode the next string. The first call reserves for all that may
 * follow: no byte of the payload is decoded more than twice, its escapes and
 * then its base64, and neither makes it longer.
 */
static char *scratch_end(struct parse *p)
{
	struct buf *scratch = &p->e->scratch;

	if (buf_reserve(scratch, 2 * p->payload.len - scratch->len) < 0)
		return NULL;
	return scratch->data + scratch->len;
}

/* Decode the escapes of a raw string that json_string gave. */
static enum envelope_reason unescape(
    struct parse *p, struct slice raw, struct slice *out)
{
	char *to = scratch_end(p);
	size_t bad_at;
	long len;

	if (!to)
		return refuse_memory(p);
	len = json_unescape(raw, to, &bad_at);
	if (len < 0)
		return refuse(p, raw.ptr + bad_at, ENVELOPE_SURROGATE);
	p->e->scratch.len += (size_t)len;
	*out = slice_of(to, (size_t)len);
	return ENVELOPE_OK;
}

/* Read a value that must be a string. */
static enum envelope_reason read_string(struct parse *p, struct slice *out)
{
	struct slice raw;
	bool has_escapes;

	if (!next_is(p, '"'))
		return refuse_type(p);
	if (json_string(&p->scan, &raw, &has_escapes) < 0)
		return refuse_json(p, -EINVAL);
	if (has_escapes)
		return unescape(p, raw, out);
	*out = raw;
	return ENVELOPE_OK;
}

static enum envelope_reason read_room(struct parse *p)
{
	const char *start;
	struct slice name;
	enum envelope_reason reason;

	json_skip_space(&p->scan);
	start = p->scan.at;
	reason = read_string(p, &name);
	if (reason)
		return reason;
	if (!room_name_is_valid(name))
		return refuse(p, start, ENVELOPE_ROOM_NAME);
	return add_target(p, name);
}

static enum envelope_reason read_rooms(struct parse *p)
{
	const char *start = p->scan.at;
	enum envelope_reason reason;

	if (!next_is(p, '['))
		return refuse_type(p);
	p->scan.at++;
	if (json_take(&p->scan, ']'))
		return refuse(p, start, ENVELOPE_NO_TARGET);
	do {
		reason = read_room(p);
		if (reason)
			return reason;
	} while (json_take(&p->scan, ','));
	if (!json_take(&p->scan, ']'))
		return refuse_json(p, -EINVAL);
	return ENVELOPE_OK;
}

static enum envelope_reason read_message(struct parse *p)
{
	const char *start = p->scan.at;
	int code = json_skip_value(&p->scan);

	if (code < 0)
		return refuse_json(p, code);
	p->e->content = slice_of(start, (size_t)(p->scan.at - start));
	p->e->kind = CONTENT_TEXT;
	return ENVELOPE_OK;
}

static enum envelope_reason read_text(struct parse *p)
{
	p->e->kind = CONTENT_TEXT;
	return read_string(p, &p->e->content);
}

static enum envelope_reason read_binary(struct parse *p)
{
	const char *start = p->scan.at;
	struct slice base64;
	enum envelope_reason reason = read_string(p, &base64);
	char *to;
	long len;

	if (reason)
		return reason;
	to = scratch_end(p);
	if (!to)
		return refuse_memory(p);
	len = crypto_base64_decode(base64.ptr, base64.len, (unsigned char *)to);
	if (len < 0)
		return refuse(p, start, ENVELOPE_BASE64);
	p->e->scratch.len += (size_t)len;
	p->e->content = slice_of(to, (size_t)len);
	p->e->kind = CONTENT_BINARY;
	return ENVELOPE_OK;
}

#define NAME(text)                    \
	{                             \
		text, sizeof text - 1 \
	}

static const struct key keys[] = {
	{ NAME("rooms"), SEEN_ROOMS, read_rooms },
	{ NAME("message"), SEEN_MESSAGE, read_message },
	{ NAME("text"), SEEN_TEXT, read_text },
	{ NAME("binary"), SEEN_BINARY, read_binary },
};

static const struct key *find_key(struct slice name)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (slice_eq(name, keys[i].name))
			return &keys[i];
	return NULL;
}

/* Which key a raw name is; its escapes are decoded for the moment only. */
static enum envelope_reason resolve_key(
    struct parse *p, struct slice raw, bool has_escapes, const struct key **key)
{
	size_t used = p->e->scratch.len;
	enum envelope_reason reason = ENVELOPE_OK;
	struct slice name = raw;

	if (has_escapes)
		reason = unescape(p, raw, &name);
	*key = reason ? NULL : find_key(name);
	p->e->scratch.len = used;
	return reason == ENVELOPE_MEMORY ? reason : ENVELOPE_OK;
}

/* Read a member's name and decide whether it may stand here. */
static enum envelope_reason read_key(struct parse *p, const struct key **key)
{
	const char *start;
	struct slice raw;
	bool has_escapes;

	json_skip_space(&p->scan);
	start = p->scan.at;
	if (json_string(&p->scan, &raw, &has_escapes) < 0)
		return refuse_json(p, -EINVAL);
	if (resolve_key(p, raw, has_escapes, key))
		return ENVELOPE_MEMORY;
	if (!*key)
		return refuse(p, start, ENVELOPE_UNKNOWN_KEY);
	if (p->seen & (*key)->seen)
		return refuse(p, start, ENVELOPE_DUPLICATE_KEY);
	if ((*key)->seen & SEEN_CONTENT && p->seen & SEEN_CONTENT)
		return refuse(p, start, ENVELOPE_TWO_CONTENTS);
	return ENVELOPE_OK;
}

static enum envelope_reason read_member(struct parse *p)
{
	const struct key *key;
	enum envelope_reason reason = read_key(p, &key);

	if (reason)
		return reason;
	if (!json_take(&p->scan, ':'))
		return refuse_json(p, -EINVAL);
	json_skip_space(&p->scan);
	p->seen |= key->seen;
	return key->read_value(p);
}

/* The scanner is at the brace that opens the object. */
static enum envelope_reason read_object(struct parse *p)
{
	const char *end;
	enum envelope_reason reason;

	p->scan.at++;
	if (!json_take(&p->scan, '}')) {
		do {
			reason = read_member(p);
			if (reason)
				return reason;
		} while (json_take(&p->scan, ','));
		if (!json_take(&p->scan, '}'))
			return refuse_json(p, -EINVAL);
	}
	end = p->scan.at - 1;
	if (!(p->seen & SEEN_ROOMS))
		return refuse(p, end, ENVELOPE_NO_TARGET);
	if (!(p->seen & SEEN_CONTENT))
		return refuse(p, end, ENVELOPE_NO_CONTENT);
	json_skip_space(&p->scan);
	if (p->scan.at < p->scan.end)
		return refuse_json(p, -EINVAL);
	return ENVELOPE_OK;
}

static enum envelope_reason parse_json(struct parse *p)
{
	size_t bad_utf8 = p->payload.len;
	bool is_utf8 = utf8_is_valid(p->payload, &bad_utf8);
	enum envelope_reason reason;

	p->scan.at = p->payload.ptr;
	p->scan.end = p->payload.ptr + bad_utf8;
	json_skip_space(&p->scan);
	if (!next_is(p, '{'))
		return refuse(p, p->scan.at, ENVELOPE_NOT_OBJECT);
	reason = read_object(p);
	if (is_utf8 || (reason && p->bad_at < bad_utf8))
		return reason;
	return refuse(p, p->scan.end, ENVELOPE_UTF8);
}

/* "a,b" NUL content: names and content are bytes, whatever they look like. */
static enum envelope_reason parse_list(struct parse *p, const char *nul)
{
	const char *at = p->payload.ptr;
	enum envelope_reason reason;

	if (at == nul)
		return refuse(p, at, ENVELOPE_NO_TARGET);
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(nul - at));
		const char *end = comma ? comma : nul;
		struct slice name = slice_of(at, (size_t)(end - at));

		if (!room_name_is_valid(name))
			return refuse(p, at, ENVELOPE_ROOM_NAME);
		reason = add_target(p, name);
		if (reason)
			return reason;
		if (!comma)
			break;
		at = comma + 1;
	}
	p->e->content =
	    slice_after(p->payload, (size_t)(nul + 1 - p->payload.ptr));
	p->e->kind = CONTENT_ANY;
	return ENVELOPE_OK;
}

/* Forget the last payload, and what one huge payload made it hold. */
static void reset(struct envelope *e)
{
	e->target_count = 0;
	e->scratch.len = 0;
	e->content = slice_of(NULL, 0);
	if (e->scratch.cap > KEEP_SCRATCH)
		buf_fini(&e->scratch);
	if (e->target_cap > KEEP_TARGETS) {
		free(e->targets);
		e->targets = NULL;
		e->target_cap = 0;
	}
}

enum envelope_reason envelope_parse(
    struct envelope *e, struct slice payload, size_t *offset)
{
	struct parse p = { .e = e, .payload = payload };
	enum envelope_reason reason = ENVELOPE_EMPTY;
	const char *nul;

	reset(e);
	if (payload.len > 0) {
		nul = memchr(payload.ptr, '\0', payload.len);
		reason = nul ? parse_list(&p, nul) : parse_json(&p);
	}
	if (reason)
		*offset = p.bad_at;
	return reason;
}

void envelope_fini(struct envelope *e)
{
	free(e->targets);
	buf_fini(&e->scratch);
	*e = (struct envelope){ 0 };
}

static const struct {
	const char *label;
	const char *text;
} reasons[ENVELOPE_REASON_COUNT] = { [ENVELOPE_OK] = { "ok", "fine" },
#define X(id, label, text) [ENVELOPE_##id] = { label, text },
	ENVELOPE_REASONS(X)
#undef X
};

const char *envelope_reason_label(enum envelope_reason reason)
{
	assert(reason < ENVELOPE_REASON_COUNT);
	return reasons[reason].label;
}

const char *envelope_reason_text(enum envelope_reason reason)
{
	assert(reason < ENVELOPE_REASON_COUNT);
	return reasons[reason].text;
}
