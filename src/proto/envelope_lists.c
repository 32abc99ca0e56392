/*
 * envelope_lists: a search for the ends of the keys.
 *
 * In JSON a quote that no backslash precedes always begins or ends a string,
 * and what has a colon behind it is a key: so "rooms", a colon and an array are
 * a list, be it at the top or within the message. The keys end in the same two
 * bytes, which vectors compare in sixteen places at once; where they stand, the
 * letter before them tells most other keys apart in the same way. A key may be
 * spelt with escapes as well; a lower-case letter is \u006X or \u007X then,
 * which no encoder writes, and whoever does is left to envelope_parse. So is a
 * NUL, as what is before it may be a list of rooms with strange names.
 *
 * Mostly one long text is nearly all: in that, which has no quote, no key ends,
 * and one that begins before it is longer than any of these. So it is passed
 * for its quote, and not looked at for escapes.
 */
#include "proto/envelope_lists.h"

#include <stdint.h>
#include <string.h>

#include "base/bytes16.h"
#include "proto/object_names.h"

enum { PART_HEAD, PART_TAIL, PART_MIDDLE };

/* --- a pass over the text --- */

enum {
	/*
	 * Keys stand before the message or behind it: who is looked for is
	 * mostly found in so many bytes of either end.
	 */
	EDGE = 128,
	STEP = sizeof(bytes16),
	BLOCK = 4 * STEP,
	AHEAD = 4, /* how far behind a place its bytes are looked at */
	SEEN = BLOCK + AHEAD,
	WHILE = 4 * BLOCK, /* until a long text is looked for again */
	KEY_MAX = 6 * (sizeof "connections" - 1), /* with all of it escapes */
};

/* What is looked for: mostly the first look finds that it is not there. */
struct sought {
	bytes16 (*first)(const char *p), (*second)(const char *p);
	bool (*is_there)(const char *p, const struct slice *text);
};

/* Each of eight marks to its place in the highest byte, and down from there. */
static inline uint64_t bits_of_half(uint64_t marks)
{
	uint64_t ones = marks & UINT64_C(0x0101010101010101);

	return ones * UINT64_C(0x0102040810204080) >> 56;
}

/* A bit for each of the bytes, set where it is marked, the first the lowest. */
static inline uint64_t bits_of(bytes16 marks)
{
	struct bytes16_halves halves = bytes16_halves(marks);

	return bits_of_half(halves.first) | bits_of_half(halves.second) << 8;
}

static inline bool is_marked(bytes16 marks)
{
	struct bytes16_halves halves = bytes16_halves(marks);

	return (halves.first | halves.second) != 0;
}

/* The places of a block that may be meant, as bits. */
static inline __attribute__((always_inline)) uint64_t find_marks(
    const char *block, const struct sought *what)
{
	bytes16 a = what->first(block), b = what->first(block + STEP);
	bytes16 c = what->first(block + 2 * STEP);
	bytes16 d = what->first(block + 3 * STEP);

	if (!is_marked(a | b | c | d))
		return 0;
	a &= what->second(block);
	b &= what->second(block + STEP);
	c &= what->second(block + 2 * STEP);
	d &= what->second(block + 3 * STEP);
	if (!is_marked(a | b | c | d))
		return 0;
	return bits_of(a) | bits_of(b) << STEP | bits_of(c) << (2 * STEP) |
	       bits_of(d) << (3 * STEP);
}

/*
 * The first place from p on, which is before limit; or limit. By blocks, the
 * last of which ends where the text does and may begin before p, though not
 * with the text: the byte before a block is looked at as well.
 */
static inline __attribute__((always_inline)) const char *find_place(
    const char *p, const char *limit, const struct slice *text,
    const struct sought *what)
{
	const char *end = text->ptr + text->len;

	while (p < limit && text->len > SEEN) {
		const char *block = end - p < SEEN ? end - SEEN : p;
		uint64_t bits;

		if (p - block >= BLOCK)
			break;
		bits = find_marks(block, what) >> (p - block) << (p - block);
		for (; bits; bits &= bits - 1) {
			p = block + __builtin_ctzll(bits);
			if (what->is_there(p, text))
				return p < limit ? p : limit;
		}
		p = block + BLOCK;
	}
	while (p < limit && !what->is_there(p, text))
		p++;
	return p < limit ? p : limit;
}

/* --- keys --- */

static inline bytes16 may_end_key(const char *p)
{
	return (bytes16)((bytes16_load(p) == bytes16_each('s')) &
			 (bytes16_load(p + 1) == bytes16_each('"')));
}

/* An m, n or r before that, or what is between them. */
static inline bytes16 may_be_known(const char *p)
{
	return (bytes16)(bytes16_load(p - 1) - bytes16_each('m') <=
			 bytes16_each('r' - 'm'));
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

static inline bool ends_key(const char *p, const struct slice *text)
{
	return text->ptr + text->len - p > 1 && p[0] == 's' && p[1] == '"' &&
	       find_key(p, text->ptr);
}

static const struct sought key_end = { may_end_key, may_be_known, ends_key };

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
 * The end of a key from the scanner on, or the limit. In front of each stretch
 * may be a long text: the C library looks for its quote with the widest vectors
 * that there are.
 */
static const char *find_key_end(struct envelope_lists *l)
{
	const struct slice *text = &l->object.payload;
	const char *p = l->object.scan.at, *limit = l->limit;

	while (p < limit) {
		const char *quote = pass_plain(l, p), *stop, *at;

		if (!quote || quote > limit)
			break;
		if (quote > p)
			p = quote - 1;
		stop = limit - p > WHILE ? p + WHILE : limit;
		at = find_place(p, stop, text, &key_end);
		if (at < stop)
			return at;
		p = stop;
	}
	return limit;
}

/* --- letters that are spelt with an escape --- */

static inline bytes16 is_escape(const char *p)
{
	return (bytes16)(bytes16_load(p) == bytes16_each('\\'));
}

static inline bytes16 may_be_letter(const char *p)
{
	return (bytes16)((bytes16_load(p + 3) == bytes16_each('0')) &
			 ((bytes16_load(p + AHEAD) | bytes16_each(1)) ==
			     bytes16_each('7')));
}

static inline bool is_letter(const char *p, const struct slice *text)
{
	return text->ptr + text->len - p > AHEAD &&
	       memcmp(p, "\\u00", 4) == 0 &&
	       (p[AHEAD] == '6' || p[AHEAD] == '7');
}

static const struct sought letter = { is_escape, may_be_letter, is_letter };

/* In the plain part is no key: what is escaped nowhere else spells none. */
static bool may_spell_letter(const struct slice *text, struct slice plain)
{
	const char *end = text->ptr + text->len;
	const char *after = plain.ptr + plain.len;
	const char *first =
	    memchr(text->ptr, '\\', (size_t)(plain.ptr - text->ptr));

	if (!first)
		first = memchr(after, '\\', (size_t)(end - after));
	return first && find_place(first, end, text, &letter) < end;
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
