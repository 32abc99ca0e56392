#include "proto/object.h"

#include <errno.h>
#include <stdlib.h>

#include "base/suggest.h"
#include "base/utf8.h"

/* Memory that a store keeps for the next payload; more is given back. */
enum {
	KEEP_SCRATCH = 1 << 20,
	KEEP_TARGETS = 1 << 12,
};

void object_store_reset(struct object_store *s)
{
	s->fault = (struct envelope_fault){ .reason = ENVELOPE_OK };
	s->targets.count = 0;
	s->scratch.len = 0;
	if (s->scratch.cap > KEEP_SCRATCH)
		buf_fini(&s->scratch);
	if (s->targets.cap > KEEP_TARGETS) {
		free(s->targets.items);
		s->targets = (struct targets){ 0 };
	}
}

void object_store_fini(struct object_store *s)
{
	free(s->targets.items);
	s->targets = (struct targets){ 0 };
	buf_fini(&s->scratch);
}

/* --- reasons --- */

enum envelope_reason object_refuse(
    struct object *o, const char *at, enum envelope_reason reason)
{
	return object_refuse_for(o, at, reason, NULL, NULL);
}

enum envelope_reason object_refuse_for(struct object *o, const char *at,
    enum envelope_reason reason, const char *expected, const char *meant)
{
	o->store->fault = (struct envelope_fault){
		.reason = reason,
		.offset = (size_t)(at - o->payload.ptr),
		.key = o->key,
		.expected = expected,
		.meant = meant,
	};
	return reason;
}

enum envelope_reason object_refuse_json(struct object *o, int code)
{
	return object_refuse(
	    o, o->scan.at, code == -ELOOP ? ENVELOPE_DEPTH : ENVELOPE_JSON);
}

enum envelope_reason object_refuse_type(struct object *o)
{
	if (!json_is_value_start(&o->scan))
		return object_refuse(o, o->scan.at, ENVELOPE_JSON);
	return object_refuse_for(
	    o, o->scan.at, ENVELOPE_TYPE, o->expected, NULL);
}

enum envelope_reason object_refuse_memory(struct object *o)
{
	return object_refuse(o, o->payload.ptr, ENVELOPE_MEMORY);
}

bool object_next_is(const struct object *o, char c)
{
	return o->scan.at < o->scan.end && *o->scan.at == c;
}

/* --- strings --- */

/*
 * Where to decode the next string. The first call reserves for all that may
 * follow: no byte of the payload is decoded more than twice, its escapes and
 * then its base64, and neither makes it longer.
 */
char *object_scratch(struct object *o)
{
	struct buf *scratch = &o->store->scratch;

	if (buf_reserve(scratch, 2 * o->payload.len - scratch->len) < 0)
		return NULL;
	return scratch->data + scratch->len;
}

/* Decode the escapes of a raw string that json_string gave. */
static enum envelope_reason unescape(
    struct object *o, struct slice raw, struct slice *out)
{
	char *to = object_scratch(o);
	size_t bad_at;
	long len;

	if (!to)
		return object_refuse_memory(o);
	len = json_unescape(raw, to, &bad_at);
	if (len < 0)
		return object_refuse(o, raw.ptr + bad_at, ENVELOPE_SURROGATE);
	o->store->scratch.len += (size_t)len;
	*out = slice_of(to, (size_t)len);
	return ENVELOPE_OK;
}

enum envelope_reason object_string(struct object *o, struct slice *out)
{
	struct slice raw;
	bool has_escapes;

	if (!object_next_is(o, '"'))
		return object_refuse_type(o);
	if (json_string(&o->scan, &raw, &has_escapes) < 0)
		return object_refuse_json(o, -EINVAL);
	if (has_escapes)
		return unescape(o, raw, out);
	*out = raw;
	return ENVELOPE_OK;
}

/* The scanner has seen to it that a word is one of JSON's three. */
enum envelope_reason object_bool(struct object *o, bool *out)
{
	const char *start = o->scan.at;
	int code;

	*out = object_next_is(o, 't');
	if (!*out && !object_next_is(o, 'f'))
		return object_refuse_type(o);
	code = json_skip_value(&o->scan);
	if (code < 0) {
		o->scan.at = start;
		return object_refuse_json(o, code);
	}
	return ENVELOPE_OK;
}

/* --- members --- */

static const struct object_key *find_key(
    const struct object *o, struct slice name)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (slice_eq(name, o->keys[i].name))
			return &o->keys[i];
	return NULL;
}

static enum envelope_reason refuse_unknown_key(struct object *o)
{
	struct suggest s = suggest_begin(o->key);

	for (size_t i = 0; i < o->key_count; i++)
		suggest_offer(&s, o->keys[i].name.ptr);
	return object_refuse_for(
	    o, o->key_at, ENVELOPE_UNKNOWN_KEY, NULL, s.best);
}

/* The key of this raw name; its escapes are decoded for the moment only. */
static enum envelope_reason resolve_key(struct object *o, struct slice raw,
    bool has_escapes, const struct object_key **key)
{
	size_t used = o->store->scratch.len;
	enum envelope_reason reason = ENVELOPE_OK;
	struct slice name = raw;

	if (has_escapes)
		reason = unescape(o, raw, &name);
	*key = reason ? NULL : find_key(o, name);
	o->store->scratch.len = used;
	return reason == ENVELOPE_MEMORY ? reason : ENVELOPE_OK;
}

/* Read a member's name and decide whether it may stand here. */
static enum envelope_reason read_key(
    struct object *o, const struct object_key **key)
{
	struct slice raw;
	bool has_escapes;

	json_skip_space(&o->scan);
	o->key_at = o->scan.at;
	if (json_string(&o->scan, &raw, &has_escapes) < 0)
		return object_refuse_json(o, -EINVAL);
	o->key = raw;
	if (resolve_key(o, raw, has_escapes, key))
		return ENVELOPE_MEMORY;
	if (!*key)
		return refuse_unknown_key(o);
	o->expected = (*key)->expected;
	if (o->seen & (*key)->bit)
		return object_refuse(o, o->key_at, ENVELOPE_DUPLICATE_KEY);
	if (o->seen & (*key)->rivals)
		return object_refuse(o, o->key_at, ENVELOPE_TWO_CONTENTS);
	return ENVELOPE_OK;
}

static enum envelope_reason read_member(struct object *o)
{
	const struct object_key *key = NULL;
	enum envelope_reason reason = read_key(o, &key);

	if (reason)
		return reason;
	if (!json_take(&o->scan, ':'))
		return object_refuse_json(o, -EINVAL);
	json_skip_space(&o->scan);
	o->seen |= key->bit;
	reason = key->read(o);
	if (!reason)
		o->key = slice_of(NULL, 0);
	return reason;
}

/* The scanner is at the brace that opens the object. */
static enum envelope_reason read_object(struct object *o, object_read_fn finish)
{
	enum envelope_reason reason;

	o->scan.at++;
	if (!json_take(&o->scan, '}')) {
		do {
			reason = read_member(o);
			if (reason)
				return reason;
		} while (json_take(&o->scan, ','));
		if (!json_take(&o->scan, '}'))
			return object_refuse_json(o, -EINVAL);
	}
	reason = finish(o);
	if (reason)
		return reason;
	json_skip_space(&o->scan);
	if (o->scan.at < o->scan.end)
		return object_refuse_json(o, -EINVAL);
	return ENVELOPE_OK;
}

enum envelope_reason object_parse(struct object *o, object_read_fn finish)
{
	size_t bad_utf8 = o->payload.len;
	bool is_utf8 = utf8_is_valid(o->payload, &bad_utf8);
	enum envelope_reason reason;

	o->scan.at = o->payload.ptr;
	o->scan.end = o->payload.ptr + bad_utf8;
	json_skip_space(&o->scan);
	if (!object_next_is(o, '{'))
		return object_refuse_for(
		    o, o->scan.at, ENVELOPE_NOT_OBJECT, o->form, NULL);
	reason = read_object(o, finish);
	if (is_utf8 || (reason && o->store->fault.offset < bad_utf8))
		return reason;
	return object_refuse(o, o->scan.end, ENVELOPE_UTF8);
}
