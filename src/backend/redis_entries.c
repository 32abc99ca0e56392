#include "backend/redis_entries.h"

#include <endian.h>
#include <errno.h>

#include "base/hash.h"
#include "proto/resp_items.h"

/*
 * All instances hash an entry to the same tag, so the key is no secret, and it
 * never changes: clients have cursors.
 */
#define HASH_SEED UINT64_C(0x726f6f6d63617374)

/* --- hashes --- */

static uint64_t hash_place(const struct place *p)
{
	const struct hash_key key = { HASH_SEED, 0 };
	const uint64_t numbers[2] = { htole64(p->high), htole64(p->low) };

	return hash_bytes(&key, numbers, sizeof numbers);
}

/*
 * A longer string counts by its length. Whether its bytes are there is a matter
 * of limits.payload, which changes, and not at all instances at once.
 */
static uint64_t hash_string(uint64_t before, const struct resp_part *part)
{
	const struct hash_key key = { before, (uint64_t)part->number };
	bool counts = part->text.ptr && part->number <= REDIS_ENTRIES_HELD;

	return hash_bytes(
	    &key, counts ? part->text.ptr : "", counts ? part->text.len : 0);
}

void redis_entries_tag(struct place *p, uint64_t seed)
{
	static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

	for (size_t i = 0; i < PLACE_TAG; i++) {
		p->tag[i] = letters[seed % (sizeof letters - 1)];
		seed /= sizeof letters - 1;
	}
}

struct place redis_entries_before(const struct place *p)
{
	struct place before = { .high = p->high, .low = p->low };

	if (p->low > 0)
		before.low--;
	else if (p->high > 0)
		before = (struct place){ p->high - 1, UINT64_MAX, "" };
	return before;
}

/* --- items --- */

void redis_entries_begin(struct redis_entries *s)
{
	s->state = ENTRIES_BEGIN;
}

void redis_entries_fini(struct redis_entries *s)
{
	buf_fini(&s->field);
}

/* The present entry is whole: another one comes, or none. */
static int finish_entry(struct redis_entries *s)
{
	struct redis_entry *e = &s->entry;

	e->field = buf_slice(&s->field);
	redis_entries_tag(&e->id, e->hash);
	s->state = --s->left > 0 ? ENTRIES_ENTRY : ENTRIES_DONE;
	return 1;
}

static int take_all(struct redis_entries *s, const struct resp_part *part)
{
	if (part->type != RESP_ARRAY)
		return -EPROTO;
	s->left = part->number;
	s->state = s->left > 0 ? ENTRIES_ENTRY : ENTRIES_DONE;
	return 0;
}

static int take_entry(struct redis_entries *s, const struct resp_part *part)
{
	if (part->type != RESP_ARRAY || part->number != 2)
		return -EPROTO;
	s->entry = (struct redis_entry){ 0 };
	s->field.len = 0;
	s->state = ENTRIES_ID;
	return 0;
}

static int take_id(struct redis_entries *s, const struct resp_part *part)
{
	if (part->type != RESP_STRING ||
	    !place_read_entry(part->text, &s->entry.id) ||
	    s->entry.id.tag[0] != '\0')
		return -EPROTO;
	s->entry.hash = hash_place(&s->entry.id);
	s->state = ENTRIES_FIELDS;
	return 0;
}

static int take_fields(struct redis_entries *s, const struct resp_part *part)
{
	if (part->type != RESP_ARRAY)
		return -EPROTO;
	s->strings_left = part->number;
	s->entry.strings = (size_t)part->number;
	s->state = ENTRIES_STRING;
	return part->number > 0 ? 0 : finish_entry(s);
}

static int take_string(struct redis_entries *s, const struct resp_part *part)
{
	struct redis_entry *e = &s->entry;

	if (part->type != RESP_STRING)
		return -EPROTO;
	e->hash = hash_string(e->hash, part);
	s->strings_left--;
	if (e->strings == 2 && s->strings_left == 1)
		return buf_append(&s->field, part->text.ptr, part->text.len);
	if (s->strings_left > 0)
		return 0;
	if (e->strings == 2)
		e->value = slice_of(part->text.ptr, (size_t)part->number);
	return finish_entry(s);
}

int redis_entries_take(struct redis_entries *s, const struct resp_part *part)
{
	switch (s->state) {
	case ENTRIES_BEGIN:
		return take_all(s, part);
	case ENTRIES_ENTRY:
		return take_entry(s, part);
	case ENTRIES_ID:
		return take_id(s, part);
	case ENTRIES_FIELDS:
		return take_fields(s, part);
	case ENTRIES_STRING:
		return take_string(s, part);
	case ENTRIES_DONE:
		break;
	}
	return -EPROTO;
}
