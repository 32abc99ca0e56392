/*
 * envelope_lists: a search for the ends of the keys.
 *
 * In JSON a quote that no backslash precedes always begins or ends a string,
 * and what has a colon behind it is a key: so "rooms", a colon and an array are
 * a list, be it at the top or within the message. The keys end in the same two
 * bytes, which a vector compares in sixteen places at once. A key may be
 * spelt with escapes as well; a lower-case letter is \u006X or \u007X then,
 * which no encoder writes, and whoever does is left to envelope_parse. So is a
 * NUL, as what is before it may be a list of rooms with strange names.
 *
 * Mostly one long text is nearly all: in that, which has no quote, no key ends,
 * and one that begins before it is longer than any of these. So it is passed
 * for its quote, and not looked at for escapes.
 */
#include "proto/envelope_lists.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "proto/object_names.h"

enum { PART_HEAD, PART_TAIL, PART_MIDDLE };

/* --- a pass over the text --- */

/* Whatever processor it is, a compiler knows how to do this with it. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));

enum {
	/*
	 * Keys stand before the message or behind it: who is looked for is
	 * mostly found in so many bytes of either end.
	 */
	EDGE = 128,
	STEP = sizeof(bytes16),
	BLOCK = 4 * STEP,
	WHILE = 4 * BLOCK,
	AHEAD = 4, /* how far behind a place its bytes are looked at */
	KEY_MAX = 6 * (sizeof "connections" - 1), /* with all of it escapes */
};

/* Sixteen places where something may stand; whether it does; up to end. */
typedef bytes16 (*marks_fn)(const char *p);
typedef bool (*is_there_fn)(
    const char *p, const struct slice *text, const char *end);

static inline bytes16 load(const char *p)
{
	bytes16 bytes;

	memcpy(&bytes, p, sizeof bytes);
	return bytes;
}

static inline bytes16 each(char c)
{
	bytes16 bytes;

	memset(&bytes, c, sizeof bytes);
	return bytes;
}

static inline bool is_marked(bytes16 marks)
{
	uint64_t halves[2];

	memcpy(halves, &marks, sizeof halves);
	return (halves[0] | halves[1]) != 0;
}

/* The first marked place where it is there, or NULL. */
static inline const char *find_marked(const char *p, bytes16 marks,
    is_there_fn is_there, const struct slice *text)
{
	const char *end = text->ptr + text->len;
	uint64_t halves[2];

	memcpy(halves, &marks, sizeof halves);
	for (size_t h = 0; h < 2; h++) {
		uint64_t half = le64toh(halves[h]);

		while (half) {
			unsigned i = (unsigned)__builtin_ctzll(half) / 8;

			if (is_there(p + 8 * h + i, text, end))
				return p + 8 * h + i;
			half &= ~(UINT64_C(0xff) << (8 * i));
		}
	}
	return NULL;
}

static inline bool has_block(const char *p, const char *limit, const char *end)
{
	return limit - p >= BLOCK && end - p >= BLOCK + AHEAD;
}

/* The first place from p on, which is before limit; or limit. */
static inline __attribute__((always_inline)) const char *find_place(
    const char *p, const char *limit, const struct slice *text,
    marks_fn marks_at, is_there_fn is_there)
{
	const char *end = text->ptr + text->len;

	for (;;) {
		const char *stop;

		while (
		    has_block(p, limit, end) &&
		    !is_marked(marks_at(p) | marks_at(p + STEP) |
			       marks_at(p + 2 * STEP) | marks_at(p + 3 * STEP)))
			p += BLOCK;
		if (p >= limit || end - p < STEP + AHEAD)
			break;
		stop = p + (has_block(p, limit, end) ? BLOCK : STEP);
		for (; p < stop; p += STEP) {
			const char *found =
			    find_marked(p, marks_at(p), is_there, text);

			if (found)
				return found < limit ? found : limit;
		}
	}
	while (p < limit && !is_there(p, text, end))
		p++;
	return p < limit ? p : limit;
}

/* --- keys --- */

static inline bytes16 key_ends_at(const char *p)
{
	return (bytes16)((load(p) == each('s')) & (load(p + 1) == each('"')));
}

#define ENDS(p, from, key)                                \
	((size_t)((p) + 2 - (from)) >= sizeof(key) - 1 && \
	    !memcmp((p) + 3 - sizeof(key), key, sizeof(key) - 1))

/* How to read what the key is for whose last letter is at p; or NULL. */
static inline object_read_fn find_key(const char *p, const char *from)
{
	if (ENDS(p, from, "\"rooms\""))
		return object_rooms;
	if (ENDS(p, from, "\"users\""))
		return object_users;
	return ENDS(p, from, "\"connections\"") ? object_connections : NULL;
}

static inline bool ends_key(
    const char *p, const struct slice *text, const char *end)
{
	return end - p > 1 && p[0] == 's' && p[1] == '"' &&
	       find_key(p, text->ptr);
}

/* The first quote from there on, or NULL. */
static inline const char *pass_plain(struct envelope_lists *l, const char *from)
{
	const struct slice *text = &l->object.payload;
	const char *end = text->ptr + text->len;
	const char *quote = memchr(from, '"', (size_t)(end - from));
	size_t len = (size_t)((quote ? quote : end) - from);

	if (len > KEY_MAX && len > l->plain.len)
		l->plain = slice_of(from, len);
	return quote;
}

/*
 * The end of a key from the scanner on, or the limit. Where there has been none
 * for a while may be a long text, and the C library looks for its quote with
 * the widest vectors that there are.
 */
static const char *find_key_end(struct envelope_lists *l)
{
	const struct slice *text = &l->object.payload;
	const char *p = l->object.scan.at, *limit = l->limit;

	while (p < limit) {
		const char *stop = limit - p > WHILE ? p + WHILE : limit;
		const char *at =
		    find_place(p, stop, text, key_ends_at, ends_key);

		if (at < stop || stop == limit)
			return at;
		p = pass_plain(l, stop + 1);
		if (!p || p > limit)
			break;
		p--;
	}
	return limit;
}

/* --- letters that are spelt with an escape --- */

static inline bytes16 letters_at(const char *p)
{
	return (bytes16)((load(p) == each('\\')) & (load(p + 3) == each('0')) &
			 ((load(p + AHEAD) | each(1)) == each('7')));
}

static inline bool is_letter(
    const char *p, const struct slice *text, const char *end)
{
	(void)text;
	return end - p > AHEAD && memcmp(p, "\\u00", 4) == 0 &&
	       (p[AHEAD] == '6' || p[AHEAD] == '7');
}

/* In the plain part is no key: what is escaped nowhere else spells none. */
static bool may_spell_letter(const struct slice *text, struct slice plain)
{
	const char *end = text->ptr + text->len;
	const char *after = plain.ptr + plain.len;
	const char *first =
	    memchr(text->ptr, '\\', (size_t)(plain.ptr - text->ptr));

	if (!first)
		first = memchr(after, '\\', (size_t)(end - after));
	return first &&
	       find_place(first, end, text, letters_at, is_letter) < end;
}

/* --- from list to list --- */

/* The scanner is where its value begins. */
static enum envelope_list read_list(
    struct envelope_lists *l, object_read_fn read)
{
	struct object *o = &l->object;

	json_skip_space(&o->scan);
	object_store_reset(o->store);
	l->has_any = true;
	return read(o) ? ENVELOPE_LIST_UNSURE : ENVELOPE_LIST_FOUND;
}

bool envelope_lists_begin(
    struct envelope_lists *l, struct object_store *store, struct slice payload)
{
	size_t edge = payload.len < EDGE ? payload.len : EDGE;

	*l = (struct envelope_lists){
		.object = {
			.store = store,
			.payload = payload,
			.scan = { payload.ptr, payload.ptr + payload.len },
		},
		.limit = payload.ptr + edge,
		.plain = slice_of(payload.ptr + payload.len, 0),
	};
	return json_take(&l->object.scan, '{');
}

/* On to the next part of the text: its beginning, its end, what is between. */
static bool next_part(struct envelope_lists *l)
{
	struct json_scan *scan = &l->object.scan;
	const char *head = l->object.payload.ptr + EDGE, *tail;

	if (scan->end - head <= 0 || l->part == PART_MIDDLE)
		return false;
	tail = scan->end - head > EDGE ? scan->end - EDGE : head;
	l->part++;
	scan->at = l->part == PART_TAIL ? tail : head;
	l->limit = l->part == PART_TAIL ? scan->end : tail;
	return true;
}

/* No list has been missed, whatever envelope_parse makes of the text. */
static bool is_sure(const struct envelope_lists *l)
{
	const struct slice *text = &l->object.payload;

	return l->has_any && !memchr(text->ptr, '\0', text->len) &&
	       !may_spell_letter(text, l->plain);
}

enum envelope_list envelope_lists_next(struct envelope_lists *l)
{
	const struct object *o = &l->object;
	struct json_scan *scan = &l->object.scan;

	do {
		while (scan->at < l->limit) {
			const char *at = find_key_end(l);

			if (at == l->limit)
				break;
			scan->at = at + 2;
			if (json_take(scan, ':'))
				return read_list(
				    l, find_key(at, o->payload.ptr));
		}
	} while (next_part(l));
	return is_sure(l) ? ENVELOPE_LIST_NONE : ENVELOPE_LIST_UNSURE;
}
